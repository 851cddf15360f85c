"""What the worker of an installation does, done here and now."""

from __future__ import annotations

from typing import Any

from portal.jobs.handlers import HANDLERS
from tests.jobs.engines import Engine


def drain(world: Any) -> None:
    """Run every job that is due in the installation of a `World`, by the engine of its store."""
    Engine(world).worker(HANDLERS).drain()


def asked(world: Any) -> int:
    """How many jobs were ever asked for and are not forgotten, whatever became of them."""
    return sum(Engine(world).counts().values())

"""Documents in the store: taken in for a visit, drawn by the real program."""

from __future__ import annotations

from typing import Any

from portal.access import roles
from portal.jobs.handlers import Tools
from portal.jobs.worker import Worker
from portal.services.attachments import taking
from tests.make import scans


def take(
    world: Any,
    about: str,
    about_id: bytes,
    *,
    body: bytes | None = None,
    kind: str = "bill",
    name: str = "scan.pdf",
    role: str = roles.CHARGE_CLERK,
) -> bytes:
    """A document attached to something, not drawn yet; its id."""
    with world.write("document:attach", world.actor(role)) as uow:
        return taking.take_in(uow, about, about_id, kind=kind, name=name, body=body or scans.pdf(2)).document_id


def worker(world: Any) -> Worker:
    return Worker(Tools(world.units, world.runtime.parts, lambda: None))

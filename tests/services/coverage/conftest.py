from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.sandbox.clearinghouse import Clearinghouse
from tests.databases import World
from tests.make import claims as make
from tests.services.coverage.desk import MEMBER, Desk


@pytest.fixture
def desk(world: World) -> Desk:
    """A practice with a trading partner whose payers answer."""
    return Desk(world, folders(world))


def folders(world: World) -> Path:
    with world.write("partner:edit") as uow:
        make.partner(uow, world.practice_id)
    folder = world.runtime.settings.edi / "clearing"
    (folder / "out").mkdir(parents=True)
    (folder / "in").mkdir()
    return folder


@pytest.fixture
def answering(desk: Desk) -> Callable[..., Desk]:
    """The desk with payers that say a case of the sandbox about the member."""

    def answer(case: str = "active", **more: Any) -> Desk:
        desk.house = Clearinghouse(
            desk.folder / "out", desk.folder / "in", clock=desk.world.clock, cases={MEMBER: case}, **more
        )
        return desk

    return answer

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.sandbox.clearinghouse import Clearinghouse
from tests.databases import World
from tests.services.coverage.desk import MEMBER, Desk, folders


@pytest.fixture
def desk(world: World) -> Desk:
    """A practice with a trading partner whose payers answer."""
    return Desk(world, folders(world))


@pytest.fixture
def answering(desk: Desk) -> Callable[..., Desk]:
    """The desk with payers that say a case of the sandbox about the member."""

    def answer(case: str = "active", **more: Any) -> Desk:
        desk.house = Clearinghouse(
            desk.folder / "out", desk.folder / "in", clock=desk.world.clock, cases={MEMBER: case}, **more
        )
        return desk

    return answer

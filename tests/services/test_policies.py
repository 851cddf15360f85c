"""A policy holds from its newest version; who did not see the newest keeps none."""

from __future__ import annotations

import pytest

from portal.domain.errors import Conflict
from portal.domain.statements.cycle import Cycle
from portal.models.policies import PracticePolicyRow
from portal.services import policies
from tests.databases import World


def test_the_newest_version_holds_and_an_old_page_overwrites_nothing(world: World):
    with world.write("statement:run") as uow:
        practice = world.practice_id
        assert policies.current(uow, practice, Cycle) == Cycle()
        assert policies.version(uow, practice, Cycle) == 0
        policies.keep(uow, practice, Cycle(weekdays=(0, 3), by_hand=True), version=0)
    with world.write("statement:run") as uow:
        assert policies.current(uow, practice, Cycle) == Cycle(weekdays=(0, 3), by_hand=True)
        policies.keep(uow, practice, policies.current(uow, practice, Cycle), version=1)
        uow.flush()
        assert uow.count(uow.select(PracticePolicyRow.id)) == 1
        policies.keep(uow, practice, Cycle(least_cents=0), version=1)
    with pytest.raises(Conflict), world.write("statement:run") as uow:
        policies.keep(uow, practice, Cycle(), version=1)
    with world.read("statement:run") as uow:
        assert policies.current(uow, practice, Cycle) == Cycle(least_cents=0)

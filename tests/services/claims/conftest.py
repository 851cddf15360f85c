from __future__ import annotations

import pytest

from tests.databases import World
from tests.make import claims as make
from tests.services.claims.office import Office


@pytest.fixture
def office(world: World) -> Office:
    with world.write("partner:edit") as uow:
        make.partner(uow, world.practice_id)
    return Office(world)

from __future__ import annotations

import pytest

from tests.databases import World
from tests.services.claims.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)

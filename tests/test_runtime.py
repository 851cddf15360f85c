"""The runtime refuses what only the store itself can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal import runtime
from portal.config import SettingsError
from tests.databases import World


def test_production_refuses_the_database_of_a_demonstration(sqlite_world: World):
    production = replace(sqlite_world.runtime.settings, mode="production")
    with runtime.running(production):
        pass
    with sqlite_world.runtime.engine.begin() as connection:
        connection.execute(text("UPDATE installation SET mode = 'demo'"))
    with pytest.raises(SettingsError, match="demonstration"):
        runtime.build(production)

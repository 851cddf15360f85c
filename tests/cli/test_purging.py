"""Purge and holds by command, over a real installation in its own home."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from portal.cli.oversight import audit
from tests.databases import World
from tests.services.test_unit_of_work import patient


@pytest.fixture
def run(sqlite_world: World, monkeypatch):
    monkeypatch.setenv("CANDOR_HOME", str(sqlite_world.runtime.settings.home))
    monkeypatch.setenv("CANDOR_MODE", "development")
    return lambda *arguments: CliRunner().invoke(audit, list(arguments))


def test_a_hold_is_placed_listed_and_lifted(sqlite_world: World, run):
    with sqlite_world.write("patient:change") as uow:
        subject = patient(uow).id.hex()
    assert run("hold", subject, "--reason", "Case 26-118").exit_code == 0
    assert run("hold", subject, "--reason", "again").exit_code == 1
    listed = json.loads(run("holds", "--reason", "HLEGAL", "--json").stdout)
    assert [(each["subject"], each["reason"]) for each in listed] == [(subject, "Case 26-118")]
    assert run("hold", subject, "--lift").exit_code == 0
    assert run("holds", "--reason", "HLEGAL").stdout == "nothing is held\n"


def test_wrong_use(run):
    assert run("hold", "zz", "--reason", "x").exit_code == 2
    assert run("hold", "00" * 16, "--reason", "x", "--lift").exit_code == 2
    assert run("hold", "00" * 16).exit_code == 2
    assert run("hold", "00" * 16, "--reason", "x").exit_code == 1
    assert run("holds").exit_code == 2


def test_a_purge_below_the_least_is_refused_and_a_young_log_loses_nothing(run):
    assert run("purge", "--years", "5").exit_code == 1
    assert json.loads(run("purge", "--json").stdout) == {
        "bodies": 0, "held": 0, "keys_destroyed": 0, "keys_disabled": 0,
    }  # fmt: skip
    assert run("verify").exit_code == 0

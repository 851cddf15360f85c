"""Commands that open what is sealed say why, and the log keeps it; those that say nothing open nothing."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from portal.cli.__main__ import main
from portal.cli.desk import opened, options, reason
from portal.models.patients import PatientRow
from tests.databases import World
from tests.make import visits
from tests.services.test_unit_of_work import events, patient


@pytest.fixture
def run(sqlite_world: World, monkeypatch: pytest.MonkeyPatch):
    """Runs a command over the world's own folder."""
    monkeypatch.setenv("CANDOR_HOME", str(sqlite_world.runtime.settings.home))
    monkeypatch.setenv("CANDOR_MODE", "development")

    def call(command: click.Command, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments)

    return call


def names(**more: object) -> click.Command:
    """A command that prints the names of patients, dressed as `more` says."""

    @click.command()
    @options
    def command(practice: str | None, as_user: str | None, as_json: bool) -> None:
        with opened("names.list", practice=practice, as_user=as_user, as_json=as_json) as bench:
            with bench.runtime.units.read(bench.actor, "account:view") as uow:
                found = [uow.read(row, PatientRow.last_name_sealed) for row in uow.entities(uow.select(PatientRow))]
            bench.say(found, ", ".join(found))

    return reason(**more)(command) if more else command


def test_what_a_command_does_implies_its_reason_and_another_may_be_given(sqlite_world: World, run, tmp_path: Path):
    file = tmp_path / "monday.837"
    file.write_bytes(visits.file(visits.claims()))
    assert run(main, "visits", "import", str(file)).exit_code in {0, 1}
    assert run(main, "visits", "import", str(file), "--reason", "RECORDMGT").exit_code in {0, 1}
    told = [event["purpose"] for event in events(sqlite_world) if event["actor"] == "system:visits.import"]
    assert set(told) == {"HPAYMT", "RECORDMGT"}
    assert told == sorted(told), "first the one, then the other"
    assert run(main, "visits", "import", str(file), "--reason", "curious").exit_code == 2


def test_bills_are_made_here_and_now(run):
    made = run(main, "statements", "run", "--json")
    assert (made.exit_code, json.loads(made.output)) == (0, {"jobs": 1}), "the run itself; nobody owes anything"


def test_what_hands_out_sealed_values_demands_a_reason(sqlite_world: World, run):
    with sqlite_world.write("patient:change") as uow:
        patient(uow)
    command = names(purpose=None)
    assert run(command).exit_code == 2
    shown = run(command, "--reason", "HLEGAL")
    assert (shown.exit_code, shown.output.strip()) == (0, "Okonkwo")
    last = events(sqlite_world)[-1]
    assert (last["actor"], last["purpose"]) == ("system:names.list", "HLEGAL")


def test_legal_holds_are_placed_in_words_and_listed_for_a_reason(sqlite_world: World, run):
    with sqlite_world.write("patient:change") as uow:
        subject = patient(uow).id.hex()
    assert run(main, "audit", "hold", subject).exit_code == 2
    assert run(main, "audit", "hold", subject, "--reason", "Case 26-118").exit_code == 0
    assert run(main, "audit", "holds").exit_code == 2
    assert "Case 26-118" in run(main, "audit", "holds", "--reason", "HLEGAL").output
    assert run(main, "audit", "hold", subject, "--lift").exit_code == 0
    assert json.loads(run(main, "audit", "holds", "--reason", "HLEGAL", "--json").output) == []


def test_nothing_is_opened_to_a_command_that_takes_no_reason(sqlite_world: World, run):
    with sqlite_world.write("patient:change") as uow:
        patient(uow)
    refused = run(names())
    assert refused.exit_code == 1
    assert "Okonkwo" not in refused.output
    last = events(sqlite_world)[-1]
    assert (last["outcome"], last["reason"]) == (4, "field-not-in-role")

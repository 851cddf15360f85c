"""Each kind of key is replaced by command, and everything verifies and opens after each."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from portal import runtime
from portal.cli.keys import keys
from portal.cli.oversight import audit
from portal.models.patients import PatientRow
from portal.services.keys import renewing
from tests.databases import World
from tests.make import visits
from tests.services.test_unit_of_work import patient


@pytest.fixture
def run(sqlite_world: World, monkeypatch):
    """Commands in the home of a world, whose own connections are laid down."""
    home = sqlite_world.runtime.settings.home
    monkeypatch.setenv("CANDOR_HOME", str(home))
    monkeypatch.setenv("CANDOR_MODE", "development")

    def call(command, *arguments: str) -> Result:
        done = CliRunner().invoke(command, list(arguments))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return call


def said(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_every_kind_one_after_the_other_and_the_log_and_rows_verify_after_each(sqlite_world: World, run):
    world = sqlite_world
    visits.bring(world, *visits.some(2))
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    runtime.signer(world.runtime)()
    for command in (
        ("rotate",), ("rotate", "--installation"), ("rotate", "--kind", "index"),
        ("rotate", "--kind", "index", "--installation"), ("rotate", "--kind", "root"), ("renew", subject.hex()),
        ("rotate", "--kind", "signing"), ("rewrap",),
    ):  # fmt: skip
        said(run(keys, *command, "--json"))
        with runtime.running(world.runtime.settings) as fresh:
            runtime.signer(fresh)()
            with fresh.units.read(world.machine(), "account:view") as uow:
                assert uow.read(uow.get(PatientRow, subject), PatientRow.last_name_sealed) == "Okonkwo"
                assert uow.count(uow.select(PatientRow.id).where(PatientRow.mrn_index.in_(uow.tokens("mrn", "M-1"))))
        checked = run(audit, "verify", "--cells", "--json")
        assert said(checked)["ok"], (command, checked.output)
    found = said(run(keys, "status", "--json"))
    assert {row["root"] for row in found["keys"] if row["state"] != "destroyed"} == {2}
    assert found["spare_roots"] == [1]
    assert {row["generation"] for row in found["keys"] if row["tokens"]} == {2}
    assert "signing.2.key" in {path.name for path in world.runtime.settings.keys.iterdir()}
    with world.read("account:view") as uow:  # this process started with root 1 alone and met root 2 since
        assert uow.read(uow.get(PatientRow, subject), PatientRow.last_name_sealed) == "Okonkwo"


def test_the_old_root_may_go_once_nothing_names_it(sqlite_world: World, run):
    world = sqlite_world
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    said(run(keys, "rewrap", "--new-root", "--json"))
    settings = world.runtime.settings
    settings.root_key_file.unlink()
    with runtime.running(settings) as fresh, fresh.units.read(world.machine(), "account:view") as uow:
        assert uow.read(uow.get(PatientRow, subject), PatientRow.last_name_sealed) == "Okonkwo"
    assert said(run(keys, "status", "--json"))["spare_roots"] == []
    said(run(keys, "rotate", "--kind", "root", "--json"))
    assert {row["root"] for row in said(run(keys, "status", "--json"))["keys"]} == {3}


def test_a_root_in_the_environment(sqlite_world: World, run, monkeypatch):
    world = sqlite_world
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    old, new = world.runtime.settings.root_key_file.read_bytes().hex(), "0123456789abcdef" * 4
    monkeypatch.setenv("CANDOR_ROOT_KEY", f"1:{old},2:{new}")
    refused = run(keys, "rotate", "--kind", "root")
    assert (refused.exit_code, "1:OLD,2:NEW" in refused.output) == (2, True)
    said(run(keys, "rewrap", "--json"))
    monkeypatch.setenv("CANDOR_ROOT_KEY", f"2:{new}")
    assert {row["root"] for row in said(run(keys, "status", "--json"))["keys"]} == {2}
    with (
        runtime.running(replace(world.runtime.settings, root_key=f"2:{new}")) as fresh,
        fresh.units.read(world.machine(), "account:view") as uow,
    ):
        assert uow.read(uow.get(PatientRow, subject), PatientRow.last_name_sealed) == "Okonkwo"


def test_wrong_use(run):
    for arguments in (
        ("renew", "abc"), ("renew", "z" * 32), ("rotate", "--kind", "signing", "--practice", "juniper"),
        ("rotate", "--installation", "--practice", "juniper"), ("rotate", "--kind", "moon"), ("shred", "00"),
    ):  # fmt: skip
        assert run(keys, *arguments).exit_code == 2, arguments
    assert run(keys, "renew", "0" * 32).exit_code == 1


def test_the_worker_drops_what_a_renewal_left(sqlite_world: World, run):
    world = sqlite_world
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    assert said(run(keys, "renew", subject.hex(), "--json")) == {"kept": 0, "rows": 1, "version": 2}
    world.clock.forward(days=3650)  # the command lives in the present
    assert renewing.settle(world.units) == 1

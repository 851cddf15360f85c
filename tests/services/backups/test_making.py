"""The restore drill: a backup of a working practice comes back whole in an empty place, nothing shredded with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.checkpoint import VerifierKey, origin
from portal import runtime
from portal.access.actors import system
from portal.crypto.keys import Purpose
from portal.domain.errors import Refused
from portal.models.keys import SubjectKeyRow
from portal.models.patients import PatientRow
from portal.services.auditing import checking, upkeep
from portal.services.backups import making, manifests, stores
from portal.services.keys import rotation, shredding
from tests.databases import World, settings_for
from tests.make import visits
from tests.services.test_unit_of_work import events, patient


@dataclass
class Place:
    """Where this installation's backups go, and what it keeps outside its data."""

    world: World
    target: Path
    register: Path
    shreds: Path

    def check(self):
        signing = runtime.signing_key(self.world.runtime.settings)
        return partial(checking.faults, keys=[VerifierKey.of(origin(self.world.runtime.parts.installation), signing)])

    def backup(self, **more) -> making.Backup:
        running = self.world.runtime
        upkeep.tick(running.units, running.parts, [runtime.signing_key(running.settings)])
        return making.create(
            running.units, system("backup"), running.parts, running.settings.database_owner_url, self.target,
            register=self.register, **more,
        )  # fmt: skip


@pytest.fixture
def place(world: World, tmp_path: Path) -> Place:
    outside = tmp_path / "outside"
    return Place(world, tmp_path / "backups", outside / "backups.jsonl", outside / "shreds.jsonl")


@pytest.fixture
def here(sqlite_world: World, tmp_path: Path) -> Place:
    outside = tmp_path / "outside"
    return Place(sqlite_world, tmp_path / "backups", outside / "backups.jsonl", outside / "shreds.jsonl")


def restored(place: Place, backup: making.Backup, home: Path) -> tuple[making.Restored, list[str], int]:
    """Restore into another installation's empty folder, with the old keys; the names that open there, events told."""
    shutil.copytree(place.world.runtime.settings.keys, home / "keys")
    there = settings_for(home)
    result = []

    def again() -> int:
        with runtime.running(there, clock=place.world.clock) as running:
            result.append(running)
            return shredding.reapply(running.units, system("restore"), place.shreds)

    done = making.restore(
        backup.folder, there.database_url, anchor_file=there.anchor_file, after=again, check_log=place.check()
    )
    with runtime.running(there, clock=place.world.clock) as running:
        making.tell(running.units, system("restore"), done)
        found = World(running, place.world.clock, place.world.practice_id)
        held = {row.subject for row in _keys(found)}
        with found.read("account:view") as uow:
            rows = uow.entities(uow.select(PatientRow))
            names = sorted(uow.read(row, PatientRow.last_name_sealed) for row in rows if row.id in held)
        told = events(found)
        assert told[-2]["subtype"] == "backup:restore"
        return done, names, len(told)


def _keys(world: World):
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        return connection.execute(select(SubjectKeyRow.subject)).all()


def names(world: World) -> list[str]:
    with world.read("account:view") as uow:
        return sorted(uow.read(row, PatientRow.last_name_sealed) for row in uow.entities(uow.select(PatientRow)))


def test_the_drill(here: Place, tmp_path: Path):
    world = here.world
    visits.entered(world, visits.bring(world, *visits.some(3))[0])
    expected = names(world)
    backup = here.backup()
    assert making.verify(backup.folder, here.check()) == []
    with world.write("patient:change") as uow:
        patient(uow, "Later")
    done, found, _ = restored(here, backup, tmp_path / "elsewhere")
    assert (done.id, done.shredded_again) == (backup.manifest.id, 0)
    assert found == expected
    told = [each for each in events(world) if each["subtype"] == "backup:create"]
    assert [(each["type"], each["digest"]) for each in told] == [
        ("export", backup.manifest.files["candor.db"]["sha256"])
    ]


def test_a_restore_shreds_again_what_was_shredded_since(here: Place, tmp_path: Path):
    world = here.world
    with world.write("patient:change") as uow:
        gone = patient(uow, "Gone", "M-1").id
        patient(uow, "Stays", "M-2")
    backup = here.backup(keep_days=9999)
    world.clock.forward(days=366 * 11)
    shredding.shred(world.units, system("keys"), gone, record=here.shreds, reason="media disposal")
    done, found, _ = restored(here, backup, tmp_path / "elsewhere")
    assert done.shredded_again == 1
    assert found == ["Stays"]


def test_a_place_that_is_not_empty_is_left_alone(here: Place, tmp_path: Path):
    backup = here.backup()
    data = tmp_path / "taken"
    data.mkdir()
    (data / "something").write_text("dear")
    with pytest.raises(Refused) as refused:
        making.restore(
            backup.folder, f"sqlite:///{data / 'candor.db'}", anchor_file=tmp_path / "a" / "x.jsonl", after=lambda: 0
        )
    assert refused.value.code == "not-empty"
    assert [path.name for path in data.iterdir()] == ["something"]


@pytest.mark.parametrize("how", ["flip", "cut", "swap", "missing", "log"])
def test_a_damaged_backup_is_known_and_not_restored(here: Place, tmp_path: Path, how: str):
    with here.world.write("patient:change") as uow:
        patient(uow)
    backup = here.backup()
    store = backup.folder / "candor.db"
    body = store.read_bytes()
    if how == "flip":
        store.write_bytes(body[:5000] + bytes([body[5000] ^ 1]) + body[5001:])
    elif how == "cut":
        store.write_bytes(body[:-4096])
    elif how == "swap":
        (backup.folder / "anchors.jsonl").write_text("{}\n")
    elif how == "missing":
        store.unlink()
    else:  # a row changed and the manifest made to fit: only the log knows
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("UPDATE patient SET state = 'INACTIVE'")
            connection.commit()
        files = {path.name: manifests.digest(path) for path in backup.folder.iterdir() if path.name != manifests.NAME}
        manifests.write(backup.folder, manifests.Manifest(**{**_said(backup.manifest), "files": files}))
        assert making.verify(backup.folder) == []
    assert making.verify(backup.folder, here.check()) != []
    with pytest.raises(Refused) as refused:
        making.restore(
            backup.folder, f"sqlite:///{tmp_path / 'new' / 'candor.db'}", anchor_file=tmp_path / "x", after=lambda: 0,
            check_log=here.check(),
        )  # fmt: skip
    assert refused.value.code == "damaged"
    assert not (tmp_path / "new").exists()


def _said(manifest: manifests.Manifest) -> dict:
    return {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}


def test_no_key_and_no_name_is_in_a_backup(place: Place):
    if place.world.runtime.engine.dialect.name == "postgresql" and not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed here")
    with place.world.write("patient:change") as uow:
        patient(uow, "Canarywood", "MRN-CANARY")
    folder = place.backup().folder
    keys = [path.read_bytes() for path in place.world.runtime.settings.keys.iterdir()]
    for path in folder.iterdir():
        body = path.read_bytes()
        assert not any(key in body for key in keys)
        assert b"Canarywood" not in body
        assert b"MRN-CANARY" not in body
        assert path.stat().st_mode & 0o077 == 0 or path.name != stores.FILES["sqlite"]


def test_an_unexpired_backup_keeps_old_keys_alive(place: Place):
    if place.world.runtime.engine.dialect.name == "postgresql" and not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed here")
    world = place.world
    with world.write("patient:change") as uow:
        patient(uow)
    place.backup(keep_days=60)
    practice = world.practice_id
    slot = (practice, int(Purpose.FIELD), 1)
    rotation.rotate(world.units, system("keys"), world.runtime.roots, practice)

    def retired() -> tuple:
        named = manifests.keys_named(place.register, world.clock.now())
        return slot in named, rotation.retire(world.units, system("keys"), practice, named)

    world.clock.forward(days=40)
    assert retired() == (True, ((), ()))
    world.clock.forward(days=40)
    assert retired() == (False, ((), (1,)))


def test_postgres_comes_back_in_an_empty_database(postgres_world: World, postgres, tmp_path: Path):
    if not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed here")
    outside = tmp_path / "outside"
    place = Place(postgres_world, tmp_path / "backups", outside / "b.jsonl", outside / "s.jsonl")
    visits.bring(postgres_world, *visits.some(2))
    expected = names(postgres_world)
    backup = place.backup()
    assert making.verify(backup.folder) == []
    owner, app = postgres.clone(postgres.template("bare", lambda _: None))
    try:
        shutil.copytree(postgres_world.runtime.settings.keys, tmp_path / "there" / "keys")
        there = settings_for(tmp_path / "there", CANDOR_DATABASE_URL=app, CANDOR_DATABASE_OWNER_URL=owner)
        (tmp_path / "there" / "data").mkdir()
        making.restore(backup.folder, there.database_owner_url, anchor_file=there.anchor_file, after=lambda: 0)
        with pytest.raises(Refused):
            making.restore(backup.folder, there.database_owner_url, anchor_file=there.anchor_file, after=lambda: 0)
        with runtime.running(there, clock=postgres_world.clock) as running:
            assert names(World(running, postgres_world.clock, postgres_world.practice_id)) == expected
            assert place.check()(there.database_owner_url, [there.anchor_file]) == []
    finally:
        postgres.drop(owner)


def test_a_missing_program_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert os.environ["PATH"] == str(tmp_path)
    with pytest.raises(Refused) as refused:
        stores.copy_out("postgresql+psycopg://nobody@localhost/none", tmp_path / "x.dump")
    assert refused.value.code == "no-program"

"""One subject's keys removed for ever, and never sooner than the law lets go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.access.actors import system
from portal.crypto.errors import SealBroken
from portal.domain.errors import NotFound, Refused
from portal.models.keys import SubjectKeyRow
from portal.models.patients import PatientRow
from portal.services.keys import shredding
from tests.databases import World
from tests.services.test_unit_of_work import events, patient


def keys_of(world: World, subject: bytes) -> dict[int, str]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        where = SubjectKeyRow.subject == subject
        return dict(connection.execute(select(SubjectKeyRow.version, SubjectKeyRow.state).where(where)).all())


def test_records_inside_their_time_are_not_shredded(world: World, tmp_path: Path):
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    record = tmp_path / "shreds.jsonl"
    world.clock.forward(days=365 * 9)
    with pytest.raises(Refused) as refused:
        shredding.shred(world.units, world.machine("keys"), subject, record=record, reason="asked")
    assert refused.value.code == "retention"
    with pytest.raises(Refused):
        shredding.shred(world.units, world.machine("keys"), subject, record=record, reason="asked", years=1)
    assert keys_of(world, subject) == {1: "active"}
    assert not record.exists()
    assert events(world)[-1]["reason"] == "retention"


def test_what_was_shredded_opens_never_again_not_even_from_an_older_copy(world: World, tmp_path: Path):
    with world.write("patient:change") as uow:
        subject = patient(uow).id
        kept = patient(uow, "Kept", "M-2").id
    record = tmp_path / "anchors" / "shreds.jsonl"
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        copy = [dict(row) for row in connection.execute(select(SubjectKeyRow.__table__)).mappings()]
    world.clock.forward(days=366 * 10 + 30)
    machine = replace(world.machine("keys"), initiator="ops")
    result = shredding.shred(world.units, machine, subject, record=record, reason="media disposal")
    assert result == shredding.Shredded(1, bytes_gone=True)
    told = events(world)[-1]
    assert (told["type"], told["acting_for"]) == ("key", "ops")
    assert {"type": "subject-key", "id": subject.hex()} in told["objects"]
    with pytest.raises(SealBroken), world.read("account:view") as uow:
        uow.read(uow.get(PatientRow, subject), PatientRow.last_name_sealed)
    with world.read("account:view") as uow:
        assert uow.read(uow.get(PatientRow, kept), PatientRow.last_name_sealed) == "Kept"
    with pytest.raises(NotFound):
        shredding.shred(world.units, machine, subject, record=record, reason="again")
    # An older backup brings the key back; the record outside the data takes it away again.
    wanted = next(row for row in copy if row["subject"] == subject)
    with world.runtime.engine.begin() as connection:
        connection.execute(SubjectKeyRow.__table__.insert(), [wanted])
    assert shredding.reapply(world.units, system("restore"), record) == 1
    assert keys_of(world, subject) == {}
    assert shredding.reapply(world.units, system("restore"), record) == 0
    assert [json.loads(line)["subject"] for line in record.read_text().splitlines()] == [subject.hex()]


def test_the_wrapped_key_is_not_in_the_files_any_more(sqlite_world: World, tmp_path: Path):
    world = sqlite_world
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        wrapped = connection.execute(select(SubjectKeyRow.wrapped).where(SubjectKeyRow.subject == subject)).scalar_one()
    folder = world.runtime.settings.data
    assert any(wrapped in path.read_bytes() for path in folder.iterdir())
    world.clock.forward(days=366 * 11)
    shredding.shred(world.units, world.machine("keys"), subject, record=tmp_path / "r", reason="disposal")
    assert not any(wrapped in path.read_bytes() for path in folder.iterdir())

"""One subject's key: renewed with all its rows, or removed for ever, and never sooner than the law lets go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.access.actors import system
from portal.crypto.errors import SealBroken
from portal.domain.errors import NotFound, Refused
from portal.models.claims import ClaimVersionRow
from portal.models.encounters import EncounterRow
from portal.models.keys import SubjectKeyRow
from portal.models.patients import PatientRow
from portal.services import documents
from portal.services.keys import shredding
from portal.services.unit_of_work.work import new_id
from tests.databases import World
from tests.make import claims, visits
from tests.services.auditing.test_cells import verified
from tests.services.test_unit_of_work import events, patient


def keys_of(world: World, subject: bytes) -> dict[int, str]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        where = SubjectKeyRow.subject == subject
        return dict(connection.execute(select(SubjectKeyRow.version, SubjectKeyRow.state).where(where)).all())


def owner(world: World, encounter: bytes) -> bytes:
    with world.read("account:view") as uow:
        return uow.get(EncounterRow, encounter).patient_id


def test_a_renewed_subject_has_every_row_under_the_new_key_and_the_cells_agree(world: World):
    first, second = visits.bring(world, *visits.some(2))
    subject, other = owner(world, first), owner(world, second)
    with world.read("account:view") as uow:
        row = uow.get(PatientRow, subject)
        name, sealed = uow.read(row, PatientRow.last_name_sealed), row.last_name_sealed.blob
    result = shredding.renew(world.units, world.machine("keys"), subject)
    assert result.version == 2
    assert result.rows >= 3
    assert result.kept == 0
    assert keys_of(world, subject) == {2: "active"}
    assert keys_of(world, other) == {1: "active"}
    with world.read("account:view") as uow:
        row = uow.get(PatientRow, subject)
        assert uow.read(row, PatientRow.last_name_sealed) == name
        assert row.last_name_sealed.blob != sealed
        assert uow.read(uow.get(EncounterRow, first), EncounterRow.diagnoses_sealed)
    assert verified(world).problems == ()


def test_a_claim_as_it_was_sent_keeps_its_key_for_ever(world: World):
    with world.write("claim:submit") as uow:
        claim = claims.claim(uow)
        uow.flush()
        subject = claim.patient_id
        version = uow.new(
            ClaimVersionRow, patient_id=subject, payer_id=claim.payer_id, claim_id=claim.id, number=1, control="C1",
            set_control="0001", body_sealed=b"CLM*1~", submitted_at=uow.now,
        ).id  # fmt: skip
    result = shredding.renew(world.units, world.machine("keys"), subject)
    assert result.kept == 1
    assert keys_of(world, subject) == {1: "decrypt-only", 2: "active"}
    with world.read("claim:view") as uow:
        assert uow.read(uow.get(ClaimVersionRow, version), ClaimVersionRow.body_sealed) == b"CLM*1~"
    assert verified(world).problems == ()


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


def test_a_document_has_a_key_of_its_own(world: World):
    with world.write("statement:run") as uow:
        who = patient(uow)
        uow.flush()
        id_ = documents.store(
            uow, patient_id=who.id, kind="letter", name="l.pdf", media_type="application/pdf", body=b"%PDF"
        ).id
        whose = who.id
    result = shredding.renew(world.units, world.machine("keys"), id_)
    assert (result.rows, keys_of(world, whose)) == (1, {1: "active"})
    with world.read("document:view") as uow:
        assert documents.fetch(uow, id_).body == b"%PDF"


def test_an_unknown_subject_is_not_found(world: World):
    with pytest.raises(NotFound):
        shredding.renew(world.units, world.machine("keys"), new_id())

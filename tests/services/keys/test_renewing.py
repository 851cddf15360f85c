"""One subject's key renewed with all its rows, whenever it is broken off, and the old one dropped when it may be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.crypto.envelope import version_of
from portal.domain.errors import NotFound
from portal.models.claims import ClaimVersionRow
from portal.models.documents import AttachmentRow, DocumentPageRow, DocumentRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.services import documents
from portal.services.attachments import showing
from portal.services.keys import owned, renewing
from portal.services.unit_of_work.work import new_id
from tests.databases import World
from tests.make import claims, papers, scans, visits
from tests.services.auditing.test_cells import verified
from tests.services.keys.test_shredding import keys_of
from tests.services.test_unit_of_work import patient


def owner(world: World, encounter: bytes) -> bytes:
    with world.read("account:view") as uow:
        return uow.get(EncounterRow, encounter).patient_id


def test_a_renewed_subject_has_every_row_under_the_new_key_and_the_cells_agree(world: World):
    first, second = visits.bring(world, *visits.some(2))
    subject, other = owner(world, first), owner(world, second)
    with world.read("account:view") as uow:
        row = uow.get(PatientRow, subject)
        name, sealed = uow.read(row, PatientRow.last_name_sealed), row.last_name_sealed.blob
    result = renewing.renew(world.units, world.machine("keys"), subject)
    assert result.version == 2
    assert result.rows >= 3
    assert result.kept == 0
    assert keys_of(world, subject) == {1: "decrypt-only", 2: "active"}
    assert renewing.settle(world.units) == 0, "somebody may still hold the old one"
    world.clock.forward(hours=1)
    assert renewing.settle(world.units) == 1
    assert renewing.settle(world.units) == 0
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
    result = renewing.renew(world.units, world.machine("keys"), subject)
    assert result.kept == 1
    world.clock.forward(days=1)
    assert renewing.settle(world.units) == 0
    assert keys_of(world, subject) == {1: "decrypt-only", 2: "active"}
    with world.read("claim:view") as uow:
        assert uow.read(uow.get(ClaimVersionRow, version), ClaimVersionRow.body_sealed) == b"CLM*1~"
    assert verified(world).problems == ()


def test_a_document_has_a_key_of_its_own(world: World):
    with world.write("statement:run") as uow:
        who = patient(uow)
        uow.flush()
        id_ = documents.store(
            uow, patient_id=who.id, kind="letter", name="l.pdf", media_type="application/pdf", body=b"%PDF"
        ).id
        whose = who.id
    result = renewing.renew(world.units, world.machine("keys"), id_)
    assert (result.rows, keys_of(world, whose)) == (1, {1: "active"})
    with world.read("document:view") as uow:
        assert documents.fetch(uow, id_).body == b"%PDF"


def test_an_unknown_subject_is_not_found(world: World):
    with pytest.raises(NotFound):
        renewing.renew(world.units, world.machine("keys"), new_id())


def sealed_under(world: World, subject: bytes) -> set[int]:
    with world.read("account:view") as uow:
        columns = EncounterRow.id, EncounterRow.diagnoses_sealed
        found = uow.rows(uow.select(*columns).where(EncounterRow.patient_id == subject))
        return {version_of(row.diagnoses_sealed.blob) for row in found}


def test_a_renewal_killed_between_batches_goes_on_under_the_same_new_key(sqlite_world: World):
    world = sqlite_world
    first = visits.bring(world, *visits.some(1))[0]
    subject = owner(world, first)
    actor = world.machine("keys")
    assert renewing.begin(world.units, actor, subject) == 2
    next(renewing.reseal(world.units, actor, subject, 1))  # killed here
    assert sealed_under(world, subject) == {1}
    again = renewing.renew(world.units, actor, subject)
    assert again.version == 2, "no third version is made meanwhile"
    assert sealed_under(world, subject) == {2}
    assert renewing.renew(world.units, actor, subject).version == 3, "a finished one is followed by the next"
    world.clock.forward(hours=2)
    assert renewing.settle(world.units) == 2
    assert keys_of(world, subject) == {3: "active"}
    assert verified(world).problems == ()


def test_two_renewals_at_once_both_end(world: World):
    subject = owner(world, visits.bring(world, *visits.some(1))[0])
    actor = world.machine("keys")
    with ThreadPoolExecutor(4) as pool:
        both = list(pool.map(lambda _: renewing.renew(world.units, actor, subject).version, range(4)))
    assert max(both) == max(keys_of(world, subject)), "each under a key that stands"
    assert sealed_under(world, subject) == {max(both)}
    assert verified(world).problems == ()


def test_what_was_written_under_the_old_key_meanwhile_is_sealed_again_before_it_goes(world: World):
    with world.write("patient:change") as uow:
        subject = patient(uow).id
    with world.read("account:view") as uow:  # somebody makes a row ready, and writes it after the renewal
        old = uow.seal(PatientRow.last_name_sealed, "Late", row=subject, subject=subject)
        assert old is not None
        assert version_of(old.blob) == 1
    renewing.renew(world.units, world.machine("keys"), subject)
    with world.write("patient:change") as uow:
        row = uow.get(PatientRow, subject)
        row.last_name_sealed = old
    world.clock.forward(hours=1)
    assert renewing.settle(world.units) == 1
    with world.read("account:view") as uow:
        row = uow.get(PatientRow, subject)
        assert uow.read(row, PatientRow.last_name_sealed) == "Late"
        assert version_of(row.last_name_sealed.blob) == 2
    assert verified(world).problems == ()


def test_pages_of_a_document_follow_its_new_key(world: World):
    with world.write("patient:change") as uow:
        visit = claims.visit(uow)
    id_ = papers.take(world, "encounter", visit.encounter_id, body=scans.pdf(9))
    papers.draw(world)
    with world.read("document:view") as uow:
        before = [showing.picture(uow, id_, number).body for number in range(1, 10)]
        sealed = {row.body_sealed.blob for row in uow.entities(uow.select(DocumentPageRow))}
    renewing.renew(world.units, world.machine("keys"), id_)
    with world.read("document:view") as uow:
        assert [showing.picture(uow, id_, number).body for number in range(1, 10)] == before
        assert not sealed & {row.body_sealed.blob for row in uow.entities(uow.select(DocumentPageRow))}


def test_whole_files_are_sealed_again_a_few_at_a_time():
    assert owned.at_once(DocumentRow, 200) == owned.at_once(DocumentPageRow, 200) == 2
    assert owned.at_once(AttachmentRow, 200) == 200
    assert owned.at_once(DocumentRow, 10) == 1

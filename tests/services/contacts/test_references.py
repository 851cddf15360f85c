"""Contacts are found by the payer's reference number, whole, also those kept before there was a way to find them."""

from __future__ import annotations

import pytest

from portal.models.contacts import ContactReferenceRow
from portal.services.contacts import recording, references
from portal.services.keys import reindexing
from portal.services.patients import searching
from tests.databases import World
from tests.services.contacts.desk import called, claim, record

pytestmark = pytest.mark.database


def found(world: World, q: str, role: str = "biller") -> list[str]:
    with world.read("contact:view", world.actor(role)) as uow:
        return [each.item.contact_id for each in references.find(uow, q).contacts or ()]


def test_a_contact_is_found_by_its_reference_whole_with_payer_and_patient(world: World):
    row, other = claim(world), claim(world, last="Birch")
    first = record(world, "claim", row.id, reference="I-77120")
    general = record(world, "payer", row.payer_id, reference="i 77120")
    record(world, "claim", other.id, reference="I-771200")
    record(world, "claim", other.id, reference="")
    assert set(found(world, " I77120 ")) == {first.contact_id.hex(), general.contact_id.hex()}
    assert (found(world, "I-7712"), found(world, "--"), found(world, "x" * 500)) == ([], [], [])
    with world.read("contact:view", world.actor("biller")) as uow:
        shown = {each.item.about: each for each in references.find(uow, "I-77120").contacts or ()}
    assert (shown["claim"].payer_name == "", shown["payer"].patient_name) == (False, "")
    assert "Ashgrove" in shown["claim"].patient_name
    with world.read("queue:view") as uow:
        patients, _ = searching.found(uow, "I-77120")
        uow.searched("I-77120", scanned=0, shown=0)
    assert patients == [row.patient_id], "the search of the queues and of accounts finds whom it is about"


def test_what_was_corrected_is_found_by_its_new_number_only(world: World):
    row = claim(world)
    kept = record(world, "claim", row.id, reference="I-77120")
    with world.write("contact:record", world.actor("biller")) as uow:
        mended = recording.correct(uow, kept.contact_id, called(reference="I-77210"), "mistyped", key="ab" * 16)
    assert (found(world, "I-77120"), found(world, "I-77210")) == ([], [mended.contact_id.hex()])
    with world.read("queue:view") as uow:
        patients = [searching.found(uow, q)[0] for q in ("I-77120", "I-77210")]
        uow.searched("I-77120", scanned=0, shown=0)
    assert patients == [[], [row.patient_id]]


def test_contacts_of_before_are_noted_once_and_a_new_index_root_finds_them(world: World):
    row, gone = claim(world), claim(world, last="Birch")
    kept = [record(world, "claim", row.id), record(world, "payer", row.payer_id), record(world, "claim", gone.id)]
    with world.write("contact:record", world.machine("contact.note")) as uow:  # as if they were kept before
        for each in uow.entities(uow.select(ContactReferenceRow)):
            uow.delete(each)
    assert found(world, "I-77120") == []
    assert [references.fill(world.units, world.machine("contact.note")) for _ in range(2)] == [3, 0]
    reindexing.rotate(world.units, world.machine("keys"), world.runtime.roots, world.practice_id)
    assert set(found(world, "I-77120")) == {each.contact_id.hex() for each in kept}

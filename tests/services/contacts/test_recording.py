"""Contacts are kept once, never rewritten, and what comes next is seen to on its day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.access import roles
from portal.access.permissions import PERMISSIONS
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.claims import ClaimRow
from portal.models.contacts import ContactRow
from portal.services import queues
from portal.services.contacts import payers, recording, showing
from portal.services.contacts.payers import Narrowed
from portal.services.keys import shredding
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.services.claims.office import Office
from tests.services.contacts.desk import CALL, called, claim, record, waiting
from tests.services.test_unit_of_work import events

pytestmark = pytest.mark.database

SOON, LATER, BEYOND = "2026-08-10", "2026-08-20", "2027-07-01"


def sent(world: World) -> ClaimRow:
    """A claim for which nobody has to do anything."""
    row = claim(world)
    with world.write("claim:edit") as uow:
        queues.done(uow, uow.get(ClaimRow, row.id))
    return row


def test_a_contact_is_sealed_kept_once_and_never_rewritten(world: World):
    row = claim(world)
    kept = record(world, "claim", row.id, key="ab" * 16)
    again = record(world, "claim", row.id, key="ab" * 16)
    assert (again.contact_id, again.new) == (kept.contact_id, False), "a second click keeps nothing twice"
    other = claim(world, last="Birch")
    with pytest.raises(Conflict):
        record(world, "claim", other.id, key="ab" * 16)
    general = record(world, "payer", row.payer_id)
    with world.runtime.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('candor.practices', 'all', true)"))
        stored = connection.execute(text("SELECT person_sealed, reference_sealed, words_sealed FROM contact")).all()
    assert len(stored) == 2
    assert not any(word in bytes(box) for each in stored for box in each for word in (b"Dana", b"I-771", b"review"))
    with world.read("contact:view") as uow:
        about, of_payer = uow.get(ContactRow, kept.contact_id), uow.get(ContactRow, general.contact_id)
        assert (about.patient_id, of_payer.patient_id) == (row.patient_id, None)
        assert uow.read(of_payer, ContactRow.words_sealed) == "It is in review.", "under the practice's key"
    for change in ("UPDATE contact SET channel = 'fax'", "DELETE FROM contact"):
        with pytest.raises(DBAPIError), world.runtime.engine.begin() as connection:
            connection.execute(text(change))
    told = [each for each in events(world) if each["subtype"] == "contact:record" and each["action"] == "C"]
    assert told[0]["subjects"] == [row.patient_id.hex()]
    assert {each["type"] for each in told[0]["objects"]} >= {103}


def test_a_correction_takes_the_place_of_a_contact_that_stays_on_record(world: World):
    row = sent(world)
    first = record(world, "claim", row.id, next_on=SOON)
    [item] = waiting(world, "contact-follow-up")
    assert (item.due_on, item.patient_id, item.payer_id) == (date(2026, 8, 10), row.patient_id, row.payer_id)
    actor = world.actor(roles.DENIAL_SPECIALIST)
    with world.write("contact:record", actor) as uow:
        more = called(words="It was denied.", next_on=LATER)
        new = recording.correct(uow, first.contact_id, more, "mistyped", key="1" * 32)
    assert [each.due_on for each in waiting(world, "contact-follow-up")] == [date(2026, 8, 20)]
    with world.read("contact:view", actor) as uow:
        part = showing.part(uow, "claim", row.id)
        assert part is not None
        assert [each.words for each in part.items] == ["It was denied."]
        page, before = showing.show(uow, new.contact_id), showing.show(uow, first.contact_id)
        assert [each.words for each in page.earlier] == ["It is in review."]
        assert (before.newer_id, before.may_record) == (new.contact_id.hex(), False)
    for stale in (
        lambda uow: recording.correct(uow, first.contact_id, called(), "mistyped", key="2" * 32),
        lambda uow: recording.withdraw(uow, first.contact_id, "Other claim", key="2" * 32),
    ):
        with pytest.raises(Conflict), world.write("contact:record", actor) as uow:
            stale(uow)
    with pytest.raises(Refused), world.write("contact:record", actor) as uow:
        recording.correct(uow, new.contact_id, called(), "elsewhere", key="3" * 32)
    with world.write("contact:record", actor) as uow:
        recording.withdraw(uow, new.contact_id, "It was about the claim of May.", key="4" * 32)
    assert waiting(world, "contact-follow-up") == [], "nothing follows what belongs elsewhere"
    with world.read("contact:view", actor) as uow:
        [item] = showing.part(uow, "claim", row.id).items
        assert item.elsewhere
        assert (item.person, item.reference) == (None, None)


def test_what_waits_gets_the_day_and_never_one_after_its_limit(world: World):
    row = claim(world)
    [item] = [each for each in waiting(world) if each.subject_id == row.id]
    assert record(world, "claim", row.id, next_on=LATER).due_on == date(2026, 8, 20)
    assert [each.due_on for each in waiting(world) if each.id == item.id] == [date(2026, 8, 20)]
    assert waiting(world, "contact-follow-up") == [], "an item lies in one queue at a time"
    limit = row.filing_due
    assert record(world, "claim", row.id, next_on=BEYOND).due_on == limit < date.fromisoformat(BEYOND)
    with world.read("queue:view") as uow:
        assert showing.part_of_item(uow, "claim", row.id.hex(), row.id.hex()).about == "claim"


def test_a_next_day_without_any_item_waits_by_itself_until_it_is_settled(world: World):
    row = sent(world)
    record(world, "claim", row.id, next_on=SOON)
    record(world, "claim", row.id, direction="in")
    assert len(waiting(world, "contact-follow-up")) == 1, "a call that comes in between settles nothing by itself"
    record(world, "claim", row.id, next_on=LATER)
    assert [each.due_on for each in waiting(world, "contact-follow-up")] == [date(2026, 8, 20)], "one at a time"
    kept = record(world, "payer", row.payer_id, next_on=SOON)
    assert len(waiting(world, "contact-follow-up")) == 2
    record(world, "claim", row.id, settles=True)
    with world.write("contact:record", world.actor("biller")) as uow:
        assert recording.settle(uow, kept.contact_id) == 1
        assert recording.settle(uow, kept.contact_id) == 0
    assert waiting(world, "contact-follow-up") == []


def test_a_payers_page_lists_newest_first_narrowed_and_paged(world: World):
    row = claim(world)
    for n in range(1, 28):
        record(world, "claim", row.id, words=f"Call {n}.", day=f"2026-07-{n:02}")
    record(world, "payer", row.payer_id, channel="letter", direction="in", words="New address.", day="2026-06-01")
    with world.read("contact:view", world.actor("biller")) as uow:
        page = payers.show_payer(uow, row.payer_id, Narrowed())
        assert [each.item.words for each in page.contacts[:2]] == ["Call 27.", "Call 26."]
        assert (len(page.contacts), page.newer) == (25, None)
        assert page.contacts[0].patient_name == "Mina Ashgrove"
        older = payers.show_payer(uow, row.payer_id, Narrowed(), after=bytes.fromhex(page.older))
        assert [each.item.words for each in older.contacts] == ["Call 2.", "Call 1.", "New address."]
        assert older.older is None
        back = payers.show_payer(uow, row.payer_id, Narrowed(), before=bytes.fromhex(older.newer))
        assert back.contacts == page.contacts
        letters = payers.show_payer(uow, row.payer_id, Narrowed(channel="letter"))
        assert [each.item.words for each in letters.contacts] == ["New address."]
        assert payers.show_payer(uow, row.payer_id, Narrowed(about="payer", open="1")).contacts == ()
        [listed] = payers.list_payers(uow).payers
        assert (listed.contacts, listed.last_on) == (28, date(2026, 7, 27))


def test_each_role_sees_what_it_needs_and_other_practices_nothing(world: World):
    row = claim(world)
    kept = record(world, "claim", row.id)
    record(world, "payer", row.payer_id)
    seeing = {"biller", "billing-manager", "denial-specialist", "payment-poster", "charge-clerk"}
    assert PERMISSIONS["contact:view"].reach_by_role.keys() == seeing | {"system"}
    with world.read("contact:view", world.actor(roles.CHARGE_CLERK)) as uow:
        assert showing.part(uow, "claim", row.id) is None, "who sees no claims sees no contacts about them"
        assert len(payers.show_payer(uow, row.payer_id, Narrowed()).contacts) == 1
    with pytest.raises(NotFound), world.read("contact:view", world.actor(roles.CHARGE_CLERK)) as uow:
        showing.show(uow, kept.contact_id)
    with world.read("account:view", world.actor(roles.QA_AUDITOR)) as uow:
        assert showing.part(uow, "patient", row.patient_id) is None
    for role in (roles.PATIENT, roles.PAYER_USER, roles.CODER, roles.CLINICIAN, roles.COMPLIANCE_OFFICER):
        with pytest.raises(Denied), world.read("contact:view", world.actor(role)) as uow:
            showing.show(uow, kept.contact_id)
    stranger = Office(Office(world).second_practice()).biller
    for look in (
        lambda uow: showing.show(uow, kept.contact_id), lambda uow: recording.settle(uow, kept.contact_id),
        lambda uow: recording.record(uow, "claim", row.id, called(), key="5" * 32),
    ):  # fmt: skip
        with pytest.raises(NotFound), world.write("contact:record", stranger) as uow:
            look(uow)
    with world.read("contact:view", stranger) as uow:
        assert payers.show_payer(uow, row.payer_id, Narrowed()).contacts == ()


def test_what_waits_because_of_a_later_contact_is_touched_by_no_earlier_one(world: World):
    row = sent(world)
    first = record(world, "claim", row.id, next_on=SOON)
    other = record(world, "claim", row.id, words="Noted on the wrong claim.")
    with world.write("contact:record", world.actor("biller")) as uow:
        recording.withdraw(uow, other.contact_id, "Of another claim.", key="1" * 32)
    assert [str(each.due_on) for each in waiting(world, "contact-follow-up")] == [SOON]
    later = record(world, "claim", row.id, next_on=LATER)
    with world.write("contact:record", world.actor("biller")) as uow:
        again = [recording.correct(uow, first.contact_id, called(words="Typo.", next_on=SOON), "mistyped", key="2" * 32)
                 for _ in range(2)]  # fmt: skip
    assert [each.new for each in again] == [True, False], "a second click is no conflict with oneself"
    assert [str(each.due_on) for each in waiting(world, "contact-follow-up")] == [LATER]
    with world.write("contact:record", world.actor("biller")) as uow:
        recording.withdraw(uow, later.contact_id, "Of another claim.", key="3" * 32)
    assert [str(each.due_on) for each in waiting(world, "contact-follow-up")] == [SOON], "what it had put off"


def test_a_day_that_passed_may_stay_when_words_are_corrected(world: World):
    kept = record(world, "claim", sent(world).id, next_on=SOON)
    world.clock.forward(days=30)
    typed = CALL | {"words": "It is in review, they said.", "next_on": SOON}
    for day, refused in ((SOON, False), ("2026-08-11", True)):
        with world.write("contact:record", world.actor("biller")) as uow:
            if not refused:
                assert str(recording.read_again(uow, kept.contact_id, typed).next_on) == SOON
                continue
            with pytest.raises(Refused):
                recording.read_again(uow, kept.contact_id, typed | {"next_on": day})


def test_a_stale_page_ends_nothing_that_was_agreed_since(world: World):
    row = sent(world)
    kept = record(world, "claim", row.id, next_on=SOON)
    with world.read("contact:view", world.actor("biller")) as uow:
        seen = showing.show(uow, kept.contact_id).waits
    record(world, "claim", row.id, next_on=LATER)
    with pytest.raises(Conflict), world.write("contact:record", world.actor("biller")) as uow:
        recording.settle(uow, kept.contact_id, shown=seen)
    assert [str(each.due_on) for each in waiting(world, "contact-follow-up")] == [LATER]
    with world.write("contact:record", world.actor("biller")) as uow:
        assert recording.settle(uow, kept.contact_id, shown=showing.show(uow, kept.contact_id).waits) == 1


def test_what_no_payer_took_in_comes_up_before_its_filing_limit(world: World):
    row = sent(world)
    with world.write("claim:edit") as uow:
        uow.change(uow.get(ClaimRow, row.id), state="SUBMITTED", filing_due=date(2026, 8, 15))
    assert record(world, "claim", row.id, next_on=LATER).due_on == date(2026, 8, 15)


def test_a_shredded_patient_breaks_no_page_of_the_payer(world: World, tmp_path: Path):
    gone, other = sent(world), claim(world, last="Birch")
    kept = record(world, "claim", gone.id)
    record(world, "claim", other.id, words="Of the other.")
    world.clock.forward(days=366 * 11)
    shredding.shred(world.units, world.machine("keys"), gone.patient_id, record=tmp_path / "record", reason="order")
    with world.read("contact:view", world.actor("biller")) as uow:
        listed = payers.show_payer(uow, gone.payer_id, Narrowed()).contacts
        page = showing.show(uow, kept.contact_id)
    assert sorted((each.item.words, each.patient_name != "", each.item.erased) for each in listed) == [
        ("", False, True), ("Of the other.", True, False),
    ]  # fmt: skip
    assert (page.item.erased, page.patient_name, page.may_record, page.may_write) == (True, "", False, False)
    assert [each for each in events(world) if each["type"] == "alert"] == []

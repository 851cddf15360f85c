"""Contacts are kept, and corrected by another one: what was written once is never rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.access.policy import decide
from portal.domain.contacts import CORRECTIONS, ELSEWHERE, Contact, read
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.domain.typed import plain
from portal.models.contacts import ContactRow
from portal.services.contacts import following, references
from portal.services.contacts.subjects import Subject, subject
from portal.services.unit_of_work.work import UnitOfWork

_MOST_WHY = 400
_CORRECTED = T_("Somebody corrected this meanwhile. Nothing of yours was kept; look at the newest one first.")
_AGREED = T_("Somebody agreed on something else meanwhile. Nothing was changed; reload the page.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept; `due_on` is the day of what follows, None for nothing. Not `new` when the form came twice."""

    contact_id: bytes
    about: str
    about_id: bytes
    due_on: date | None
    new: bool = True


def record(
    uow: UnitOfWork, about: str, about_id: bytes, contact: Contact, *, key: str, settles: bool = False, **more: Any
) -> Kept:
    """Keep a contact about something; `key` names the form, and the same form twice is one contact.

    `settles` ends what waited because of earlier contacts, where this one has no next day. `more` are further columns
    (`letter_id`). Raises NotFound for what is out of reach or not seen in the actor's roles.
    """
    _may(uow)
    thing = subject(uow, about, about_id)
    standing = uow.first(uow.select(ContactRow).where(ContactRow.key == key))
    if standing is not None:
        if (standing.about, standing.about_id) != (about, about_id):
            raise Conflict(T_("This form was used before. Open it anew."), code="unique")
        return Kept(standing.id, about, about_id, standing.next_on, new=False)
    row = _new(uow, thing, contact, key, **more)
    due_on = following.follow(uow, thing, row)
    if due_on is None and settles:
        following.settle(uow, thing)
    return Kept(row.id, about, about_id, due_on)


def read_again(uow: UnitOfWork, contact_id: bytes, given: Mapping[str, str]) -> Contact:
    """A corrected contact from what was typed (`domain.contacts.read`); raises NotFound."""
    row = uow.get(ContactRow, contact_id)
    subject(uow, row.about, row.about_id)
    return read(given, uow.today(), row.next_on)


def correct(uow: UnitOfWork, contact_id: bytes, contact: Contact, reason: str, *, key: str) -> Kept:
    """Put a corrected contact in the place of one, which stays on record; what follows, follows the new one.

    Raises Refused without a reason, Conflict for one that was corrected already, NotFound.
    """
    if reason not in CORRECTIONS or reason == ELSEWHERE:
        raise Refused(T_("Say why it is corrected."), code="reason")
    done = _before(uow, contact_id, key)
    if done is not None:
        return done
    row, thing = _standing(uow, contact_id)
    new = _new(uow, thing, contact, key, corrects_id=row.id, reason=reason, letter_id=row.letter_id)
    waited = following.settle_own(uow, thing, row.id)
    # A day that stands as it was moves nothing: somebody may have agreed on another one since.
    due_on = following.follow(uow, thing, new) if waited or new.next_on != row.next_on else None
    return Kept(new.id, row.about, row.about_id, due_on)


def withdraw(uow: UnitOfWork, contact_id: bytes, why: str, *, key: str) -> Kept:
    """Say of a contact that it does not belong here, and where it does; it stays on record, and nothing follows it.

    What somebody had agreed on before it, and it had put off, waits again.

    Raises Refused without words, Conflict for one that was corrected already, NotFound.
    """
    words = plain(why, "why", _MOST_WHY)
    if words is None:
        raise Refused(T_("Say where it belongs, or why it does not belong here."), code="why")
    done = _before(uow, contact_id, key)
    if done is not None:
        return done
    row, thing = _standing(uow, contact_id)
    said = Contact(row.channel, row.direction, row.day, row.time, None, None, words, None, None)
    new = _new(uow, thing, said, key, corrects_id=row.id, reason=ELSEWHERE, letter_id=row.letter_id)
    due_on = None
    if following.settle_own(uow, thing, row.id):  # what it took the place of waits again
        earlier = _agreed_before(uow, row)
        due_on = None if earlier is None else following.follow(uow, thing, earlier)
    return Kept(new.id, row.about, row.about_id, due_on)


def settle(uow: UnitOfWork, contact_id: bytes, *, shown: str | None = None) -> int:
    """Nothing more is to be done about what a contact is about; how many items left their queue.

    `shown` is what waited on the page (`following.waiting`). Raises NotFound, Conflict when something else waits now.
    """
    _may(uow)
    row = uow.get(ContactRow, contact_id)
    thing = subject(uow, row.about, row.about_id)
    items = following.follow_ups(uow, thing)
    if items and shown is not None and following.waiting(items) != shown:
        raise Conflict(_AGREED, code="version")
    return following.settle(uow, thing)


def _before(uow: UnitOfWork, contact_id: bytes, key: str) -> Kept | None:
    """What the same form kept already in the place of a contact; a second click is told so, not that it lost."""
    _may(uow)
    row = uow.first(uow.select(ContactRow).where(ContactRow.corrects_id == contact_id, ContactRow.key == key))
    if row is None:
        return None
    subject(uow, row.about, row.about_id)
    return Kept(row.id, row.about, row.about_id, row.next_on, new=False)


def _may(uow: UnitOfWork) -> None:
    """Letters note themselves, so this may run under another permission; whoever holds that one holds this one."""
    if not decide(uow.actor, "contact:record").allowed:
        raise Refused(T_("Your role does not keep contacts with payers."), code="no-role")


def _standing(uow: UnitOfWork, contact_id: bytes) -> tuple[ContactRow, Subject]:
    _may(uow)
    row = uow.get(ContactRow, contact_id)
    thing = subject(uow, row.about, row.about_id)
    if uow.row(uow.select(ContactRow.id).where(ContactRow.corrects_id == contact_id)) is not None:
        raise Conflict(_CORRECTED, code="version")
    if row.reason == ELSEWHERE:
        raise Refused(T_("It was said to belong elsewhere. Keep a new contact instead."), code="elsewhere")
    return row, thing


def _agreed_before(uow: UnitOfWork, row: ContactRow) -> ContactRow | None:
    """The newest contact kept before one about the same that stands and has a next day."""
    corrected = uow.select(ContactRow.corrects_id).where(ContactRow.corrects_id.is_not(None))
    return uow.first(
        uow.select(ContactRow)
        .where(
            ContactRow.about == row.about, ContactRow.about_id == row.about_id, ContactRow.next_on.is_not(None),
            ContactRow.id != row.id, ContactRow.recorded_at <= row.recorded_at, ContactRow.id.not_in(corrected),
        )
        .order_by(ContactRow.recorded_at.desc(), ContactRow.id)
    )  # fmt: skip


def _new(uow: UnitOfWork, thing: Subject, contact: Contact, key: str, **more: Any) -> ContactRow:
    row = uow.new(
        ContactRow, practice_id=uow.practice_id, patient_id=thing.patient_id, payer_id=thing.payer_id,
        about=thing.about, about_id=thing.row.id, channel=contact.channel, direction=contact.direction, day=contact.day,
        time=contact.time, person_sealed=contact.person, reference_sealed=contact.reference,
        words_sealed=contact.words, next_step_sealed=contact.next_step, next_on=contact.next_on,
        recorded_by=uow.actor.identity, recorded_at=uow.now, key=key, **more,
    )  # fmt: skip
    uow.flush()
    references.note(uow, row, contact.reference)
    return row

"""Contacts are kept, and corrected by another one: what was written once is never rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.access.policy import decide
from portal.domain.contacts import CORRECTIONS, ELSEWHERE, Contact, plain
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.models.contacts import ContactRow
from portal.services.contacts import following
from portal.services.contacts.subjects import Subject, subject
from portal.services.unit_of_work.work import UnitOfWork

_MOST_WHY = 400
_CORRECTED = T_("Somebody corrected this meanwhile. Nothing of yours was kept; look at the newest one first.")


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


def correct(uow: UnitOfWork, contact_id: bytes, contact: Contact, reason: str, *, key: str) -> Kept:
    """Put a corrected contact in the place of one, which stays on record; what follows, follows the new one.

    Raises Refused without a reason, Conflict for one that was corrected already, NotFound.
    """
    if reason not in CORRECTIONS or reason == ELSEWHERE:
        raise Refused(T_("Say why it is corrected."), code="reason")
    row, thing = _standing(uow, contact_id)
    new = _new(uow, thing, contact, key, corrects_id=row.id, reason=reason, letter_id=row.letter_id)
    if row.next_on is not None:
        following.settle(uow, thing)
    return Kept(new.id, row.about, row.about_id, following.follow(uow, thing, new))


def withdraw(uow: UnitOfWork, contact_id: bytes, why: str, *, key: str) -> Kept:
    """Say of a contact that it does not belong here, and where it does; it stays on record, and nothing follows it.

    Raises Refused without words, Conflict for one that was corrected already, NotFound.
    """
    words = plain(why, "why", _MOST_WHY)
    if words is None:
        raise Refused(T_("Say where it belongs, or why it does not belong here."), code="why")
    row, thing = _standing(uow, contact_id)
    said = Contact(row.channel, row.direction, row.day, row.time, None, None, words, None, None)
    new = _new(uow, thing, said, key, corrects_id=row.id, reason=ELSEWHERE, letter_id=row.letter_id)
    following.settle(uow, thing)
    return Kept(new.id, row.about, row.about_id, None)


def settle(uow: UnitOfWork, contact_id: bytes) -> int:
    """Nothing more is to be done about what a contact is about; how many items left their queue. Raises NotFound."""
    _may(uow)
    row = uow.get(ContactRow, contact_id)
    return following.settle(uow, subject(uow, row.about, row.about_id))


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


def _new(uow: UnitOfWork, thing: Subject, contact: Contact, key: str, **more: Any) -> ContactRow:
    row = uow.new(
        ContactRow, practice_id=uow.practice_id, patient_id=thing.patient_id, payer_id=thing.payer_id,
        about=thing.about, about_id=thing.row.id, channel=contact.channel, direction=contact.direction, day=contact.day,
        time=contact.time, person_sealed=contact.person, reference_sealed=contact.reference,
        words_sealed=contact.words, next_step_sealed=contact.next_step, next_on=contact.next_on,
        recorded_by=uow.actor.identity, recorded_at=uow.now, key=key, **more,
    )  # fmt: skip
    uow.flush()
    return row

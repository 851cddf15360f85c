"""Contacts beside what they are about, one with all its versions, and the form to keep one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from portal.access.policy import decide
from portal.domain.contacts import CHANNELS, CORRECTIONS, DIRECTIONS, ELSEWHERE, MOST_PERSON, MOST_REFERENCE
from portal.domain.errors import NotFound
from portal.domain.texts import Text
from portal.models.contacts import ContactRow
from portal.models.practices import PracticeRow
from portal.services.contacts import following, items
from portal.services.contacts.desks import DeskItem, desks_of
from portal.services.contacts.items import ContactItem
from portal.services.contacts.subjects import Subject, patient_name, payer_name, seen, subject
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork, new_id

_MOST = 20
"""So many stand beside a thing; the payer's page has all."""
_OF_PATIENT = "patient"


@dataclass(frozen=True, slots=True)
class ContactsPart:
    """What the macro `part_of` shows: the newest contacts, and what the actor may do."""

    about: str
    about_id: str
    items: tuple[ContactItem, ...]
    more: bool
    payer_id: str | None
    may_record: bool
    may_write: bool


@dataclass(frozen=True, slots=True)
class ContactPage:
    """See `templates/staff/contacts/show.html`; `due_on` is the day of what waits because of it or a later one."""

    item: ContactItem
    earlier: tuple[ContactItem, ...]
    newer_id: str | None
    payer_id: str
    payer_name: str
    patient_name: str
    today: date
    due_on: date | None
    days_left: int | None
    waits: str
    """What waits, for the form that ends it (`following.waiting`)."""
    may_record: bool
    """It is the newest version, and the actor keeps contacts."""
    may_write: bool
    key: str
    data: Mapping[str, str]
    """What stands in it, as the form takes it."""
    channels: tuple[tuple[str, Text], ...]
    directions: tuple[tuple[str, Text], ...]
    reasons: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class ContactForm:
    """See `templates/staff/contacts/new.html`; `key` goes with the form, so that it counts once."""

    about: str
    about_id: str
    words: Text
    payer_id: str
    payer_name: str
    patient_name: str
    desks: tuple[DeskItem, ...]
    due_on: date | None
    """What waits because of an earlier contact."""
    key: str
    data: Mapping[str, str]
    channels: tuple[tuple[str, Text], ...]
    directions: tuple[tuple[str, Text], ...]


def part(uow: UnitOfWork, about: str, about_id: bytes) -> ContactsPart | None:
    """The contacts about a claim, an authorization or a payer, or all of a patient, the newest first.

    None where the actor's roles see none. Only of things that they may see.
    """
    if not decide(uow.actor, "contact:view").allowed or (about != _OF_PATIENT and about not in seen(uow)):
        return None
    if about == _OF_PATIENT:
        where = [ContactRow.patient_id == about_id, ContactRow.about.in_(seen(uow))]
    else:
        where = [ContactRow.about == about, ContactRow.about_id == about_id]
    rows = uow.rows(
        items.selected(uow)
        .where(*where, items.standing(uow))
        .order_by(ContactRow.day.desc(), ContactRow.recorded_at.desc(), ContactRow.id)
        .limit(_MOST + 1)
    )
    own = about != _OF_PATIENT
    payer = rows[0].id if rows and own else None
    payer_id = uow.value(uow.select(ContactRow.payer_id).where(ContactRow.id == payer)) if payer else None
    return ContactsPart(
        about, about_id.hex(), items.opened(uow, rows[:_MOST]), len(rows) > _MOST, payer_id.hex() if payer_id else None,
        own and decide(uow.actor, "contact:record").allowed,
        own and about != "payer" and decide(uow.actor, "letter:make").allowed,
    )  # fmt: skip


def part_of_item(uow: UnitOfWork, kind: str, target_id: str, claim_id: str | None) -> ContactsPart | None:
    """The contacts about what an item of a queue is about; None where it is about nothing that has any."""
    if claim_id is not None:
        return part(uow, "claim", bytes.fromhex(claim_id))
    if kind == "contact":
        row = uow.get(ContactRow, bytes.fromhex(target_id))
        return part(uow, row.about, row.about_id)
    return part(uow, kind, bytes.fromhex(target_id)) if kind == "authorization" else None


def show(uow: UnitOfWork, contact_id: bytes) -> ContactPage:
    """One contact with the versions before it; raises NotFound."""
    row = uow.get(ContactRow, contact_id)
    thing = subject(uow, row.about, row.about_id)
    shown, earlier = _versions(uow, thing, contact_id)
    newer = uow.value(uow.select(ContactRow.id).where(ContactRow.corrects_id == contact_id))
    waiting = following.follow_ups(uow, thing)
    due_on = min((item.due_on for item in waiting), default=None)
    today = uow.today()
    may, may_write = (
        decide(uow.actor, needed).allowed and not shown.erased for needed in ("contact:record", "letter:make")
    )
    return ContactPage(
        shown, earlier, newer.hex() if newer else None, row.payer_id.hex(), payer_name(uow, row.payer_id),
        patient_name(uow, row.patient_id), today, due_on, None if due_on is None else (due_on - today).days,
        following.waiting(waiting),
        may and newer is None, thing.about != "payer" and may_write, new_id().hex(),
        _data(row, shown), tuple(CHANNELS.items()), tuple(DIRECTIONS.items()),
        tuple(pair for pair in CORRECTIONS.items() if pair[0] != ELSEWHERE),
    )  # fmt: skip


def form(uow: UnitOfWork, about: str, about_id: bytes) -> ContactForm:
    """The form to keep a contact about something, with today and now filled in; raises NotFound."""
    thing = subject(uow, about, about_id)
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == uow.practice_id))
    now = uow.now.astimezone(ZoneInfo(zone))
    waiting = following.follow_ups(uow, thing)
    data = {"channel": "call", "direction": "out", "day": now.date().isoformat(), "time": f"{now:%H:%M}"}
    return ContactForm(
        about, about_id.hex(), thing.words, thing.payer_id.hex(), payer_name(uow, thing.payer_id),
        patient_name(uow, thing.patient_id), desks_of(uow, thing.payer_id),
        min((item.due_on for item in waiting), default=None), new_id().hex(), data, tuple(CHANNELS.items()),
        tuple(DIRECTIONS.items()),
    )  # fmt: skip


def _versions(uow: UnitOfWork, thing: Subject, contact_id: bytes) -> tuple[ContactItem, tuple[ContactItem, ...]]:
    """A contact and those in whose place it stands, the newest first; all are about the same thing."""
    rows: dict[bytes, Any] = {
        row.id: row
        for row in uow.rows(
            items.selected(uow).where(ContactRow.about == thing.about, ContactRow.about_id == thing.row.id)
        )
    }
    if contact_id not in rows:
        raise NotFound(ABSENT, code="not-found")
    chain, at = [rows[contact_id]], rows[contact_id].corrects_id
    while at is not None:
        chain.append(rows[at])
        at = rows[at].corrects_id
    shown = items.opened(uow, chain)
    return shown[0], shown[1:]


def _data(row: ContactRow, shown: ContactItem) -> dict[str, str]:
    texts = {"time": shown.time, "person": shown.person, "reference": shown.reference, "next_step": shown.next_step}
    return {
        "channel": row.channel, "direction": row.direction, "day": row.day.isoformat(), "words": shown.words,
        "next_on": row.next_on.isoformat() if row.next_on else "", **{name: text or "" for name, text in texts.items()},
    }  # fmt: skip


LONGEST = {"person": MOST_PERSON, "reference": MOST_REFERENCE}
"""Of the one-line fields of the form."""

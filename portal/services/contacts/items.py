"""Contacts as lists show them: opened, with whom they were, about what, and who kept them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_

from portal.domain.contacts import CHANNELS, CORRECTIONS, ELSEWHERE, OUT
from portal.domain.letters import TEMPLATES
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationRow
from portal.models.claims import ClaimRow
from portal.models.contacts import ContactRow, LetterRow
from portal.models.users import UserRow
from portal.services.contacts.subjects import authorization_words, claim_words
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork

_SEALED = (
    ContactRow.person_sealed, ContactRow.reference_sealed, ContactRow.words_sealed, ContactRow.next_step_sealed,
)  # fmt: skip
_COLUMNS = (
    ContactRow.id, ContactRow.practice_id, ContactRow.patient_id, ContactRow.about, ContactRow.about_id,
    ContactRow.channel, ContactRow.direction, ContactRow.day, ContactRow.time, ContactRow.next_on,
    ContactRow.corrects_id, ContactRow.reason, ContactRow.recorded_by, ContactRow.recorded_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SentLetter:
    """The letter of a contact; without a document its paper is not made yet."""

    title: Text
    document_id: str | None


@dataclass(frozen=True, slots=True)
class ContactItem:
    """One contact; `about`, `about_id` and `about_words` are what it is about. Ids are hex."""

    contact_id: str
    about: str
    about_id: str
    about_words: Text
    patient_id: str | None
    day: date
    time: str | None
    channel: Text
    out: bool
    """We turned to the payer, not the payer to us."""
    person: str | None
    reference: str | None
    words: str
    next_step: str | None
    next_on: date | None
    by: str
    at: datetime
    corrected: Text | None
    """Why it took the place of another, where it did."""
    elsewhere: bool
    """It only says that what stood here belongs elsewhere."""
    letter: SentLetter | None
    erased: bool = False
    """Its patient was shredded: that there was a contact stands, what was said opens no more."""


def selected(uow: UnitOfWork) -> Any:
    """Contacts with all that a list shows of them, to be narrowed and ordered."""
    return (
        uow.select(*_COLUMNS, *_SEALED)
        .add_columns(LetterRow.template, LetterRow.document_id)
        .outerjoin(LetterRow, and_(LetterRow.id == ContactRow.letter_id, uow.within(LetterRow)))
    )


def standing(uow: UnitOfWork) -> Any:
    """The condition that nothing was put in a contact's place."""
    corrected = uow.select(ContactRow.corrects_id).where(
        ContactRow.corrects_id.is_not(None), ContactRow.practice_id == uow.practice_id
    )
    return ContactRow.id.not_in(corrected)


def opened(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[ContactItem, ...]:
    """Rows of `selected` as lists show them."""
    names, words = people(uow, (row.recorded_by for row in rows)), _words(uow, rows)
    gone = uow.gone(row.patient_id for row in rows if row.patient_id is not None)
    found = []
    for row in rows:
        erased = row.patient_id in gone
        person, reference, said, step = (
            None if erased else uow.open(
                getattr(row, each.key), each, row=row.id, subject=row.patient_id or row.practice_id,
                practice=row.practice_id,
            )
            for each in _SEALED
        )  # fmt: skip
        letter = None
        if row.template is not None:
            letter = SentLetter(TEMPLATES[row.template].title, row.document_id.hex() if row.document_id else None)
        found.append(
            ContactItem(
                row.id.hex(), row.about, row.about_id.hex(), words[row.about, row.about_id],
                row.patient_id.hex() if row.patient_id else None, row.day, row.time, CHANNELS[row.channel],
                row.direction == OUT, person, reference, said or "", step, row.next_on, names.get(row.recorded_by, "-"),
                row.recorded_at, CORRECTIONS[row.reason] if row.reason else None, row.reason == ELSEWHERE, letter,
                erased,
            )
        )  # fmt: skip
    return tuple(found)


def people(uow: UnitOfWork, identities: Iterable[str]) -> dict[str, str]:
    """Names of who kept something, by identity, in one query."""
    wanted = set(identities)
    ids = sorted(bytes.fromhex(each) for each in wanted if not each.startswith("system:"))
    found = {each: "Candor" for each in wanted if each.startswith("system:")}
    if ids:
        uow.expect(*ids)
        for row in uow.rows(uow.select(UserRow.id, UserRow.name_sealed).where(UserRow.id.in_(ids))):
            found[row.id.hex()] = uow.open(
                row.name_sealed, UserRow.name_sealed, row=row.id, subject=row.id, practice=INSTALLATION
            )
    return found


def _words(uow: UnitOfWork, rows: Sequence[Any]) -> Mapping[tuple[str, bytes], Text]:
    """What each contact is about, in words."""
    ids: dict[str, set[bytes]] = {"claim": set(), "authorization": set(), "payer": set()}
    for row in rows:
        ids[row.about].add(row.about_id)
    found = {("payer", id_): T_("the payer in general") for id_ in ids["payer"]}
    if ids["claim"]:
        claims = uow.rows(uow.select(ClaimRow.id, ClaimRow.control).where(ClaimRow.id.in_(sorted(ids["claim"]))))
        found |= {("claim", row.id): claim_words(row.control) for row in claims}
    if ids["authorization"]:
        asked = uow.rows(
            uow.select(AuthorizationRow.id, AuthorizationRow.from_date).where(
                AuthorizationRow.id.in_(sorted(ids["authorization"]))
            )
        )
        found |= {("authorization", row.id): authorization_words(row.from_date) for row in asked}
    return found

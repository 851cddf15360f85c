"""Contacts by the payer's number for a call or message: looked up by its token, opened and compared before it is shown.

Contacts are never changed, and tokens are made anew with a new index root: they stand in rows of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_

from portal.access.actors import Actor
from portal.models.contacts import ContactReferenceRow, ContactRow
from portal.models.payers import PayerRow
from portal.services.contacts import items, naming
from portal.services.contacts.items import ContactItem
from portal.services.contacts.subjects import seen
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

MOST: Final = 50
_RULE: Final = "contact-reference"
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A contact of any payer, with the name of the patient it is about; empty for none."""

    item: ContactItem
    payer_id: str
    payer_name: str
    patient_name: str


@dataclass(frozen=True, slots=True)
class ContactsFoundPage:
    """See `templates/staff/contacts/found.html`; `contacts` is None before anything was searched."""

    q: str
    contacts: tuple[FoundContact, ...] | None
    more: bool


def note(uow: UnitOfWork, row: ContactRow, reference: str | None) -> None:
    """Let a contact be found by its reference, where it has one."""
    if reference:
        uow.new(
            ContactReferenceRow, practice_id=row.practice_id, patient_id=row.patient_id, contact_id=row.id,
            reference_sealed=reference,
        )  # fmt: skip


def find(uow: UnitOfWork, q: str) -> ContactsFoundPage:
    """The contacts that stand and have just this reference, the newest first; the search is told, sealed."""
    text = q.strip()[:120].strip()
    rows = _rows(uow, text)
    wanted = uow.tokens(_RULE, text)
    shown = [item for item in items.opened(uow, rows[:MOST]) if wanted & uow.tokens(_RULE, item.reference or "")]
    by_id = {row.id.hex(): row for row in rows}
    names = naming.names(uow, rows[:MOST])
    payers = _payers(uow, {row.payer_id for row in rows})
    found = tuple(
        FoundContact(
            item, by_id[item.contact_id].payer_id.hex(), payers[by_id[item.contact_id].payer_id],
            names.get(item.patient_id or "", ""),
        )
        for item in shown
    )  # fmt: skip
    uow.searched(text, scanned=len(rows[:MOST]), shown=len(found))
    return ContactsFoundPage(text, found, len(rows) > MOST)


def _rows(uow: UnitOfWork, text: str) -> Sequence[Any]:
    tokens = uow.tokens(_RULE, text)
    if not tokens:
        return []
    named = ContactReferenceRow
    return uow.rows(
        items.selected(uow)
        .add_columns(ContactRow.payer_id)
        .join(named, and_(named.contact_id == ContactRow.id, uow.within(named)))
        .where(named.reference_index.in_(tokens), ContactRow.about.in_(seen(uow)), items.standing(uow))
        .order_by(ContactRow.day.desc(), ContactRow.recorded_at.desc(), ContactRow.id)
        .limit(MOST + 1)
    )


def _payers(uow: UnitOfWork, ids: set[bytes]) -> dict[bytes, str]:
    rows = uow.rows(uow.select(PayerRow.id, PayerRow.name).where(PayerRow.id.in_(sorted(ids)))) if ids else []
    return {row.id: row.name for row in rows}


def fill(units: Units, actor: Actor) -> int:
    """Let contacts be found that were kept before there were references to find them by; how many.

    Broken off anywhere it goes on where it was. What was shredded opens no more and is left.
    """
    done, after = 0, b""
    while True:
        with units.write(actor, "contact:record") as uow:
            noted = uow.select(ContactReferenceRow.contact_id)
            rows = uow.entities(
                uow.select(ContactRow)
                .where(ContactRow.reference_sealed.is_not(None), ContactRow.id > after, ContactRow.id.not_in(noted))
                .order_by(ContactRow.id)
                .limit(_BATCH)
            )
            gone = uow.gone(row.patient_id for row in rows if row.patient_id is not None)
            for row in rows:
                if row.patient_id not in gone:
                    note(uow, row, uow.read(row, ContactRow.reference_sealed))
                    done += 1
            uow.trail.subjects.clear()  # nobody was shown to anybody
        if len(rows) < _BATCH:
            return done
        after = rows[-1].id

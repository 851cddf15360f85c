"""A payer as the office deals with it: its departments, and every contact with it, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, tuple_

from portal.access.policy import decide
from portal.domain.contacts import CHANNELS
from portal.domain.texts import T_, Text
from portal.models.contacts import ContactRow, PayerDeskRow
from portal.models.coverage import CoverageRow
from portal.models.payers import PayerRow
from portal.services.contacts import items, naming
from portal.services.contacts.desks import DeskItem, desks_of
from portal.services.contacts.items import ContactItem
from portal.services.contacts.subjects import payer_name, seen
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 25
_ABOUT = {
    "claim": T_("Claims"), "authorization": T_("Authorizations"), "payer": T_("The payer in general"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PayerItem:
    """One payer of the list, with how many contacts there were and when the last was."""

    payer_id: str
    name: str
    code: str
    contacts: int
    last_on: date | None


@dataclass(frozen=True, slots=True)
class PayersPage:
    """See `templates/staff/contacts/list.html`."""

    payers: tuple[PayerItem, ...]


@dataclass(frozen=True, slots=True)
class NamedContact:
    """A contact with the name of the patient it is about; empty for none."""

    item: ContactItem
    patient_name: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the list of a payer's contacts is narrowed to; empty is all."""

    channel: str = ""
    about: str = ""
    open: str = ""
    """1: those with a next day from today on."""


@dataclass(frozen=True, slots=True)
class PayerPage:
    """See `templates/staff/contacts/payer.html`; `newer` and `older` are contacts to go on from."""

    payer_id: str
    name: str
    code: str
    desks: tuple[DeskItem, ...]
    narrowed: Narrowed
    channels: tuple[tuple[str, Text], ...]
    abouts: tuple[tuple[str, Text], ...]
    contacts: tuple[NamedContact, ...]
    newer: str | None
    older: str | None
    may_record: bool
    may_edit: bool
    may_see_contract: bool


def list_payers(uow: UnitOfWork) -> PayersPage:
    """Every payer that covers a patient of the practice, or that the office has dealt with."""
    counted = {
        row.payer_id: row
        for row in uow.rows(
            uow.select(
                ContactRow.payer_id, func.count(ContactRow.id).label("n"), func.max(ContactRow.day).label("last_on")
            )
            .where(ContactRow.about.in_(seen(uow)), items.standing(uow))
            .group_by(ContactRow.payer_id)
        )
    }
    covering = uow.select(CoverageRow.payer_id).distinct()
    reached = uow.select(PayerDeskRow.payer_id).distinct()
    rows = uow.rows(
        uow.select(PayerRow.id, PayerRow.name, PayerRow.code)
        .where(PayerRow.id.in_(covering) | PayerRow.id.in_(reached) | PayerRow.id.in_(sorted(counted)))
        .order_by(PayerRow.name, PayerRow.id)
    )
    return PayersPage(tuple(_payer(row, counted.get(row.id)) for row in rows))


def show_payer(
    uow: UnitOfWork, payer_id: bytes, narrowed: Narrowed, *, before: bytes | None = None, after: bytes | None = None
) -> PayerPage:
    """One payer; `before` shows what is newer than a contact, `after` what is older. Raises NotFound."""
    name = payer_name(uow, payer_id)
    narrowed = Narrowed(
        narrowed.channel if narrowed.channel in CHANNELS else "", narrowed.about if narrowed.about in seen(uow) else "",
        "1" if narrowed.open else "",
    )  # fmt: skip
    rows, newer, older = _page(uow, payer_id, narrowed, before, after)
    names, listed = naming.names(uow, rows), items.opened(uow, rows)
    code = uow.value(uow.select(PayerRow.code).where(PayerRow.id == payer_id))
    return PayerPage(
        payer_id.hex(), name, code, desks_of(uow, payer_id), narrowed, tuple(CHANNELS.items()),
        tuple(pair for pair in _ABOUT.items() if pair[0] in seen(uow)),
        tuple(NamedContact(item, names.get(item.patient_id or "", "")) for item in listed),
        listed[0].contact_id if listed and newer else None, listed[-1].contact_id if listed and older else None,
        decide(uow.actor, "contact:record").allowed, decide(uow.actor, "payer-desk:edit").allowed,
        decide(uow.actor, "contract:view").allowed,
    )  # fmt: skip


def _payer(row: Any, counted: Any) -> PayerItem:
    return PayerItem(
        row.id.hex(), row.name, row.code, counted.n if counted else 0, counted.last_on if counted else None
    )


def _page(
    uow: UnitOfWork, payer_id: bytes, narrowed: Narrowed, before: bytes | None, after: bytes | None
) -> tuple[list[Any], bool, bool]:
    """The rows of one page, the newest first, and whether there are newer and older ones."""
    row = ContactRow
    where: list[ColumnElement[bool]] = [
        row.practice_id == uow.practice_id, row.payer_id == payer_id, row.about.in_(seen(uow)), items.standing(uow)
    ]  # fmt: skip
    if narrowed.channel:
        where.append(row.channel == narrowed.channel)
    if narrowed.about:
        where.append(row.about == narrowed.about)
    if narrowed.open:
        where.append(row.next_on >= uow.today())
    keys = tuple_(row.day, row.recorded_at, row.id)
    edge = _edge(uow, before or after)
    backwards = edge is not None and before is not None
    if edge is not None:
        there = tuple_(edge.day, edge.recorded_at, edge.id)
        where.append(keys > there if backwards else keys < there)
    order = (row.day, row.recorded_at, row.id)
    found = list(
        uow.rows(
            items.selected(uow)
            .where(*where)
            .order_by(*(order if backwards else (each.desc() for each in order)))
            .limit(PAGE_ROWS + 1)
        )
    )
    more = len(found) > PAGE_ROWS
    shown = found[:PAGE_ROWS]
    return (shown[::-1], more, True) if backwards else (shown, edge is not None, more)


def _edge(uow: UnitOfWork, contact_id: bytes | None) -> Any:
    if contact_id is None:
        return None
    return uow.row(uow.select(ContactRow.id, ContactRow.day, ContactRow.recorded_at).where(ContactRow.id == contact_id))

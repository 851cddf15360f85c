"""What changed for a patient since they were last here: answers of plans, payments, visits and bills, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func

from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.payers import PayerRow
from portal.models.statements import StatementRow
from portal.models.users import UserRow
from portal.services.unit_of_work.work import UnitOfWork

_MOST, _READ = 5, 200
LOOK_BACK = timedelta(days=30)
"""For whoever is here for the first time."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, on its day."""

    on: date
    text: Text


@dataclass(frozen=True, slots=True)
class Changes:
    """The newest few since an instant; `more` is how many others there were."""

    since: datetime
    first_time: bool
    shown: tuple[Change, ...]
    more: int


def changes(uow: UnitOfWork, patient_id: bytes) -> Changes:
    """What happened to a patient's account since whoever asks was last here, newest first; each thing once a day."""
    user = uow.actor.user_id
    before = uow.value(_last_time(uow, user)) if user is not None else None
    since = before or uow.now - LOOK_BACK
    found = [*_booked(uow, patient_id, since), *_billed(uow, patient_id, since)]
    told = list({(each.on, str(each.text)): each for each in found}.values())
    told.sort(key=lambda each: each.on, reverse=True)
    return Changes(since, before is None, tuple(told[:_MOST]), max(len(told) - _MOST, 0))


def _last_time(uow: UnitOfWork, user_id: bytes) -> Any:
    return uow.select(UserRow.signed_in_before_at).where(UserRow.id == user_id)


def _booked(uow: UnitOfWork, patient_id: bytes, since: datetime) -> Iterator[Change]:
    """What stands in the books since then, by entry."""
    line, entry = LedgerLineRow, LedgerEntryRow
    rows = uow.rows(
        uow.select(line.entry_id, line.account, line.amount_cents, line.encounter_id, line.payer_id)
        .add_columns(entry.kind, entry.posted_on)
        .where(line.patient_id == patient_id, entry.id == line.entry_id, entry.created_at > since)
        .order_by(entry.created_at.desc(), line.id)
        .limit(_READ)
    )
    days = _days(uow, [row.encounter_id for row in rows if row.encounter_id])
    payers = _payers(uow, [row.payer_id for row in rows if row.payer_id])
    entries: dict[bytes, list[Any]] = {}
    for row in rows:
        entries.setdefault(row.entry_id, []).append(row)
    for lines in entries.values():
        text = _said(lines, days, payers)
        if text is not None:
            yield Change(lines[0].posted_on, text)


def _said(lines: Sequence[Any], days: Mapping[bytes, date], payers: Mapping[bytes, str]) -> Text | None:
    """One entry as a sentence; None for what is between the office, plans and the bank alone."""
    kind = lines[0].kind
    day = next((days[row.encounter_id] for row in lines if row.encounter_id in days), None)
    if kind in {"remittance-claim", "remittance-reversal"} and day is not None:
        payer = next((payers[row.payer_id] for row in lines if row.payer_id in payers), None)
        if payer is None:
            return T_("Your plan answered for your visit of {day}.", day=day)
        if kind == "remittance-reversal":
            return T_("{payer} took back its answer for your visit of {day}.", payer=payer, day=day)
        return T_("{payer} answered for your visit of {day}.", payer=payer, day=day)
    if kind == "card-payment":
        cents = sum(row.amount_cents for row in lines if row.account.startswith("cash:"))
        return T_("Your payment of {sum} arrived.", sum=Money(cents)) if cents > 0 else None
    if kind == "charge" and day is not None:
        return T_("We wrote down what your visit of {day} cost.", day=day)
    if kind == "write-off":
        cents = -sum(row.amount_cents for row in lines if row.account == "receivable:patient")
        return T_("We took {sum} off what you owe.", sum=Money(cents)) if cents > 0 else None
    if kind == "responsibility" and day is not None:
        return T_("What is yours of your visit of {day} changed.", day=day)
    return None


def _days(uow: UnitOfWork, visits: Sequence[bytes]) -> dict[bytes, date]:
    wanted = uow.select(EncounterRow.id, EncounterRow.service_from).where(EncounterRow.id.in_(sorted(set(visits))))
    return {row.id: row.service_from for row in uow.rows(wanted)}


def _payers(uow: UnitOfWork, payers: Sequence[bytes]) -> dict[bytes, str]:
    wanted = uow.select(PayerRow.id, PayerRow.name).where(PayerRow.id.in_(sorted(set(payers))))
    return {row.id: row.name for row in uow.rows(wanted)}


def _billed(uow: UnitOfWork, patient_id: bytes, since: datetime) -> Iterator[Change]:
    row = StatementRow
    at = func.coalesce(row.released_at, row.created_at)
    wanted = uow.select(row.made_on, row.closing_cents).where(row.patient_id == patient_id, at > since)
    for each in uow.rows(wanted.order_by(at.desc()).limit(_MOST)):
        yield Change(each.made_on, T_("We wrote you a bill of {sum}.", sum=Money(each.closing_cents)))

"""Visits as their patient reads them: what was done, and whether anything is left to pay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select

from portal.domain.dates import today
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.services import account_holds, codes, ledger
from portal.services.intake.showing import State
from portal.services.statements.balances import PATIENT, PAYER, open_of
from portal.services.statements.showing import Bill, edge_of, opened
from portal.services.unit_of_work.work import UnitOfWork

PAGE, _BILLS = 20, 3

_PREPARING = State("DRAFT", T_("We are preparing it"))
_WITH_PLAN = State("SUBMITTED", T_("With your insurance"))
_OPEN = State("ADJUDICATED", T_("Open"))
_SETTLED = State("CLOSED", T_("Settled"))
_ANSWERED = frozenset({"ADJUDICATED", "CLOSED"})
_NEWEST_FIRST = (EncounterRow.service_from.desc(), EncounterRow.id.desc())


@dataclass(frozen=True, slots=True)
class VisitItem:
    """One visit; `you_owe` is None while the insurance decides."""

    encounter_id: str
    title: Text | str
    day: date
    provider: str
    state: State
    you_owe: Money | None
    statement_id: str | None


@dataclass(frozen=True, slots=True)
class VisitsPage:
    """See `templates/patient/visits.html`."""

    visits: tuple[VisitItem, ...]
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """A patient's bills, newest first, with what is open of each; what is owed in all; cents by visit and account."""

    bills: Sequence[Bill]
    owed_cents: int
    by_visit: Mapping[bytes, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One visit that is still with the insurance, and where it stands."""

    encounter_id: str
    title: Text
    text: Text
    state: State


def visits_page(uow: UnitOfWork, patient_id: bytes, *, before: str = "", after: str = "") -> VisitsPage:
    """A patient's visits, newest first; `before` and `after` are the ends of the page shown last."""
    oldest_first = (EncounterRow.service_from, EncounterRow.id)
    wanted = _visits(uow, patient_id)
    edge = edge_of(after or before)
    backwards = bool(after and edge)
    if edge is not None:
        day, id_ = edge
        column = EncounterRow.service_from
        beyond = (column > day) if backwards else (column < day)
        beside = (EncounterRow.id > id_) if backwards else (EncounterRow.id < id_)
        wanted = wanted.where(beyond | ((column == day) & beside))
    found = uow.rows(wanted.order_by(*(oldest_first if backwards else _NEWEST_FIRST)).limit(PAGE + 1))
    shown = list(found[:PAGE])
    if backwards:
        shown.reverse()
    more = len(found) > PAGE
    newer = shown and (more if backwards else edge is not None)
    older = shown and (more if not backwards else True)
    return VisitsPage(
        _items(uow, shown, books_of(uow, patient_id)),
        f"{shown[0].service_from}.{shown[0].id.hex()}" if newer else None,
        f"{shown[-1].service_from}.{shown[-1].id.hex()}" if older else None,
    )


def books_of(uow: UnitOfWork, patient_id: bytes) -> Books:
    """What the books say of a patient and of those billed with them, read once for everything that a page shows."""
    now = open_of(uow, account_holds.members(uow, patient_id))
    return Books(opened(uow, patient_id, now, least=_BILLS), sum(now.values()), _money(uow, patient_id))


def newest(uow: UnitOfWork, patient_id: bytes, count: int, books: Books) -> tuple[VisitItem, ...]:
    """The newest few visits of a patient."""
    return _items(uow, uow.rows(_visits(uow, patient_id).order_by(*_NEWEST_FIRST).limit(count)), books)


def _visits(uow: UnitOfWork, patient_id: bytes) -> Select[Any]:
    return (
        uow.select(EncounterRow.id, EncounterRow.service_from)
        .add_columns(ProviderRow.first_name, ProviderRow.last_name)
        .outerjoin(ProviderRow, ProviderRow.id == EncounterRow.provider_id)
        .where(EncounterRow.patient_id == patient_id)
    )


def _items(uow: UnitOfWork, rows: Sequence[Any], books: Books) -> tuple[VisitItem, ...]:
    """These visits, each with the newest bill that lists it."""
    titles = titles_of(uow, [row.id for row in rows])
    bills: dict[str, str] = {}
    for bill in reversed(books.bills):
        bills |= {line.encounter_id: bill.row.id.hex() for line in bill.content.lines}
    return tuple(
        VisitItem(
            row.id.hex(),
            titles.get(row.id) or T_("visit"),
            row.service_from,
            " ".join(part for part in (row.first_name, row.last_name) if part),
            *_standing(books.by_visit.get(row.id)),
            bills.get(row.id.hex()),
        )
        for row in rows
    )


def _standing(money: dict[str, int] | None) -> tuple[State, Money | None]:
    if not money:
        return _PREPARING, None
    owed = money.get(PATIENT, 0)
    if money.get(PAYER, 0):
        return _WITH_PLAN, Money(owed) if owed else None
    return (_OPEN if owed > 0 else _SETTLED), Money(owed)


def _money(uow: UnitOfWork, patient_id: bytes) -> dict[bytes, dict[str, int]]:
    """Cents by visit and account, of all that stands in the books."""
    where = (LedgerLineRow.patient_id == patient_id, LedgerLineRow.encounter_id.is_not(None))
    found: dict[bytes, dict[str, int]] = {}
    for row in uow.rows(ledger.sums(uow, LedgerLineRow.encounter_id, LedgerLineRow.account, where=where)):
        found.setdefault(row.encounter_id, {})[row.account] = int(row.cents)
    return found


def titles_of(uow: UnitOfWork, encounters: Collection[bytes]) -> dict[bytes, Text | str]:
    """What a visit was for: its dearest service in words, and how many more there were."""
    rows = uow.rows(
        uow.select(ChargeRow.encounter_id, ChargeRow.code, ChargeRow.charge_cents)
        .where(ChargeRow.encounter_id.in_(sorted(encounters)), ChargeRow.active)
        .order_by(ChargeRow.charge_cents.desc(), ChargeRow.position)
    )
    words = codes.describe(uow, [row.code for row in rows])
    by_visit: dict[bytes, list[str]] = {}
    for row in rows:
        by_visit.setdefault(row.encounter_id, []).append(row.code)
    return {
        encounter: _title(words.get(given[0]) or T_("Service {code}", code=given[0]), len(given) - 1)
        for encounter, given in by_visit.items()
    }


def _title(first: Text | str, more: int) -> Text | str:
    if not more:
        return first
    return T_("{first} and {n} more service", "{first} and {n} more services", first=first, n=more)


def waiting(uow: UnitOfWork, patient_id: bytes, books: Books) -> tuple[Waiting, ...]:
    """Covered visits on which nothing is owed yet because the plan has not finished, newest first."""
    money = books.by_visit
    rows = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.service_from, CoverageRow.payer_id, PayerRow.name)
        .add_columns(PracticeRow.time_zone)
        .where(
            PracticeRow.id == EncounterRow.practice_id,
            EncounterRow.patient_id == patient_id,
            CoverageRow.id == EncounterRow.coverage_id,
            PayerRow.id == CoverageRow.payer_id,
        )
        .order_by(EncounterRow.service_from.desc(), EncounterRow.id.desc())
    )
    rows = [row for row in rows if not money.get(row.id) or money[row.id].get(PAYER, 0)]
    claims = {
        row.encounter_id: row
        for row in uow.rows(
            uow.select(ClaimRow.encounter_id, ClaimRow.state, ClaimRow.submitted_at, ClaimRow.adjudicated_at)
            .where(ClaimRow.encounter_id.in_(sorted(row.id for row in rows)))
            .order_by(ClaimRow.created_at)
        )
    }
    titles = titles_of(uow, [row.id for row in rows])
    found = []
    for row in rows:
        claim, title = claims.get(row.id), titles.get(row.id) or T_("Visit")
        if claim is None or claim.submitted_at is None:
            text, state = T_("We are preparing the claim to {payer}.", payer=row.name), _PREPARING
        elif claim.state in _ANSWERED and claim.adjudicated_at is not None:
            text = T_(
                "{payer} answered, and part of it is still open between {payer} and us. You need do nothing.",
                payer=row.name,
            )
            state = _WITH_PLAN
        else:
            text, state = (
                T_("Sent to {payer} on {day}.", payer=row.name, day=today(claim.submitted_at, row.time_zone)),
                _WITH_PLAN,
            )
        found.append(Waiting(row.id.hex(), T_("{what} on {day}", what=title, day=row.service_from), text, state))
    return tuple(found)

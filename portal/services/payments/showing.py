"""Payments as their patient sees them: the form, what became of one, the receipt, all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from portal.domain.money import Money
from portal.domain.payments import LEAST_CENTS, LIFE
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.services import account_holds, codes
from portal.services.intake.showing import State
from portal.services.payments.owing import meant_for, owed_charges, owed_now
from portal.services.unit_of_work.work import UnitOfWork

Outcome = Literal["success", "pending", "bank", "cancelled", "failed", "undone"]
"""bank: a debit that arrives in some days; undone: the bank took it back after it had come."""

_PAGE = 20
_MEANS = {"card": T_("Online, by card"), "bank": T_("Online, from a bank account")}
_ONLINE = T_("Online, by card or bank account")
OUTCOMES: dict[str, Outcome] = {
    "CREATED": "pending", "PENDING": "pending", "PROCESSING": "bank", "FAILED": "failed", "EXPIRED": "failed",
    "CANCELLED": "cancelled", "RETURNED": "undone", "DISPUTE_LOST": "undone",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwedVisit:
    """One visit that can be chosen to be paid first; `person` where an account has several people."""

    encounter_id: str
    title: Text | str
    day: date
    owed: Money
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPage:
    """See `templates/patient/pay.html`."""

    statement_id: str
    owed: Money
    """What can be paid now: all that is owed, less what is on its way from a bank."""
    under_way: Money
    due_on: date | None
    least: Money
    contact: str | None
    visits: tuple[OwedVisit, ...]
    """In the order in which money goes to them, the oldest first."""
    form_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayReturnPage:
    """See `templates/patient/pay_return.html`."""

    payment_id: str
    statement_id: str | None
    outcome: Outcome
    amount: Money
    left: Money
    """What is still to be paid, less what is on its way from a bank."""
    why: Text | None
    bank: bool = False


@dataclass(frozen=True, slots=True)
class PaymentItem:
    """One payment in a list."""

    payment_id: str
    at: datetime
    amount: Money
    means: Text
    state: State
    has_receipt: bool
    back: Money
    """What of it has gone back."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A payment that a bank is moving: told on the first page and on bills, so that nobody pays twice."""

    payment_id: str
    amount: Money
    since: datetime


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    """See `templates/patient/payments.html`."""

    payments: tuple[PaymentItem, ...]
    newer: str | None
    older: str | None


def pay_page(
    uow: UnitOfWork,
    people: Sequence[bytes],
    *,
    statement_id: str,
    due_on: date | None,
    contact: str | None,
    form_key: str,
) -> PayPage:
    """What can be paid now: all that an account owes, the same number as on the first page, or some visits of it."""
    flying = sum(each.amount.cents for each in under_way(uow, people))
    owed = max(owed_now(uow, people) - flying, 0)
    by_visit: dict[bytes, tuple[date, int, bytes]] = {}
    for each in owed_charges(uow, people):
        day, cents, _ = by_visit.get(each.encounter_id, (each.from_date, 0, b""))
        by_visit[each.encounter_id] = (min(day, each.from_date), cents + each.open_cents, each.patient_id)
    titles = titles_of(uow, by_visit)
    named = {each: first_name(uow, each) for each in people} if len(people) > 1 else {}
    visits = sorted(
        (OwedVisit(id_.hex(), titles[id_], day, Money(cents), named.get(whose))
         for id_, (day, cents, whose) in by_visit.items() if cents <= owed),
        key=lambda visit: (visit.day, visit.encounter_id),
    )  # fmt: skip
    return PayPage(
        statement_id=statement_id,
        owed=Money(owed),
        under_way=Money(flying),
        due_on=due_on,
        least=Money(LEAST_CENTS),
        contact=contact,
        visits=tuple(visits) if len(visits) > 1 else (),
        form_key=form_key,
    )


def under_way(uow: UnitOfWork, people: Collection[bytes]) -> tuple[UnderWay, ...]:
    """The bank debits of these patients that have neither arrived nor failed, the oldest first."""
    row = PaymentRow
    rows = uow.rows(
        uow.select(row.id, row.amount_cents, row.created_at)
        .where(row.patient_id.in_(sorted(people)), row.state == "PROCESSING")
        .order_by(row.created_at, row.id)
    )
    return tuple(UnderWay(each.id.hex(), Money(each.amount_cents), each.created_at) for each in rows)


def people_of(uow: UnitOfWork, patient_id: bytes) -> tuple[bytes, ...]:
    """Everybody within reach who is billed on the account of this patient, the account's anchor first."""
    reached = uow.reach.patients
    account = account_holds.anchor(uow, patient_id)
    found = account_holds.members(uow, account)
    return tuple(each for each in found if not reached or each in reached)


def first_name(uow: UnitOfWork, patient_id: bytes) -> str:
    """How the people of an account are told apart."""
    return str(uow.read(uow.get(PatientRow, patient_id), PatientRow.first_name_sealed))


def return_page(uow: UnitOfWork, payment_id: bytes, *, back: bool, statement_id: str | None) -> PayReturnPage:
    """What became of a payment by our own books, whatever the address says; `back` only chooses kinder words."""
    row = uow.get(PaymentRow, payment_id)
    outcome: Outcome = OUTCOMES.get(row.state, "success")
    if outcome == "failed" and row.state == "EXPIRED" and back:
        outcome = "cancelled"
    return PayReturnPage(
        payment_id=row.id.hex(),
        statement_id=statement_id,
        outcome=outcome,
        amount=Money(row.amount_cents),
        left=left_of(uow, row),
        why=LIFE.words[row.state] if outcome in {"failed", "undone"} else None,
        bank=row.means == "bank",
    )


def left_of(uow: UnitOfWork, row: PaymentRow) -> Money:
    """What the account that a payment was for still has to pay, less what is on its way from a bank."""
    people, _ = meant_for(uow, row)
    flying = sum(each.amount.cents for each in under_way(uow, people))
    return Money(max(owed_now(uow, people) - flying, 0))


def payments_page(uow: UnitOfWork, patient_id: bytes, *, before: str = "") -> PaymentsPage:
    """A patient's payments, newest first; those whose card page was left without paying are not among them."""
    wanted = (
        uow.select(PaymentRow)
        .where(PaymentRow.patient_id == patient_id, PaymentRow.state.not_in(["CANCELLED", "EXPIRED"]))
        .order_by(PaymentRow.created_at.desc(), PaymentRow.id.desc())
    )
    at, _, id_ = before.partition("|")
    try:
        edge = (datetime.fromisoformat(at), bytes.fromhex(id_))
    except ValueError:
        edge = None
    if edge is not None and edge[0].tzinfo is not None:
        wanted = wanted.where(
            (PaymentRow.created_at < edge[0]) | ((PaymentRow.created_at == edge[0]) & (PaymentRow.id < edge[1]))
        )
    rows = uow.entities(wanted.limit(_PAGE + 1))
    shown = rows[:_PAGE]
    items = tuple(
        PaymentItem(
            row.id.hex(),
            row.settled_at or row.created_at,
            Money(row.amount_cents),
            means_of(row),
            State(row.state, LIFE.words[row.state]),
            row.receipt_number is not None,
            Money(row.back_cents or 0),
        )
        for row in shown
    )
    older = f"{shown[-1].created_at.isoformat()}|{shown[-1].id.hex()}" if len(rows) > _PAGE else None
    return PaymentsPage(items, None, older)


def means_of(row: PaymentRow) -> Text:
    """How it was paid, as far as the processor has said."""
    return _MEANS.get(row.means or "", _ONLINE)


def patient_of(uow: UnitOfWork, payment_id: bytes) -> bytes:
    """Whose payment it is; raises NotFound out of reach."""
    return uow.get(PaymentRow, payment_id).patient_id


def titles_of(uow: UnitOfWork, encounters: Collection[bytes]) -> dict[bytes, Text | str]:
    """Each visit by the words of its dearest service."""
    rows = uow.rows(
        uow.select(ChargeRow.encounter_id, ChargeRow.code)
        .join(EncounterRow, EncounterRow.id == ChargeRow.encounter_id)
        .where(ChargeRow.encounter_id.in_(sorted(encounters)), ChargeRow.active, uow.within(EncounterRow))
        .order_by(ChargeRow.charge_cents, ChargeRow.position.desc())
    )
    words = codes.describe(uow, [row.code for row in rows])
    return {row.encounter_id: words.get(row.code) or T_("Service {code}", code=row.code) for row in rows}

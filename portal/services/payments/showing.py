"""Payments as their patient sees them: the form, what became of one, the receipt, all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from portal.domain.claims import Person
from portal.domain.money import ZERO, Money
from portal.domain.patients import full_name
from portal.domain.payments import LEAST_CENTS, LIFE
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerEntryRow
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.services import codes, ledger
from portal.services.intake.showing import State
from portal.services.payments.owing import owed_charges, owed_now
from portal.services.unit_of_work.work import UnitOfWork

Outcome = Literal["success", "pending", "cancelled", "failed"]

_PAGE = 20
_PAID = frozenset({"SUCCEEDED", "PARTLY_REFUNDED", "REFUNDED", "DISPUTED", "DISPUTE_LOST", "RETURNED"})
_ONLINE = T_("Online, by card or bank account")
_OUTCOMES: dict[str, Outcome] = {
    "CREATED": "pending", "PENDING": "pending", "FAILED": "failed", "EXPIRED": "failed", "CANCELLED": "cancelled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwedVisit:
    """One visit that can be paid by itself."""

    encounter_id: str
    title: Text | str
    day: date
    owed: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPage:
    """See `templates/patient/pay.html`."""

    statement_id: str
    owed: Money
    due_on: date | None
    least: Money
    contact: str | None
    visits: tuple[OwedVisit, ...]
    form_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayReturnPage:
    """See `templates/patient/pay_return.html`."""

    payment_id: str
    statement_id: str | None
    outcome: Outcome
    amount: Money
    left: Money
    why: Text | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What of a payment went to one service."""

    title: Text | str
    day: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """See `templates/patient/receipt.html`."""

    payment_id: str
    number: str
    amount: Money
    paid_at: datetime
    means: Text
    state: State
    patient_name: str
    applied: tuple[Applied, ...]
    unapplied: Money
    owed_now: Money


@dataclass(frozen=True, slots=True)
class PaymentItem:
    """One payment in a list."""

    payment_id: str
    at: datetime
    amount: Money
    means: Text
    state: State
    has_receipt: bool


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    """See `templates/patient/payments.html`."""

    payments: tuple[PaymentItem, ...]
    newer: str | None
    older: str | None


def pay_page(
    uow: UnitOfWork,
    patient_id: bytes,
    *,
    statement_id: str,
    due_on: date | None,
    contact: str | None,
    form_key: str,
) -> PayPage:
    """What can be paid now: all that is owed, the same number as on the first page, or one visit of several."""
    owed = max(owed_now(uow, patient_id), 0)
    by_visit: dict[bytes, tuple[date, int]] = {}
    for each in owed_charges(uow, patient_id):
        day, cents = by_visit.get(each.encounter_id, (each.from_date, 0))
        by_visit[each.encounter_id] = (min(day, each.from_date), cents + each.open_cents)
    titles = _titles(uow, by_visit)
    visits = sorted(
        (OwedVisit(id_.hex(), titles[id_], day, Money(cents)) for id_, (day, cents) in by_visit.items()
         if LEAST_CENTS <= cents <= owed),
        key=lambda visit: (visit.day, visit.encounter_id),
    )  # fmt: skip
    return PayPage(
        statement_id=statement_id,
        owed=Money(owed),
        due_on=due_on,
        least=Money(LEAST_CENTS),
        contact=contact,
        visits=tuple(visits) if len(by_visit) > 1 else (),
        form_key=form_key,
    )


def return_page(uow: UnitOfWork, payment_id: bytes, *, back: bool, statement_id: str | None) -> PayReturnPage:
    """What became of a payment by our own books, whatever the address says; `back` only chooses kinder words."""
    row = uow.get(PaymentRow, payment_id)
    outcome: Outcome = _OUTCOMES.get(row.state, "success")
    if outcome == "failed" and row.state == "EXPIRED" and back:
        outcome = "cancelled"
    return PayReturnPage(
        payment_id=row.id.hex(),
        statement_id=statement_id,
        outcome=outcome,
        amount=Money(row.amount_cents),
        left=Money(max(ledger.owed_by_patient(uow, row.patient_id), 0)),
        why=LIFE.words[row.state] if outcome == "failed" else None,
    )


def receipt_page(uow: UnitOfWork, payment_id: bytes) -> ReceiptPage | None:
    """The receipt of a payment with what it was put to; None while there is none."""
    row = uow.get(PaymentRow, payment_id)
    if row.receipt_number is None or row.settled_at is None:
        return None
    patient = uow.get(PatientRow, row.patient_id)
    last, first, middle, suffix = (
        str(uow.read(patient, column) or "")
        for column in (
            PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed,
            PatientRow.suffix_sealed,
        )
    )  # fmt: skip
    applied, unapplied = _put_to(uow, row)
    return ReceiptPage(
        payment_id=row.id.hex(),
        number=row.receipt_number,
        amount=Money(row.amount_cents),
        paid_at=row.settled_at,
        means=_ONLINE,
        state=State(row.state, LIFE.words[row.state]),
        patient_name=full_name(Person(last, first, middle, suffix)),
        applied=applied,
        unapplied=unapplied,
        owed_now=Money(max(ledger.owed_by_patient(uow, row.patient_id), 0)),
    )


def _put_to(uow: UnitOfWork, row: PaymentRow) -> tuple[tuple[Applied, ...], Money]:
    """The services a payment went to, by its ledger entry, and what no service needed."""
    lines = ledger.lines_of(
        uow, LedgerEntryRow.key == f"card:{row.id.hex()}", LedgerEntryRow.practice_id == row.practice_id
    )
    cents = {line.charge_id: -int(line.amount_cents) for line in lines if line.account == "receivable:patient"}
    charges = uow.rows(
        uow.select(ChargeRow.id, ChargeRow.code, ChargeRow.service_from)
        .where(ChargeRow.id.in_(sorted(cents)))
        .order_by(ChargeRow.service_from, ChargeRow.position)
    )
    words = codes.describe(uow, [charge.code for charge in charges])
    applied = tuple(
        Applied(
            words.get(charge.code) or T_("Service {code}", code=charge.code), charge.service_from,
            Money(cents[charge.id]),
        )
        for charge in charges
    )  # fmt: skip
    left = sum(-int(line.amount_cents) for line in lines if line.account == "unapplied:patient")
    return applied, Money(left) if left else ZERO


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
            _ONLINE,
            State(row.state, LIFE.words[row.state]),
            row.receipt_number is not None,
        )
        for row in shown
    )
    older = f"{shown[-1].created_at.isoformat()}|{shown[-1].id.hex()}" if len(rows) > _PAGE else None
    return PaymentsPage(items, None, older)


def patient_of(uow: UnitOfWork, payment_id: bytes) -> bytes:
    """Whose payment it is; raises NotFound out of reach."""
    return uow.get(PaymentRow, payment_id).patient_id


def _titles(uow: UnitOfWork, encounters: Collection[bytes]) -> dict[bytes, Text | str]:
    """Each visit by the words of its dearest service."""
    rows = uow.rows(
        uow.select(ChargeRow.encounter_id, ChargeRow.code)
        .join(EncounterRow, EncounterRow.id == ChargeRow.encounter_id)
        .where(ChargeRow.encounter_id.in_(sorted(encounters)), ChargeRow.active, uow.within(EncounterRow))
        .order_by(ChargeRow.charge_cents, ChargeRow.position.desc())
    )
    words = codes.describe(uow, [row.code for row in rows])
    return {row.encounter_id: words.get(row.code) or T_("Service {code}", code=row.code) for row in rows}

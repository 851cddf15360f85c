"""The receipt of a payment: what it was put to, what of it went back, on the screen and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.domain import refunds
from portal.domain.claims import Person
from portal.domain.disputes import BANK_RETURNS
from portal.domain.money import ZERO, Money
from portal.domain.patients import full_name
from portal.domain.payments import LIFE
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow
from portal.models.ledger import LedgerEntryRow
from portal.models.patients import PatientRow
from portal.models.payments import CardDisputeRow, CardRefundRow, PaymentRow
from portal.services import codes, ledger
from portal.services.intake.showing import State
from portal.services.payments.showing import left_of, means_of
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Applied:
    """What of a payment went to one service."""

    title: Text | str
    day: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Back:
    """Something of a payment that went back, or is on its way back."""

    words: Text
    on: datetime
    amount: Money
    state: State


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
    back: tuple[Back, ...]
    kept: Money
    """What of it stays paid."""
    document_id: str | None
    """The receipt as a PDF, once its job has made it."""


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
        means=means_of(row),
        state=State(row.state, LIFE.words[row.state]),
        patient_name=full_name(Person(last, first, middle, suffix)),
        applied=applied,
        unapplied=unapplied,
        owed_now=left_of(uow, row),
        back=back_of(uow, row),
        kept=Money(max(row.amount_cents - (row.back_cents or 0), 0)),
        document_id=None,
    )


def back_of(uow: UnitOfWork, row: PaymentRow) -> tuple[Back, ...]:
    """Refunds, disputes and returns of a payment, in the order in which we heard of them; an inquiry is none."""
    refund, case = CardRefundRow, CardDisputeRow
    found = [
        Back(T_("Refund"), each.told_at, Money(each.amount_cents), State(each.state, refunds.LIFE.words[each.state]))
        for each in uow.entities(uow.select(refund).where(refund.payment_id == row.id))
    ]
    by_dispute = False
    for each in uow.entities(uow.select(case).where(case.payment_id == row.id)):
        out = -sum(cents for cents, _ in each.moves.values())
        returned = each.reason in BANK_RETURNS
        by_dispute |= returned
        if out > 0:
            state = "RETURNED" if returned else "DISPUTE_LOST" if each.state == "LOST" else "DISPUTED"
            words = T_("Returned by the bank") if returned else T_("Taken back by the bank")
            found.append(Back(words, each.told_at, Money(out), State(state, LIFE.words[state])))
    if row.returned_on is not None and not by_dispute:
        found.append(
            Back(
                T_("Returned by the bank"), row.settled_at or row.created_at, Money(row.amount_cents),
                State("RETURNED", LIFE.words["RETURNED"]),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: each.on))


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

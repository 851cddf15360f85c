"""The receipt of a payment: what it was put to, what of it went back, on the screen and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.access.actors import Actor
from portal.domain import dates, refunds
from portal.domain.claims import Person
from portal.domain.disputes import BANK_RETURNS
from portal.domain.money import ZERO, Money
from portal.domain.patients import full_name
from portal.domain.payments import LIFE
from portal.domain.practices import address_lines
from portal.domain.texts import T_, Text, to_json
from portal.models.encounters import ChargeRow
from portal.models.ledger import LedgerEntryRow
from portal.models.patients import PatientRow
from portal.models.payments import CardDisputeRow, CardRefundRow, PaymentRow
from portal.models.practices import PracticeRow
from portal.services import codes, documents, ledger
from portal.services.intake.showing import State
from portal.services.parts import Parts
from portal.services.payments.showing import left_of, means_of
from portal.services.unit_of_work.units import Units
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
    applied, unapplied = _put_to(uow, row)
    return ReceiptPage(
        payment_id=row.id.hex(),
        number=row.receipt_number,
        amount=Money(row.amount_cents),
        paid_at=row.settled_at,
        means=means_of(row),
        state=State(row.state, LIFE.words[row.state]),
        patient_name=_named(uow, patient),
        applied=applied,
        unapplied=unapplied,
        owed_now=left_of(uow, row),
        back=back_of(uow, row),
        kept=Money(max(row.amount_cents - (row.back_cents or 0), 0)),
        document_id=row.document_id.hex() if row.document_id else None,
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


def print_paper(units: Units, parts: Parts, actor: Actor, payment_id: bytes) -> None:
    """The job of one receipt: set between units of work, sealed with the patient, once; it says what was then."""
    with units.read(actor, "payment:settle") as uow:
        row = uow.get(PaymentRow, payment_id)
        if row.receipt_number is None or row.settled_at is None or row.document_id is not None:
            return
        patient, practice = uow.get(PatientRow, row.patient_id), uow.get(PracticeRow, row.practice_id)
        content = _content(uow, row, patient, practice)
        language, zone = row.locale or patient.language, practice.time_zone
    paper = parts.paper.receipt(content, language=language, time_zone=zone)
    with units.write(actor, "payment:settle") as uow:
        held = uow.first(uow.select(PaymentRow).where(PaymentRow.id == payment_id).with_for_update())
        if held is None or held.document_id is not None:
            return
        document = documents.store(
            uow, practice_id=held.practice_id, patient_id=held.patient_id, kind="receipt",
            name=f"receipt-{content['number']}.pdf", media_type="application/pdf", body=paper,
        )  # fmt: skip
        uow.flush()
        uow.change(held, document_id=document.id)


def _content(uow: UnitOfWork, row: PaymentRow, patient: PatientRow, practice: PracticeRow) -> dict[str, Any]:
    """What the paper says: the sum, the days of the visits it went to, and no service (edge case 41)."""
    applied, unapplied = _put_to(uow, row)
    by_day: dict[date, int] = {}
    for each in applied:
        by_day[each.day] = by_day.get(each.day, 0) + each.amount.cents
    name, address = _named(uow, patient), uow.read(patient, PatientRow.address_sealed)
    guarantor = uow.read(patient, PatientRow.guarantor_sealed)
    to = (name, *address_lines(address))
    if guarantor:
        to = (guarantor["name"], *address_lines(guarantor.get("address") or address))
    assert row.settled_at is not None  # asked before
    return {
        "practice": {"name": practice.name, "lines": address_lines(practice.address), "phone": practice.phone},
        "to": to,
        "number": row.receipt_number,
        "cents": row.amount_cents,
        "paid_on": dates.today(row.settled_at, practice.time_zone).isoformat(),
        "means": to_json(means_of(row)),
        "patient_name": name,
        "rows": [(day.isoformat(), cents) for day, cents in sorted(by_day.items())],
        "unapplied_cents": unapplied.cents,
    }


def _named(uow: UnitOfWork, patient: PatientRow) -> str:
    last, first, middle, suffix = (
        str(uow.read(patient, column) or "")
        for column in (
            PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed,
            PatientRow.suffix_sealed,
        )
    )  # fmt: skip
    return full_name(Person(last, first, middle, suffix))

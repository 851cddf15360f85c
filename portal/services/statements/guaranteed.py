"""The money of the patients for whom somebody only pays: days and sums, no service, no clinician, no paper.

Every sum stands beside what it is the sum of; what stays with the patient is in neither (`models.base.Base.telling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.claims import Person
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.payments import LIFE as PAYMENTS
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import ledger
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork

_PATIENT = "receivable:patient"
_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Service:
    """One visit by its day; what it was, who only pays is not told."""

    day: date
    owed: Money


@dataclass(frozen=True, slots=True)
class BillSum:
    """One bill as it was written."""

    number: str
    made_on: date
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class PaidSum:
    """One payment."""

    payment_id: str
    at: datetime
    amount: Money
    state: State
    receipt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteedBills:
    """One patient's money, see `templates/patient/guaranteed.html`."""

    patient_id: str
    name: str
    practice: str
    owed: Money
    services: tuple[Service, ...]
    other: Money
    """Of `owed`, what belongs to no visit."""
    bills: tuple[BillSum, ...]
    payments: tuple[PaidSum, ...]


def bills_of(uow: UnitOfWork, patient_id: bytes) -> GuaranteedBills:
    """What is owed for a patient by day, their bills and payments; raises NotFound out of reach."""
    patient = uow.get(PatientRow, patient_id)
    practice = uow.row(uow.select(PracticeRow.name).where(PracticeRow.id == patient.practice_id))
    line = LedgerLineRow
    where = (line.patient_id == patient_id, line.account == _PATIENT)
    open_ = {
        row.encounter_id: int(row.cents) for row in uow.rows(ledger.sums(uow, line.encounter_id, where=where))
        if row.cents
    }  # fmt: skip
    visit = EncounterRow
    days = uow.rows(
        uow.select(visit.id, visit.service_from)
        .where(visit.id.in_(sorted(each for each in open_ if each)))
        .order_by(visit.service_from, visit.id)
    )
    services = tuple(Service(row.service_from, Money(open_[row.id])) for row in days)
    owed = sum(open_.values())
    return GuaranteedBills(
        patient_id=patient_id.hex(),
        name=name_of(uow, patient),
        practice=practice.name if practice else "",
        owed=Money(max(owed, 0)),
        services=services,
        other=Money(owed - sum(each.owed.cents for each in services)),
        bills=_bills(uow, patient_id),
        payments=_payments(uow, patient_id),
    )


def check(uow: UnitOfWork, patient_id: bytes) -> None:
    """Raise NotFound for a patient for whom the reader does not pay."""
    uow.get(PatientRow, patient_id)


def name_of(uow: UnitOfWork, patient: PatientRow) -> str:
    """The patient's name."""
    row = PatientRow
    return full_name(
        Person(
            last=uow.read(patient, row.last_name_sealed),
            first=uow.read(patient, row.first_name_sealed),
            middle=uow.read(patient, row.middle_name_sealed) or "",
            suffix=uow.read(patient, row.suffix_sealed) or "",
        )
    )


def _bills(uow: UnitOfWork, patient_id: bytes) -> tuple[BillSum, ...]:
    row = StatementRow
    wanted = uow.select(row.number, row.made_on, row.due_on, row.closing_cents).where(row.patient_id == patient_id)
    return tuple(
        BillSum(each.number, each.made_on, each.due_on, Money(each.closing_cents))
        for each in uow.rows(wanted.order_by(row.created_at.desc(), row.id).limit(_SHOWN))
    )


def _payments(uow: UnitOfWork, patient_id: bytes) -> tuple[PaidSum, ...]:
    row = PaymentRow
    wanted = uow.select(row.id, row.created_at, row.settled_at, row.amount_cents, row.state, row.receipt_number).where(
        row.patient_id == patient_id, row.state.not_in(["CANCELLED", "EXPIRED", "CREATED"])
    )
    return tuple(
        PaidSum(
            each.id.hex(), each.settled_at or each.created_at, Money(each.amount_cents),
            State(each.state, PAYMENTS.words[each.state]), each.receipt_number,
        )
        for each in uow.rows(wanted.order_by(row.created_at.desc(), row.id).limit(_SHOWN))
    )  # fmt: skip

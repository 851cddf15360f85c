"""A patient's first page: one number, why, what is still with the insurance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.statements.content import StatementContent
from portal.domain.texts import T_, Text
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import ledger
from portal.services.statements.runs import names_of
from portal.services.statements.showing import Bill, StatementItem, item
from portal.services.statements.visits import VisitItem, Waiting, books_of, newest, waiting
from portal.services.unit_of_work.work import UnitOfWork

_SHOWN, _BILLS = 4, 3


@dataclass(frozen=True, slots=True)
class Other:
    """Another patient that this sign-in stands for."""

    patient_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """See `templates/patient/home.html`; `looks` are filled in by the door, from the log."""

    patient_id: str
    first_name: str
    today: date
    owed: Money
    due_on: date | None
    overdue: bool
    statement_id: str | None
    why: Text | None
    credit: Money
    waiting: tuple[Waiting, ...]
    visits: tuple[VisitItem, ...]
    others: tuple[Other, ...]
    bills: tuple[StatementItem, ...]
    looks: Sequence[Any] = ()


def chosen(uow: UnitOfWork, wanted: str) -> bytes:
    """Whose pages these are: the patient asked for where within reach, else the person themselves, else the first."""
    mine = sorted(uow.reach.patients)
    if not mine:
        raise NotFound(T_("No record of this practice belongs to this sign-in yet."), code="no-patient")
    by_hex = {each.hex(): each for each in mine}
    own = sorted(uow.actor.own_patients & uow.reach.patients)
    return by_hex.get(wanted) or (own or mine)[0]


def practice_of(uow: UnitOfWork, patient_id: bytes) -> bytes:
    """The practice whose patient it is."""
    return uow.get(PatientRow, patient_id).practice_id


def time_zone(uow: UnitOfWork, patient_id: bytes) -> str:
    """The time zone of the patient's practice."""
    return str(uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == practice_of(uow, patient_id))))


def newest_statement(uow: UnitOfWork, patient_id: bytes) -> str | None:
    """The newest bill of a patient, in hex."""
    row = uow.row(
        uow.select(StatementRow.id)
        .where(StatementRow.patient_id == patient_id)
        .order_by(StatementRow.created_at.desc(), StatementRow.id)
    )
    return row.id.hex() if row else None


def home_page(uow: UnitOfWork, patient_id: bytes) -> HomePage:
    """The first page of a patient; raises NotFound out of reach."""
    patient = uow.get(PatientRow, patient_id)
    today = uow.today(patient.practice_id)
    books = books_of(uow, patient_id)
    owed = books.owed_cents
    bill = newest_open(books.bills)
    others = [each for each in sorted(uow.reach.patients) if each != patient_id]
    names = names_of(uow, others) if others else {}
    return HomePage(
        patient_id=patient_id.hex(),
        first_name=uow.read(patient, PatientRow.first_name_sealed),
        today=today,
        owed=Money(max(owed, 0)),
        due_on=bill.row.due_on if bill and bill.open_cents >= owed else None,
        overdue=bool(bill and bill.row.due_on < today),
        statement_id=bill.row.id.hex() if bill else None,
        why=_why(bill, Money(owed)) if bill else None,
        credit=Money(max(ledger.credit_of_patient(uow, patient_id), 0)),
        waiting=waiting(uow, patient_id, books),
        visits=newest(uow, patient_id, _SHOWN, books),
        bills=tuple(
            replace(
                item(each.row, each.open_cents, each.content.letter.patient_name, today),
                replaced_by=each.replaced_by.hex() if each.replaced_by else None,
            )
            for each in books.bills[:_BILLS]
        ),
        others=tuple(Other(each.hex(), names[each]) for each in others if each in names),
    )


def newest_open(bills: Sequence[Bill]) -> Bill | None:
    """The newest bill of which something is open."""
    return next((bill for bill in bills if bill.open_cents > 0), None)


def _why(bill: Bill, owed: Money) -> Text:
    """Where the sum comes from: the bill, what became of it since, and what is on no bill yet."""
    content, left = bill.content, Money(bill.open_cents)
    said = _billed(content)
    if left != content.owed:
        was, day = content.owed, content.made_on
        said = T_(
            "Our bill of {day} came to {was}. After what came in since, {left} is left.", day=day, was=was, left=left
        )
    if owed.cents > left.cents:
        said = T_(
            "{said} The due day of this bill is {due}. {more} came since, and the next bill will list it.",
            said=said, due=bill.row.due_on, more=owed - left,
        )  # fmt: skip
    return said


def _billed(content: StatementContent) -> Text:
    """What the bill was for: the one service, or how many on which days."""
    owing = [line for line in content.lines if line.you_owe.cents > 0]
    if len(owing) == 1:
        return T_("That is for {what} on {day}. {why}", what=owing[0].title, day=owing[0].day, why=owing[0].why)
    n, days = len(content.lines), sorted({line.day for line in content.lines})  # `how` sums up every line
    if len(days) == 1:
        return T_("That is for {n} services on {day}. {how}", n=n, day=days[0], how=content.sentence)
    return T_(
        "That is for {n} services from {first} to {last}. {how}",
        n=n, first=days[0], last=days[-1], how=content.sentence,
    )  # fmt: skip

"""Visits that stay with the patient: marked with a reason, and out of everybody's sight who stands or pays for them.

What a marked visit is hidden in, the reach decides (`models.base.Base.telling`); here is who marks it, what was written
about it before, and what a bill of the account must leave out (45 CFR 164.502(g)(3), 164.522(b)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.people import CONFIDENTIAL
from portal.domain.statements.content import load
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.people import ConfidentialStatementRow
from portal.models.statements import StatementPersonRow, StatementRow
from portal.services import ledger
from portal.services.unit_of_work.work import UnitOfWork


def hidden_encounters(uow: UnitOfWork, patient_id: bytes) -> frozenset[bytes]:
    """The visits that no bill of the account names: their balances wait, or go to the patient's own address only."""
    row = EncounterRow
    found = uow.rows(uow.select(row.id).where(row.patient_id == patient_id, row.confidential.is_not(None)))
    return frozenset(each.id for each in found)


def mark(uow: UnitOfWork, encounter_id: bytes, reason: str, *, version: int) -> None:
    """Keep a visit with its patient, for one of the reasons of `domain.people.CONFIDENTIAL`.

    Bills that name it already are shown to nobody else from now on. Raises Refused, NotFound, Conflict `version`.
    """
    if reason not in CONFIDENTIAL:
        raise Refused(T_("Choose why the visit stays with the patient."), code="reason-missing")
    row = uow.get(EncounterRow, encounter_id)
    if row.confidential == reason:
        return
    uow.change(row, expected_version=version, confidential=reason)
    _write_down(uow, row)
    uow.flush()


def open_again(uow: UnitOfWork, encounter_id: bytes, *, version: int) -> None:
    """The patient wants it kept to themselves no longer; raises NotFound, Conflict `version`."""
    row = uow.get(EncounterRow, encounter_id)
    if row.confidential is None:
        return
    uow.change(row, expected_version=version, confidential=None)
    for each in uow.entities(
        uow.select(ConfidentialStatementRow).where(ConfidentialStatementRow.encounter_id == encounter_id)
    ):
        uow.delete(each)
    uow.flush()


def _write_down(uow: UnitOfWork, visit: EncounterRow) -> None:
    """Which bills name a visit: their content is sealed, so that no query could tell."""
    named = uow.select(ConfidentialStatementRow.statement_id).where(ConfidentialStatementRow.encounter_id == visit.id)
    known = {each.statement_id for each in uow.rows(named)}
    person = StatementPersonRow
    on = uow.rows(uow.select(person.statement_id).where(person.patient_id == visit.patient_id))
    about = StatementRow.id.in_(sorted({each.statement_id for each in on}))
    for bill in uow.entities(uow.select(StatementRow).where((StatementRow.patient_id == visit.patient_id) | about)):
        content = load(uow.read(bill, StatementRow.content_sealed))
        if bill.id not in known and any(line.encounter_id == visit.id.hex() for line in content.lines):
            uow.new(
                ConfidentialStatementRow, practice_id=visit.practice_id, patient_id=visit.patient_id,
                encounter_id=visit.id, statement_id=bill.id,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """One visit, with why it stays with the patient where it does."""

    encounter_id: str
    version: int
    day: date
    charge: Money
    why: Text | None


def visits(uow: UnitOfWork, patient_id: bytes) -> tuple[KeptVisit, ...]:
    """A patient's visits for the office, the newest first."""
    row = EncounterRow
    wanted = uow.select(row.id, row.version, row.service_from, row.charge_cents, row.confidential)
    return tuple(
        KeptVisit(
            each.id.hex(), each.version, each.service_from, Money(each.charge_cents),
            CONFIDENTIAL[each.confidential] if each.confidential else None,
        )
        for each in uow.rows(wanted.where(row.patient_id == patient_id).order_by(row.service_from.desc(), row.id))
    )  # fmt: skip


def owed_apart_cents(uow: UnitOfWork, patient_id: bytes) -> int:
    """What is open with the patient for visits that no bill of the account names."""
    line = LedgerLineRow
    where = (line.patient_id == patient_id, line.account == "receivable:patient")
    hidden = sorted(hidden_encounters(uow, patient_id))
    return ledger.balance(uow, *where, line.encounter_id.in_(hidden)) if hidden else 0

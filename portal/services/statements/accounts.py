"""Accounts as a run of bills sees them: what families owe together, who gets a bill today, why the others do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func

from portal.domain.statements.cycle import Cycle
from portal.domain.statements.holds import KINDS, weightiest
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.statements import StatementRow
from portal.services import account_holds, ledger, policies
from portal.services.statements.balances import PATIENT, Balance, balances
from portal.services.statements.building import kept_to_oneself
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """Every account that owes something: those to bill, why the others are not, the day of each one's last bill."""

    cycle: Cycle
    ready: Mapping[bytes, Balance]
    why_not: Mapping[bytes, str]
    last: Mapping[bytes, date]


def standing(uow: UnitOfWork) -> Standing:
    """Which accounts would get a bill today, and why the others would not, by the account's anchor."""
    today, owing = uow.today(), owing_accounts(uow)
    cycle = policies.current(uow, uow.practice_id, Cycle)
    last = {
        row.patient_id: row.made_on
        for row in uow.rows(
            uow.select(StatementRow.patient_id, func.max(StatementRow.made_on).label("made_on")).group_by(
                StatementRow.patient_id
            )
        )
    }
    held = account_holds.standing(uow, owing, today)
    apart = _apart(uow)
    owing = {id_: owed.without(apart.get(id_, 0)) for id_, owed in owing.items()}
    inactive = {row.id for row in uow.rows(uow.select(PatientRow.id).where(PatientRow.state != "ACTIVE"))}
    why_not: dict[bytes, str] = {}
    for account, balance in owing.items():
        hold = weightiest(held.get(account, ()))
        if hold is not None:
            why_not[account] = hold.kind
        elif account in inactive:
            why_not[account] = "inactive"
        elif balance.billable_cents <= 0 < apart.get(account, 0):
            why_not[account] = "confidential"
        elif balance.billable_cents <= 0:
            why_not[account] = "payer"
        elif balance.credit_cents >= balance.owed_cents:
            why_not[account] = "credit"
        elif balance.billable_cents < cycle.least_cents:
            why_not[account] = "small"
        elif account in last and today < cycle.next_on(last[account]):
            why_not[account] = "billed"
    return Standing(cycle, {each: owed for each, owed in owing.items() if each not in why_not}, why_not, last)


def owing_accounts(uow: UnitOfWork) -> dict[bytes, Balance]:
    """What every account owes, all its people together, by its anchor; accounts that owe nothing are not named."""
    found: dict[bytes, Balance] = {}
    by_patient = balances(uow)
    with_another = dict(_billed_with(uow, list(by_patient)))
    for patient_id, balance in by_patient.items():
        account = with_another.get(patient_id, patient_id)
        found[account] = found[account].with_(balance) if account in found else balance
    return found


def _apart(uow: UnitOfWork) -> dict[bytes, int]:
    """What is open for visits that no bill of the account may name, in cents by the account's anchor."""
    line, visit = LedgerLineRow, EncounterRow
    kept = uow.select(visit.id).where(visit.confidential.is_not(None))
    rows = uow.rows(ledger.sums(uow, line.patient_id, where=(line.account == PATIENT, line.encounter_id.in_(kept))))
    found: dict[bytes, int] = {}
    for row in rows:
        patient = uow.get(PatientRow, row.patient_id)
        account = patient.billed_with_id or patient.id
        if not kept_to_oneself(uow, patient, account_holds.members(uow, account)):
            found[account] = found.get(account, 0) + int(row.cents)
    return found


def _billed_with(uow: UnitOfWork, patients: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(patients), _SLICE):
        wanted = uow.select(PatientRow.id, PatientRow.billed_with_id).where(
            PatientRow.id.in_(patients[start : start + _SLICE]), PatientRow.billed_with_id.is_not(None)
        )
        yield from ((row.id, row.billed_with_id) for row in uow.rows(wanted))


def words(why: str, cycle: Cycle) -> Text:
    """Why an account gets no bill now."""
    if why in KINDS:
        return KINDS[why]
    if why == "billed":
        return T_("Billed within the last {n} days", n=cycle.cycle_days)
    return _WORDS[why]


_WORDS: Mapping[str, Text] = {
    "payer": T_("The payer has not finished"),
    "credit": T_("Covered by what we hold of theirs"),
    "confidential": T_("Only for visits that stay with the patient, who named no address of their own"),
    "small": T_("Too small to bill until more comes to it"),
    "inactive": T_("The account is not active"),
}

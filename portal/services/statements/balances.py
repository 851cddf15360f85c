"""What patients owe, read from the books for many patients at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.domain.ledger import Line
from portal.models.ledger import LedgerLineRow
from portal.services import ledger
from portal.services.unit_of_work.work import UnitOfWork

PATIENT, PAYER = "receivable:patient", "receivable:payer"


@dataclass(frozen=True, slots=True)
class Balance:
    """What one patient, or a family on one account, owes in cents."""

    owed_cents: int = 0
    billable_cents: int = 0
    """Owed on services whose payers have finished."""
    credit_cents: int = 0

    def without(self, cents: int) -> Balance:
        """The same without what no bill may name."""
        return Balance(self.owed_cents - cents, self.billable_cents - cents, self.credit_cents)

    def with_(self, other: Balance) -> Balance:
        """Both together, of a family billed on one account."""
        return Balance(
            self.owed_cents + other.owed_cents,
            self.billable_cents + other.billable_cents,
            self.credit_cents + other.credit_cents,
        )


def balances(uow: UnitOfWork) -> dict[bytes, Balance]:
    """Every patient within reach who owes something."""
    owing = (
        select(LedgerLineRow.patient_id)
        .where(uow.within(LedgerLineRow), LedgerLineRow.account == PATIENT)
        .group_by(LedgerLineRow.patient_id)
        .having(func.sum(LedgerLineRow.amount_cents) > 0)
    )
    found: dict[bytes, dict[bytes | None, dict[str, int]]] = {}
    accounts = (PATIENT, PAYER, "unapplied:patient")
    where = (LedgerLineRow.account.in_(accounts), LedgerLineRow.patient_id.in_(owing))
    by = (LedgerLineRow.patient_id, LedgerLineRow.charge_id, LedgerLineRow.account)
    for row in uow.rows(ledger.sums(uow, *by, where=where)):
        found.setdefault(row.patient_id, {}).setdefault(row.charge_id, {})[row.account] = int(row.cents)
    return {patient_id: _balance(charges) for patient_id, charges in found.items()}


def _balance(charges: dict[bytes | None, dict[str, int]]) -> Balance:
    owed = {charge: sums.get(PATIENT, 0) for charge, sums in charges.items()}
    return Balance(
        sum(owed.values()),
        sum(cents for charge, cents in owed.items() if not charges[charge].get(PAYER, 0)),
        -sum(sums.get("unapplied:patient", 0) for sums in charges.values()),
    )


def open_of(uow: UnitOfWork, patients: Collection[bytes]) -> dict[bytes | None, int]:
    """What a family owes now on each charge, in cents; what has no charge together."""
    return _together(open_by_patient(uow, patients))


def with_payers(uow: UnitOfWork, patients: Collection[bytes]) -> dict[bytes | None, int]:
    """What payers have still to answer for of each charge of a family, in cents."""
    return _together(_by_charge(uow, patients, PAYER))


def open_by_patient(uow: UnitOfWork, patients: Collection[bytes]) -> dict[bytes, dict[bytes | None, int]]:
    """What each of these patients owes now on each charge, in cents."""
    return _by_charge(uow, patients, PATIENT)


def _together(by_patient: Mapping[bytes, Mapping[bytes | None, int]]) -> dict[bytes | None, int]:
    found: dict[bytes | None, int] = {}
    for charges in by_patient.values():
        for charge, cents in charges.items():
            found[charge] = found.get(charge, 0) + cents
    return found


def _by_charge(uow: UnitOfWork, patients: Collection[bytes], account: str) -> dict[bytes, dict[bytes | None, int]]:
    where = (LedgerLineRow.patient_id.in_(sorted(patients)), LedgerLineRow.account == account)
    found: dict[bytes, dict[bytes | None, int]] = {}
    for row in uow.rows(ledger.sums(uow, LedgerLineRow.patient_id, LedgerLineRow.charge_id, where=where)):
        found.setdefault(row.patient_id, {})[row.charge_id] = int(row.cents)
    return found


def open_on(charges: Collection[str], now: Mapping[bytes | None, int]) -> int:
    """What is still open today of a statement, by the charges it lists; what is owed on others is not in it."""
    ids = {bytes.fromhex(charge) or None for charge in charges}
    return max(sum(cents for charge, cents in now.items() if charge in ids), 0)


def lines_of_patient(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes | None = None) -> list[tuple[bytes, Line]]:
    """Every line about a patient, or about one visit of theirs, with the entry it is of, oldest first."""
    visit = [] if encounter_id is None else [LedgerLineRow.encounter_id == encounter_id]
    return [
        (
            row.entry_id,
            Line(
                row.account,
                int(row.amount_cents),
                patient_id=row.patient_id,
                payer_id=row.payer_id,
                encounter_id=row.encounter_id,
                charge_id=row.charge_id,
                claim_id=row.claim_id,
                deposit_id=row.deposit_id,
            ),
        )
        for row in ledger.lines_of(uow, LedgerLineRow.patient_id == patient_id, *visit)
    ]

"""What a patient owes on each service now, as payments bound and share themselves by it."""

from __future__ import annotations

from portal.domain.charges import Owed
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.services import ledger
from portal.services.unit_of_work.work import UnitOfWork


def owed_now(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes | None = None) -> int:
    """receivable:patient in cents, of all or of one visit; never more than the whole, as credits count."""
    whole = ledger.owed_by_patient(uow, patient_id)
    if encounter_id is None:
        return whole
    of_visit = sum(each.open_cents for each in owed_charges(uow, patient_id) if each.encounter_id == encounter_id)
    return min(whole, of_visit)


def owed_charges(uow: UnitOfWork, patient_id: bytes) -> list[Owed]:
    """Every charge on which the patient owes something."""
    where = (
        LedgerLineRow.patient_id == patient_id,
        LedgerLineRow.account == "receivable:patient",
        LedgerLineRow.charge_id.is_not(None),
    )
    cents = {
        row.charge_id: int(row.cents)
        for row in uow.rows(ledger.sums(uow, LedgerLineRow.charge_id, where=where))
        if row.cents > 0
    }
    charges = uow.rows(
        uow.select(ChargeRow.id, ChargeRow.encounter_id, ChargeRow.service_from).where(
            ChargeRow.patient_id == patient_id, ChargeRow.id.in_(sorted(cents))
        )
    )
    return [Owed(row.id, patient_id, row.encounter_id, row.service_from, cents[row.id]) for row in charges]


def held_charges(uow: UnitOfWork, patient_id: bytes) -> list[Owed]:
    """As `owed_charges`, until the end: whoever sets a visit aside at the same moment waits, or was waited for."""
    visits = {each.encounter_id for each in owed_charges(uow, patient_id)}
    if visits:
        row = EncounterRow
        uow.rows(uow.select(row.id).where(row.id.in_(sorted(visits))).order_by(row.id).with_for_update())
    return owed_charges(uow, patient_id)

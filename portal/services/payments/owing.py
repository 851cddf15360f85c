"""What the people of an account owe on each service now, as payments bound and share themselves by it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from portal.domain.charges import Owed
from portal.domain.people import SELF
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientLinkRow
from portal.models.payments import PaymentRow, PaymentShareRow
from portal.services import ledger
from portal.services.unit_of_work.work import UnitOfWork


def owed_now(uow: UnitOfWork, people: Collection[bytes], visits: Collection[bytes] = ()) -> int:
    """receivable:patient in cents, of all or of some visits; never more than the whole, as credits count.

    Nobody's credit pays for somebody else's services.
    """
    whole = sum(max(ledger.owed_by_patient(uow, each), 0) for each in sorted(set(people)))
    if not visits:
        return whole
    return min(whole, sum(each.open_cents for each in owed_charges(uow, people) if each.encounter_id in visits))


def owed_charges(uow: UnitOfWork, people: Collection[bytes]) -> list[Owed]:
    """Every charge on which these patients owe something."""
    where = (
        LedgerLineRow.patient_id.in_(sorted(people)),
        LedgerLineRow.account == "receivable:patient",
        LedgerLineRow.charge_id.is_not(None),
    )
    cents = {
        row.charge_id: int(row.cents)
        for row in uow.rows(ledger.sums(uow, LedgerLineRow.charge_id, where=where))
        if row.cents > 0
    }
    charges = uow.rows(
        uow.select(ChargeRow.id, ChargeRow.patient_id, ChargeRow.encounter_id, ChargeRow.service_from).where(
            ChargeRow.id.in_(sorted(cents))
        )
    )
    return [Owed(row.id, row.patient_id, row.encounter_id, row.service_from, cents[row.id]) for row in charges]


def held_charges(uow: UnitOfWork, people: Collection[bytes]) -> list[Owed]:
    """As `owed_charges`, until the end: whoever sets a visit aside at the same moment waits, or was waited for."""
    visits = {each.encounter_id for each in owed_charges(uow, people)}
    if visits:
        row = EncounterRow
        uow.rows(uow.select(row.id).where(row.id.in_(sorted(visits))).order_by(row.id).with_for_update())
    return owed_charges(uow, people)


def payable(uow: UnitOfWork, payment: PaymentRow, owed: Sequence[Owed]) -> list[Owed]:
    """What of these a payment may go to: who pays for somebody else pays for no visit that stays with the patient.

    Else the sum that is left would tell them of it; guests pay by a bill, which names none (`services.confidential`).
    """
    link, visit = PatientLinkRow, EncounterRow
    own = uow.select(link.patient_id).where(
        link.user_id == payment.user_id, link.relation == SELF, link.ended_at.is_(None)
    )
    mine = {row.patient_id for row in uow.rows(own)} if payment.user_id else set()
    others = sorted({each.encounter_id for each in owed if each.patient_id not in mine})
    kept = uow.select(visit.id).where(visit.id.in_(others), visit.confidential.is_not(None))
    hidden = {row.id for row in uow.rows(kept)} if others else set()
    return [each for each in owed if each.encounter_id not in hidden]


def meant_for(uow: UnitOfWork, payment: PaymentRow) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """(the people whose services a payment may pay, the visits chosen to be paid first, in their order)."""
    share = PaymentShareRow
    rows = uow.rows(
        uow.select(share.patient_id, share.encounter_id).where(share.payment_id == payment.id).order_by(share.position)
    )
    people = tuple(dict.fromkeys(row.patient_id for row in rows)) or (payment.patient_id,)
    chosen = tuple(row.encounter_id for row in rows if row.encounter_id is not None)
    return people, chosen or ((payment.encounter_id,) if payment.encounter_id else ())


def in_order(owed: Sequence[Owed], visits: Sequence[bytes]) -> list[bytes] | None:
    """The charges as a payment goes to them: the chosen visits in their order, then the oldest; None for the oldest."""
    if not visits:
        return None
    rank = {visit: at for at, visit in enumerate(visits)}
    first = sorted(owed, key=lambda each: (rank.get(each.encounter_id, len(rank)), each.from_date, each.charge_id))
    return [each.charge_id for each in first]

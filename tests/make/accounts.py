"""Patients with visits, charges and answers of plans in the books; invented people, HCPCS level II only."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from portal.domain.charges import Charge, Owed
from portal.domain.posting.attribution import Matched
from portal.domain.posting.charges import charge_entry
from portal.domain.posting.payments import card_payment_entry
from portal.domain.posting.remittances import claim_posting
from portal.domain.remittances import Adjustment, ClaimPayment, ServicePayment
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.interchanges import InterchangeRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import ProviderRow
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services import interchanges, ledger
from portal.services.practices import add_provider
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import World
from tests.make.practices import npi

MAY, JUNE = date(2026, 5, 5), date(2026, 6, 9)
OWED = "receivable:patient"


def patient(uow: UnitOfWork, **more: Any) -> PatientRow:
    n = os.urandom(4).hex()
    given: dict[str, Any] = {
        "last_name_sealed": "Marlowe", "first_name_sealed": "Teresa", "birth_date_sealed": date(1961, 4, 5),
        "sex_sealed": "F", "mrn_sealed": f"M{n}", "account_number_sealed": f"A{n}", "language": "en_US",
        "state": "ACTIVE", "created_at": uow.now,
        "address_sealed": {"line1": "9 Larch Lane", "line2": "", "city": "Millbrook", "state": "OR",
                           "postal_code": "97001"},
    }  # fmt: skip
    row = uow.new(PatientRow, **(given | more))
    uow.flush()
    return row


def payer(uow: UnitOfWork, name: str = "Bluestem Health Plan") -> PayerRow:
    row = uow.new(
        PayerRow, code=os.urandom(4).hex(), name=name, kind="CI", filing_limit_days=180, appeal_levels=[],
        address=None, remittance_ids=[],
    )  # fmt: skip
    uow.flush()
    return row


def coverage(uow: UnitOfWork, of: PatientRow, by: PayerRow) -> CoverageRow:
    row = uow.new(
        CoverageRow, patient_id=of.id, payer_id=by.id, rank="P", relationship="18", filing_code="CI",
        member_id_sealed=os.urandom(5).hex(),
    )  # fmt: skip
    uow.flush()
    return row


def visit(
    uow: UnitOfWork, of: PatientRow, day: date, services: dict[str, int], cover: CoverageRow | None = None
) -> list[ChargeRow]:
    """A visit whose charges stand in the books: with the plan where there is one, else with the patient."""
    provider: ProviderRow = add_provider(
        uow, npi=npi("198765432"), last_name="Okafor", first_name="Amara", taxonomy="207Q00000X"
    )
    uow.flush()
    encounter = uow.new(
        EncounterRow, patient_id=of.id, coverage_id=cover.id if cover else None, provider_id=provider.id,
        state="CLEARED", place="11", service_from=day, service_to=day, charge_cents=sum(services.values()),
        diagnoses_sealed=["I10"], proposal_sealed={}, code_qualifier="ABK", source_sealed=os.urandom(32),
        source_control_sealed="X", created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    charges = [
        uow.new(
            ChargeRow, patient_id=of.id, encounter_id=encounter.id, position=n, control=os.urandom(6).hex(), code=code,
            modifiers=[], units_thousandths=1000, unit="UN", pointers=[1], charge_cents=cents, service_from=day,
            service_to=day, place="11", qualifier="HC", posted=True, active=True,
        )
        for n, (code, cents) in enumerate(services.items(), 1)
    ]  # fmt: skip
    uow.flush()
    entries = [charge_entry(booked(row, cover), day) for row in charges]
    ledger.post(uow, [entry for entry in entries if entry is not None])
    return charges


def booked(row: ChargeRow, cover: CoverageRow | None = None) -> Charge:
    """A charge as the books know it."""
    return Charge(
        row.id, row.patient_id, row.encounter_id, row.charge_cents, cover.payer_id if cover else None, None, row.code,
        (), row.service_from, row.control,
    )  # fmt: skip


def answer(uow: UnitOfWork, row: ChargeRow, cover: CoverageRow, *adjustments: tuple[str, str, int]) -> None:
    """The plan's answer about one charge, in the books and as the remittance keeps it: (group, reason, cents)."""
    given = tuple(Adjustment(*each) for each in adjustments)
    paid = row.charge_cents - sum(each.amount_cents for each in given)
    service = ServicePayment(
        row.code, (), row.charge_cents, paid, 3, control=row.control, adjustments=given, from_date=row.service_from
    )
    claim = ClaimPayment("C", "1", row.charge_cents, paid, 2, services=(service,))
    matched = Matched(os.urandom(16), row.patient_id, cover.payer_id, row.encounter_id, (booked(row, cover),))
    key = os.urandom(8).hex()
    entry, _, _ = claim_posting(0, claim, matched, key=key, posted_on=row.service_from)
    assert entry is not None
    [entry_id] = ledger.post(uow, [entry])
    file, _ = interchanges.receive(uow, "answer.835", key.encode(), kind="835")
    uow.flush()
    remittance = _remittance(uow, file, cover.payer_id, key, paid)
    told = uow.new(
        RemittanceClaimRow, remittance_id=remittance.id, payer_id=cover.payer_id, patient_id=row.patient_id,
        claim_id=None, position=0, state="MATCHED", status="1", charge_cents=row.charge_cents, paid_cents=paid,
        patient_cents=sum(each.amount_cents for each in given if each.group == "PR"), adjustments=[], remarks=[],
        service_from=row.service_from, control_sealed="C", entry_id=entry_id, subject_id=row.patient_id, segment=1,
    )  # fmt: skip
    uow.flush()
    uow.new(
        RemittanceLineRow, remittance_claim_id=told.id, patient_id=row.patient_id, payer_id=cover.payer_id,
        charge_id=row.id, position=0, code=row.code, modifiers=[], charge_cents=row.charge_cents, paid_cents=paid,
        allowed_cents=None, units_thousandths=1000, billed_code="", service_from=row.service_from, remarks=[],
        adjustments=[{"group": each.group, "reason": each.reason, "cents": each.amount_cents} for each in given],
    )  # fmt: skip
    uow.flush()


def _remittance(uow: UnitOfWork, file: InterchangeRow, payer_id: bytes, key: str, paid: int) -> RemittanceRow:
    deposit = uow.new(
        DepositRow, payer_id=payer_id, method="ACH", reference=key, payer_tax="1512345678", amount_cents=paid,
        arrived_on=None, adjustments=[], created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    row = uow.new(
        RemittanceRow, interchange_id=file.id, payer_id=payer_id, deposit_id=deposit.id, payment_key=key,
        state="POSTED", trace=key, payer_name="Bluestem", payer_tax="1512345678", method="ACH", amount_cents=paid,
        paid_on=None, claim_count=1, matched_count=1, charge_cents=0, claims_paid_cents=paid, adjustment_cents=0,
        set_control="0001", created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    return row


def owing(world: World, **more: Any) -> bytes:
    """Teresa, who owes a copay of 15.00 for a visit in May and 71.40 of one in June."""
    return _owing(world, **more) if more else world.scene(_owing, world)


def _owing(world: World, **more: Any) -> bytes:
    with world.write("patient:change") as uow:
        teresa = patient(uow, **more)
        cover = coverage(uow, teresa, payer(uow))
        [wellness] = visit(uow, teresa, MAY, {"G0438": 18_500}, cover)
        answer(uow, wellness, cover, ("CO", "45", 5_700), ("PR", "3", 1_500))
        brace, injection = visit(uow, teresa, JUNE, {"L1902": 9_600, "J3420": 3_800}, cover)
        answer(uow, brace, cover, ("CO", "45", 2_460), ("PR", "1", 7_140))
        answer(uow, injection, cover, ("CO", "45", 1_100))
        return teresa.id


def pay(world: World, patient_id: bytes, cents: int, *, key: bytes = b"p" * 16) -> None:
    """Money of a patient, put to what they owe, the oldest first."""
    with world.write("payment:settle") as uow:
        row = LedgerLineRow
        charges = uow.rows(
            ledger.sums(uow, row.charge_id, row.encounter_id, where=(row.patient_id == patient_id, row.account == OWED))
        )
        days = {
            each.id: each.service_from
            for each in uow.rows(
                uow.select(ChargeRow.id, ChargeRow.service_from).where(ChargeRow.patient_id == patient_id)
            )
        }
        owed = [
            Owed(each.charge_id, patient_id, each.encounter_id, days[each.charge_id], int(each.cents))
            for each in charges
            if each.cents > 0
        ]
        ledger.post(uow, [card_payment_entry(key, patient_id, cents, owed, JUNE)])

"""Visits that are cleared, with patient, coverage and payer, so that claims can be drafted; all invented."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PartnerRow, ProviderRow
from portal.services import practices
from portal.services.claims import drafting
from portal.services.unit_of_work.work import UnitOfWork
from tests.make.practices import npi
from tests.make.practices import partner as partner_facts

DAY = date(2026, 7, 20)
HOME = {"line1": "12 Larch Lane", "line2": "", "city": "Millbrook", "state": "OR", "postal_code": "97099"}
LINES = (("G0438", 10_000), ("J1885", 5_000))


@dataclass(frozen=True)
class Visit:
    patient_id: bytes
    coverage_id: bytes | None
    payer_id: bytes | None
    encounter_id: bytes


def payer(uow: UnitOfWork, code: str = "CBH03", **more: Any) -> PayerRow:
    """A commercial payer with a filing limit of 180 days; the one that stands, when it does."""
    standing = uow.first(uow.select(PayerRow).where(PayerRow.code == code))
    if standing is not None:
        return standing
    values = {
        "name": f"Plan {code}", "kind": "CI", "filing_limit_days": 180, "appeal_levels": [], "address": None,
        "remittance_ids": [],
    }  # fmt: skip
    return uow.new(PayerRow, code=code, **(values | more))


def partner(uow: UnitOfWork, practice_id: bytes, **more: Any) -> PartnerRow:
    """A trading partner with its control numbers; in the folder asked for, though another practice's may have it."""
    facts = partner_facts(**more)
    row = practices.add_partner(uow, practice_id, replace(facts, folder=f"aside-{os.urandom(4).hex()}"))
    row.folder = facts.folder
    return row


def patient(uow: UnitOfWork, last: str = "Ashgrove", **more: Any) -> PatientRow:
    number = os.urandom(4).hex()
    values = {
        "last_name_sealed": last, "first_name_sealed": "Mina", "birth_date_sealed": date(1980, 3, 4),
        "sex_sealed": "F", "mrn_sealed": f"M-{number}", "account_number_sealed": f"A-{number}", "address_sealed": HOME,
        "language": "en_US", "state": "ACTIVE", "created_at": uow.now,
    }  # fmt: skip
    return uow.new(PatientRow, **(values | more))


def visit(
    uow: UnitOfWork,
    *,
    last: str = "Ashgrove",
    payer_code: str = "CBH03",
    covered: bool = True,
    state: str = "CLEARED",
    day: date = DAY,
    lines: tuple[tuple[str, int], ...] = LINES,
    person: PatientRow | None = None,
    cover: dict[str, Any] | None = None,
) -> Visit:
    """A visit of one patient, as it stands after the charge audit; each line points to the first diagnosis."""
    who = person or patient(uow, last)
    uow.flush()
    coverage = _coverage(uow, who, payer(uow, payer_code), cover or {}) if covered else None
    provider = uow.first(uow.select(ProviderRow)) or uow.new(
        ProviderRow, npi=npi("223456789"), last_name="Okafor", first_name="Ada", taxonomy="207Q00000X"
    )
    uow.flush()
    encounter = uow.new(
        EncounterRow, patient_id=who.id, coverage_id=coverage.id if coverage else None, provider_id=provider.id,
        state=state, place="11", service_from=day, service_to=day, charge_cents=sum(cents for _, cents in lines),
        diagnoses_sealed=["I10", "E119"], proposal_sealed={"diagnoses": ["I10"], "lines": []}, code_qualifier="ABK",
        source_sealed=os.urandom(32), source_control_sealed="X1", created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    for at, (code, cents) in enumerate(lines, 1):
        uow.new(
            ChargeRow, patient_id=who.id, encounter_id=encounter.id, position=at,
            control=f"L{os.urandom(6).hex().upper()}", code=code, modifiers=[], units_thousandths=1000, unit="UN",
            pointers=[1], charge_cents=cents, service_from=day, service_to=day, place="11", qualifier="HC",
            posted=True, active=True,
        )  # fmt: skip
    uow.flush()
    return Visit(who.id, coverage.id if coverage else None, coverage.payer_id if coverage else None, encounter.id)


def claim(uow: UnitOfWork, **more: Any) -> ClaimRow:
    """A drafted and edited claim of a fresh visit; READY when nothing is wrong with it."""
    made = drafting.draft_for(uow, visit(uow, **more).encounter_id)
    assert made.claim_id is not None
    return uow.get(ClaimRow, made.claim_id)


def _coverage(uow: UnitOfWork, who: PatientRow, payer_row: PayerRow, more: dict[str, Any]) -> CoverageRow:
    uow.flush()
    standing = uow.first(
        uow.select(CoverageRow).where(CoverageRow.patient_id == who.id, CoverageRow.payer_id == payer_row.id)
    )
    if standing is not None:
        return standing
    values = {
        "rank": "P", "relationship": "18", "filing_code": payer_row.kind, "member_id_sealed": f"W{os.urandom(4).hex()}",
        "valid_from": date(2026, 1, 1),
    }  # fmt: skip
    return uow.new(CoverageRow, patient_id=who.id, payer_id=payer_row.id, **(values | more))

"""A made-up 835 of so many claims with two lines each, and the claims of ours behind it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from portal import runtime
from portal.access.actors import system
from portal.config import Settings, load
from portal.domain.claims import Address
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.remittances import Adjustment, ClaimPayment, Name, Payment, ServicePayment
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services import practices
from portal.services.practices import Practice
from portal.services.unit_of_work.work import new_id
from portal.x12.remittances_out import write_remittance

DAY = date(2026, 7, 20)
ADDRESS = Address("1 Plan Plaza", "Salem", "OR", "973010001")
PARTNER = Partner("ZZ", "PAYER", "ZZ", "JUNIPER", "PAYER", "JUNIPER", "P", "Plan", "Desk", "5035550100", "Juniper")
NPI = "1234567893"
PER_PATIENT = 2
"""Claims of one patient in the file."""


def controls(claim: int) -> tuple[str, tuple[str, str]]:
    """Our number of a claim, and those of its two lines."""
    return f"BK{claim:08d}", (f"BL{claim:08d}A", f"BL{claim:08d}B")


def cents(claim: int) -> int:
    """The price of each of its two lines."""
    return 10_000 + claim % 997


def remittance_file(claims: int, first: int = 0, number: int = 1) -> bytes:
    """One payment of that `number` for so many from the `first` on: discount, deductible, and the rest paid."""
    parts = []
    for at in range(first, first + claims):
        control, lines = controls(at)
        price = cents(at)
        adjustments = (Adjustment("CO", "45", 2_000), Adjustment("PR", "1", 1_000))
        services = tuple(
            ServicePayment(
                "G0438", (), price, price - 3_000, 0, control=line, from_date=DAY, to_date=DAY, units=Decimal(1),
                allowed_cents=price - 2_000, adjustments=adjustments,
            )
            for line in lines
        )  # fmt: skip
        parts.append(
            ClaimPayment(
                control, "1", 2 * price, 2 * (price - 3_000), 0, patient_cents=2_000, filing_code="12",
                payer_control=f"ICN{at:09d}", facility_code="11", frequency="1",
                patient=Name("DOE", "JANE", qualifier="MI", identifier=member(at // PER_PATIENT)), services=services,
                rendering_npi=NPI, received_on=date(2026, 7, 22),
            )
        )  # fmt: skip
    payment = Payment(
        sum(part.paid_cents for part in parts), f"BENCH{number}", tuple(parts), (), 0, handling="I", credit_debit="C",
        method="ACH", paid_on=date(2026, 8, 3), payer_tax="1512345678", payer_name="BENCH PLAN", payer_id="BENCH",
        payee_name="JUNIPER", payee_id=NPI, produced_on=date(2026, 8, 3),
    )  # fmt: skip
    at = datetime(2026, 8, 3, 7, 30)  # noqa: DTZ001 - an envelope carries local time without a zone
    numbers = ControlNumbers(number, 1, 1)
    return write_remittance([payment], partner=PARTNER, payer_address=ADDRESS, numbers=numbers, at=at)


def member(patient: int) -> str:
    """A member id."""
    return f"M{patient:08d}"


def installation(home: Path) -> Settings:
    """Settings and keys of a throw-away installation."""
    keys = home / "keys"
    keys.mkdir(parents=True)
    for name in ("root.key", "signing.key", "web.key"):
        (keys / name).write_bytes(os.urandom(32))
        (keys / name).chmod(0o400)
    settings = load({"CANDOR_HOME": str(home), "CANDOR_MODE": "development"})
    runtime.migrate(settings)
    return settings


def found(running: Any) -> bytes:
    """The practice that is paid."""
    with running.units.write(system("setup"), "practice:edit") as uow:
        practices.found_installation(uow, running.roots, "development")
    with running.units.write(system("setup"), "practice:edit") as uow:
        return practices.add_practice(
            uow,
            running.roots,
            Practice(
                code="juniper", name="Juniper", npi=NPI, ein="840000001", taxonomy="207Q00000X", phone="5035550142",
                address=Address("214 Alder Street", "Millbrook", "OR", "970010214"), time_zone="America/Los_Angeles",
            ),
        ).id  # fmt: skip


def fill(running: Any, practice: bytes, claims: int) -> None:
    """Patients, coverage, visits, charges in the books and claims with the payer, as sealed as the real ones."""
    actor = system("bench", practice_id=practice)
    with running.units.write(actor, "payer:edit") as uow:
        payer = uow.new(
            PayerRow, code="BENCH", name="Bench Plan", kind="CI", filing_limit_days=365, appeal_levels=[],
            address=None, remittance_ids=["1512345678"],
        ).id  # fmt: skip
    for start in range(0, claims, 1000):
        with running.units.write(actor, "patient:change") as uow:
            _some(uow, practice, payer, range(start, min(start + 1000, claims)))


def _some(uow: Any, practice: bytes, payer: bytes, numbers: range) -> None:
    rows: dict[type, list[dict[str, Any]]] = {
        model: []
        for model in (PatientRow, CoverageRow, EncounterRow, ChargeRow, ClaimRow, LedgerEntryRow, LedgerLineRow)
    }
    patients = sorted({number // PER_PATIENT for number in numbers})
    people = {number: _patient(uow, rows, practice, payer, number) for number in patients}
    for number in numbers:
        _claim(uow, rows, practice, payer, number, people[number // PER_PATIENT])
    for model, values in rows.items():
        uow.insert(model, values)


def _patient(uow: Any, rows: Any, practice: bytes, payer: bytes, number: int) -> tuple[bytes, bytes]:
    id_, cover = new_id(), new_id()
    sealed = {
        "last_name_sealed": f"Doe{number % 500}", "first_name_sealed": "Jane", "birth_date_sealed": date(1980, 3, 4),
        "sex_sealed": "F", "mrn_sealed": f"M{number}", "account_number_sealed": f"A{number}",
    }  # fmt: skip
    rows[PatientRow].append(
        {name: uow.seal(getattr(PatientRow, name), value, row=id_, subject=id_) for name, value in sealed.items()}
        | {
            "id": id_, "practice_id": practice, "language": "en_US", "state": "ACTIVE", "version": 1,
            "created_at": uow.now, "mrn_index": uow.token("mrn", f"M{number}"),
            "account_index": uow.token("account", f"A{number}"),
            "name_birth_index": uow.token("name-birth", f"Doe{number % 500}", date(1980, 3, 4)),
        }
    )  # fmt: skip
    rows[CoverageRow].append({
        "id": cover, "practice_id": practice, "patient_id": id_, "payer_id": payer, "rank": "P",
        "relationship": "18", "filing_code": "CI", "version": 1,
        "member_id_sealed": uow.seal(CoverageRow.member_id_sealed, member(number), row=cover, subject=id_),
        "member_id_index": uow.token("member-id", member(number)),
    })  # fmt: skip
    return id_, cover


def _claim(uow: Any, rows: Any, practice: bytes, payer: bytes, number: int, person: tuple[bytes, bytes]) -> None:
    patient, cover = person
    visit, claim = new_id(), new_id()
    control, lines = controls(number)
    price, source = cents(number), os.urandom(32)
    about = {"practice_id": practice, "patient_id": patient}
    rows[EncounterRow].append({
        "id": visit, **about, "coverage_id": cover, "state": "CLEARED", "place": "11", "service_from": DAY,
        "service_to": DAY, "charge_cents": 2 * price, "code_qualifier": "ABK",
        "diagnoses_sealed": uow.seal(EncounterRow.diagnoses_sealed, ["I10"], row=visit, subject=patient),
        "proposal_sealed": uow.seal(EncounterRow.proposal_sealed, {}, row=visit, subject=patient),
        "source_sealed": uow.seal(EncounterRow.source_sealed, source, row=visit, subject=patient),
        "source_index": uow.token("visit-source", source),
        "source_control_sealed": uow.seal(EncounterRow.source_control_sealed, control, row=visit, subject=patient),
        "source_control_index": uow.token("claim-control", control), "version": 1, "created_at": uow.now,
    })  # fmt: skip
    rows[ClaimRow].append({
        "id": claim, **about, "encounter_id": visit, "coverage_id": cover, "payer_id": payer, "control": control,
        "state": "ACCEPTED", "rank": "P", "frequency": "1", "charge_cents": 2 * price, "service_from": DAY,
        "filing_due": date(2027, 7, 20), "versions": 1, "edits": [], "version": 1, "created_at": uow.now,
        "submitted_at": datetime(2026, 7, 21, tzinfo=UTC),
    })  # fmt: skip
    for at, line in enumerate(lines, 1):
        charge, entry = new_id(), new_id()
        rows[ChargeRow].append({
            "id": charge, **about, "encounter_id": visit, "position": at, "control": line, "code": "G0438",
            "modifiers": [], "units_thousandths": 1000, "unit": "UN", "pointers": [1], "charge_cents": price,
            "service_from": DAY, "service_to": DAY, "place": "11", "qualifier": "HC", "posted": True, "active": True,
        })  # fmt: skip
        rows[LedgerEntryRow].append({
            "id": entry, "practice_id": practice, "posted_on": DAY, "kind": "charge", "key": f"charge:{charge.hex()}:1",
            "inputs_digest": bytes(32), "reverses_id": None, "created_at": uow.now,
        })  # fmt: skip
        rows[LedgerLineRow] += [
            {
                "id": new_id(), **about, "entry_id": entry, "account": account, "payer_id": payer,
                "encounter_id": visit, "charge_id": charge, "claim_id": None, "deposit_id": None,
                "amount_cents": signed,
            }
            for account, signed in (("receivable:payer", price), ("revenue", -price))
        ]  # fmt: skip

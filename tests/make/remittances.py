"""Claims that payers have in hand, and 835 files that answer them; all invented."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from portal.domain.charges import Charge
from portal.domain.claims import Address
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.posting.charges import charge_entry
from portal.domain.remittances import Adjustment, ClaimPayment, Name, Payment, ProviderAdjustment, ServicePayment
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow
from portal.models.patients import PatientRow
from portal.services import ledger
from portal.services.remittances.importing import ImportResult, import_remittances
from portal.x12.remittances_out import write_remittance
from tests.databases import World
from tests.make import claims as make
from tests.make.practices import practice

PARTNER = Partner("ZZ", "PAYER", "ZZ", "JUNIPER", "PAYER", "JUNIPER", "P", "Plan", "Desk", "5035550100", "Juniper")
ADDRESS = Address("1 Plan Plaza", "Salem", "OR", "973010001")
AT = datetime(2026, 8, 3, 7, 30)  # noqa: DTZ001 - an envelope carries local time without a zone
DAY = make.DAY


@dataclass(frozen=True)
class Sent:
    """A claim that is with its payer, and what a payer reads of it."""

    claim_id: bytes
    patient_id: bytes
    payer_id: bytes
    encounter_id: bytes
    control: str
    member: str
    last: str
    charges: tuple[tuple[bytes, str, str, int], ...]
    """Id, line control, code, cents."""

    @property
    def cents(self) -> int:
        return sum(charge[3] for charge in self.charges)


def sent(world: World, **more: Any) -> Sent:
    """A visit that is charged, in the books, and billed; with `second_payer` another coverage follows."""
    return _sent(world, **more) if more else world.scene(_sent, world)


def _sent(
    world: World,
    *,
    state: str = "ACCEPTED",
    lines: tuple[tuple[str, int], ...] = (("G0438", 10_000),),
    last: str = "Ashgrove",
    payer_code: str = "CBH03",
    second_payer: str = "",
) -> Sent:
    with world.write("patient:change") as uow:
        visit = make.visit(uow, last=last, payer_code=payer_code, lines=lines, state="CLEARED")
        if second_payer:
            other = make.payer(uow, second_payer)
            uow.flush()
            uow.new(
                CoverageRow, patient_id=visit.patient_id, payer_id=other.id, rank="S", relationship="18",
                filing_code="CI", member_id_sealed="SECOND1", valid_from=date(2026, 1, 1),
            )  # fmt: skip
        control = f"K{os.urandom(5).hex().upper()}"
        claim = uow.new(
            ClaimRow, patient_id=visit.patient_id, encounter_id=visit.encounter_id, coverage_id=visit.coverage_id,
            payer_id=visit.payer_id, control=control, state=state, rank="P", frequency="1",
            charge_cents=sum(cents for _, cents in lines), service_from=DAY, filing_due=date(2027, 1, 16), versions=1,
            edits=[], created_at=uow.now,
        )  # fmt: skip
        uow.flush()
        rows = uow.entities(
            uow.select(ChargeRow).where(ChargeRow.encounter_id == visit.encounter_id).order_by(ChargeRow.position)
        )
        entries = [
            charge_entry(
                Charge(row.id, visit.patient_id, visit.encounter_id, row.charge_cents, payer_id=visit.payer_id), DAY
            )
            for row in rows
        ]
        ledger.post(uow, [entry for entry in entries if entry is not None])
    return sent_of(world, claim.id)


def sent_of(world: World, claim_id: bytes) -> Sent:
    """A claim as its payer reads it now."""
    with world.read("claim:view") as uow:
        claim = uow.get(ClaimRow, claim_id)
        rows = uow.entities(
            uow.select(ChargeRow).where(ChargeRow.encounter_id == claim.encounter_id).order_by(ChargeRow.position)
        )
        return Sent(
            claim.id, claim.patient_id, claim.payer_id, claim.encounter_id, claim.control,
            uow.read(uow.get(CoverageRow, claim.coverage_id), CoverageRow.member_id_sealed),
            uow.read(uow.get(PatientRow, claim.patient_id), PatientRow.last_name_sealed),
            tuple((row.id, row.control, row.code, row.charge_cents) for row in rows),
        )  # fmt: skip


def answer(claim: Sent, *adjustments: Adjustment, status: str = "1", **more: Any) -> ClaimPayment:
    """The payer's answer: the adjustments stand on the first line, and it balances."""
    services = [
        ServicePayment(code, (), cents, cents, 0, control=control, from_date=DAY, to_date=DAY)
        for _, control, code, cents in claim.charges
    ]
    first = services[0]
    paid = first.charge_cents - sum(one.amount_cents for one in adjustments)
    services[0] = replace(first, paid_cents=paid, adjustments=adjustments)
    return ClaimPayment(
        **{
            "control": claim.control, "status": status, "charge_cents": claim.cents,
            "paid_cents": sum(one.paid_cents for one in services), "segment": 0,
            "patient_cents": sum(one.amount_cents for one in adjustments if one.group == "PR"),
            "payer_control": f"ICN{claim.control}", "facility_code": "11", "frequency": "1",
            "patient": Name(claim.last.upper(), "MINA", qualifier="MI", identifier=claim.member),
            "services": tuple(services), "from_date": DAY,
        } | more
    )  # fmt: skip


def turned(claim: ClaimPayment) -> ClaimPayment:
    """The reversal of an answer: status 22 and every amount with its sign turned."""

    def negative(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
        return tuple(replace(one, amount_cents=-one.amount_cents) for one in adjustments)

    return replace(
        claim,
        status="22",
        charge_cents=-claim.charge_cents,
        paid_cents=-claim.paid_cents,
        patient_cents=0,
        adjustments=negative(claim.adjustments),
        services=tuple(
            replace(
                one,
                charge_cents=-one.charge_cents,
                paid_cents=-one.paid_cents,
                adjustments=negative(one.adjustments),
            )
            for one in claim.services
        ),
    )


def payment(*claims: ClaimPayment, trace: str = "", plb: Sequence[ProviderAdjustment] = (), **more: Any) -> Payment:
    """A payment of these claims that balances, in the name of the practice of `World`."""
    amount = sum(one.paid_cents for one in claims) - sum(one.amount_cents for one in plb)
    if amount < 0:
        plb, amount = (*plb, ProviderAdjustment("FB", "CARRY", amount, 0, provider=practice().npi)), 0
    return Payment(
        **{
            "amount_cents": amount, "trace": trace or f"E{os.urandom(4).hex().upper()}", "claims": claims,
            "provider_adjustments": tuple(plb), "segment": 0, "handling": "I" if amount else "H", "credit_debit": "C",
            "method": "ACH" if amount else "NON", "paid_on": date(2026, 8, 3), "payer_tax": "1931234567",
            "payer_name": "PLAN", "payer_id": "CBH03", "payee_name": "JUNIPER", "payee_id": practice().npi,
        } | more
    )  # fmt: skip


def file(*payments: Payment, number: int = 1) -> bytes:
    """An 835 file; `number` is its control number, so that equal payments make another file."""
    return write_remittance(
        payments, partner=PARTNER, payer_address=ADDRESS, numbers=ControlNumbers(number, number, 1), at=AT
    )


def bring(world: World, *payments: Payment, number: int = 1) -> ImportResult:
    """Import a file of these payments as the payment poster."""
    return import_remittances(
        world.units, world.actor("payment-poster"), None, "era.835", file(*payments, number=number)
    )

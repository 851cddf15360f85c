"""What a claim pays: by contract, denied, bundled, reversed; each result balances line by line (X12 RFI 2348)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

from portal.domain.claims import Claim, Person, ServiceLine
from portal.domain.remittances import Adjustment, ClaimPayment, Name, ServicePayment
from portal.sandbox.practice import Payer

_FREE = frozenset({"G0008", "G0009", "G0101", "G0402", "G0438", "G0439", "G0442", "G0444", "Q2038", "S0612"})
"""Preventive services, for which the patient owes nothing."""
COPAY_CENTS, _DEDUCTIBLE_CENTS = 3000, 12000
COPAY_PLAN, SHARE_PLAN = 0, 1
"""Plans by `plan_of`: a copay for each visit, a fifth of what is allowed; any other has a deductible."""


def priced(claim: Claim, payer: Payer, payer_control: str, received: date, *, share: int | None = None) -> ClaimPayment:
    """A claim paid at a percent of its charges (the contract's without one), less what is the patient's."""
    services = tuple(_service(claim, payer, n, share or payer.allowed_share) for n in range(len(claim.lines)))
    days = sorted(line.from_date for line in claim.lines if line.from_date is not None)
    return _summed(
        ClaimPayment(
            claim.control,
            "1",
            claim.charge_cents,
            0,
            0,
            filing_code="12" if claim.cover.filing_code == "CI" else claim.cover.filing_code,
            payer_control=payer_control,
            facility_code=claim.place,
            frequency=claim.frequency,
            patient=_name(claim.patient, claim.cover.member_id),
            subscriber=Name()
            if claim.cover.relationship == "18"
            else _name(claim.cover.subscriber, claim.cover.member_id),
            rendering_npi=claim.rendering.npi if claim.rendering else "",
            from_date=days[0] if days else None,
            to_date=days[-1] if days else None,
            received_on=received,
            services=services,
        )
    )


def _name(person: Person, member_id: str) -> Name:
    return Name(person.last, person.first, person.middle, person.suffix, "MI", member_id)


def _service(claim: Claim, payer: Payer, n: int, share: int) -> ServicePayment:
    line = claim.lines[n]
    allowed = (line.charge_cents * share + 50) // 100
    adjustments = [Adjustment("CO", "45", line.charge_cents - allowed)]
    left = _patients_part(claim, payer, line, n, allowed)
    adjustments += left
    paid = allowed - sum(one.amount_cents for one in left)
    if payer.filing_code == "MB":
        cut = (paid * 2 + 50) // 100
        adjustments.append(Adjustment("CO", "253", cut))
        paid -= cut
    return ServicePayment(
        line.code,
        line.modifiers,
        line.charge_cents,
        paid,
        0,
        qualifier=line.qualifier,
        units=line.units,
        from_date=line.from_date,
        to_date=line.to_date or line.from_date,
        control=line.control,
        allowed_cents=allowed,
        adjustments=tuple(one for one in adjustments if one.amount_cents),
    )


def _patients_part(claim: Claim, payer: Payer, line: ServiceLine, n: int, allowed: int) -> list[Adjustment]:
    """By plan: Medicaid nothing; Medicare a fifth; commercial a copay, a fifth or a deductible, by the member."""
    if payer.filing_code == "MC" or line.code in _FREE:
        return []
    plan = plan_of(payer.filing_code, claim.cover.member_id)
    if plan == SHARE_PLAN:
        return [Adjustment("PR", "2", allowed // 5)]
    if n:
        return []
    reason, most = ("3", COPAY_CENTS) if plan == COPAY_PLAN else ("1", _DEDUCTIBLE_CENTS)
    return [Adjustment("PR", reason, min(most, allowed))]


def plan_of(filing_code: str, member_id: str) -> int:
    """Which of three plans a member has; Medicare has one."""
    return SHARE_PLAN if filing_code == "MB" else hashlib.sha256(member_id.encode()).digest()[0] % 3


def _summed(claim: ClaimPayment) -> ClaimPayment:
    """With CLP04 and CLP05 as its lines say."""
    patient = sum(one.amount_cents for one in claim.every_adjustment() if one.group == "PR")
    return replace(claim, paid_cents=sum(service.paid_cents for service in claim.services), patient_cents=patient)


def denied(claim: ClaimPayment, group: str, reason: str, status: str, remark: str) -> ClaimPayment:
    """The same claim with nothing paid: every line's charge under one reason."""
    services = tuple(
        replace(
            service,
            paid_cents=0,
            allowed_cents=None,
            adjustments=(Adjustment(group, reason, service.charge_cents),),
            remarks=(remark,) if remark else (),
        )
        for service in claim.services
    )
    return _summed(replace(claim, status=status, services=services))


def bundled(claim: ClaimPayment) -> ClaimPayment:
    """The last line decided under the first one's code (SVC06 has its own) and paid nothing, CO 97."""
    *rest, last = claim.services
    merged = replace(
        last,
        code=rest[0].code,
        billed_code=last.code,
        paid_cents=0,
        allowed_cents=None,
        adjustments=(Adjustment("CO", "97", last.charge_cents),),
    )
    return _summed(replace(claim, services=(*rest, merged)))


def reversal(claim: ClaimPayment) -> ClaimPayment:
    """CLP02 22: every amount with its sign turned, group codes as they were (X12 RFI 1147)."""
    services = tuple(
        replace(
            service,
            charge_cents=-service.charge_cents,
            paid_cents=-service.paid_cents,
            allowed_cents=None,
            adjustments=tuple(replace(one, amount_cents=-one.amount_cents) for one in service.adjustments),
        )
        for service in claim.services
    )
    charge = -claim.charge_cents
    return _summed(
        replace(claim, status="22", charge_cents=charge, services=services, crossover_payer="", crossover_payer_id="")
    )

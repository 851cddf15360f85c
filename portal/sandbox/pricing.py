"""What a claim pays: by contract, denied, bundled, reversed; each result balances line by line (X12 RFI 2348)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

from portal.domain.claims import Claim, Person, ServiceLine
from portal.domain.coordination import LATER, patients, total
from portal.domain.money import Money, split
from portal.domain.remittances import Adjustment, ClaimPayment, Name, ServicePayment
from portal.sandbox.practice import Payer

_FREE = frozenset({"G0008", "G0009", "G0101", "G0402", "G0438", "G0439", "G0442", "G0444", "Q2038", "S0612"})
"""Preventive services, for which the patient owes nothing."""
_STATUS = {"P": "1", "S": "2", "T": "3"}
COPAY_CENTS, _DEDUCTIBLE_CENTS = 3000, 12000
COPAY_PLAN, SHARE_PLAN = 0, 1
"""Plans by `plan_of`: a copay for each visit, a fifth of what is allowed; any other has a deductible."""


def priced(claim: Claim, payer: Payer, payer_control: str, received: date, *, share: int | None = None) -> ClaimPayment:
    """A claim paid at a percent of its charges (the contract's without one), less what is the patient's.

    A further payer pays at most what those before it left. A facility's claim is paid as a whole.
    """
    services = tuple(_service(claim, payer, n, share or payer.allowed_share) for n in range(len(claim.lines)))
    days = sorted(line.from_date for line in claim.lines if line.from_date is not None)
    if claim.others:
        services = tuple(_behind(service, left) for service, left in zip(services, _left(claim), strict=True))
    made = _summed(
        ClaimPayment(
            claim.control,
            _STATUS.get(claim.cover.rank, "1"),
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
    return made if claim.institutional is None else _whole(made)


def _whole(claim: ClaimPayment) -> ClaimPayment:
    """The same without lines, as facilities are often paid: each group and reason once."""
    sums: dict[tuple[str, str], int] = {}
    for one in claim.every_adjustment():
        sums[one.group, one.reason] = sums.get((one.group, one.reason), 0) + one.amount_cents
    found = tuple(Adjustment(group, reason, cents) for (group, reason), cents in sorted(sums.items()))
    return replace(claim, adjustments=found, services=())


def _left(claim: Claim) -> list[int]:
    """What the payers before left of each line, by loops 2430; shared by charge where they decided on the whole."""
    last = claim.others[-1]
    of_lines = [[one for one in line.decisions if one.payer_id == last.cover.payer_id] for line in claim.lines]
    if any(of_lines):
        return [patients(each for one in those for each in one.adjustments) for those in of_lines]
    whole = 0 if last.decision is None else patients(last.decision.adjustments)
    return [part.cents for part in split(Money(whole), [max(1, line.charge_cents) for line in claim.lines])]


def _behind(service: ServicePayment, left: int) -> ServicePayment:
    """A service as a further payer pays it: no more than is left, OA 23 for what the payers before it settled."""
    left = max(0, min(left, service.charge_cents))
    paid = min(left, service.paid_cents)
    parts = (Adjustment("OA", "23", service.charge_cents - left), Adjustment("PR", "2", left - paid))
    adjustments = tuple(one for one in parts if one.amount_cents)
    return replace(service, paid_cents=paid, allowed_cents=None, adjustments=adjustments)


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
    """With CLP04 and CLP05 as its lines say, or without lines its own adjustments."""
    paid = sum(service.paid_cents for service in claim.services)
    if not claim.services:
        paid = claim.charge_cents - total(claim.adjustments)
    return replace(claim, paid_cents=paid, patient_cents=patients(claim.every_adjustment()))


def denied(claim: ClaimPayment, group: str, reason: str, status: str, remark: str) -> ClaimPayment:
    """The same claim with nothing paid: every line's charge under one reason, but for what payers before settled."""
    services = tuple(
        replace(
            service,
            paid_cents=0,
            allowed_cents=None,
            adjustments=_refused(service.adjustments, service.charge_cents, group, reason),
            remarks=(remark,) if remark else (),
        )
        for service in claim.services
    )
    own = () if services else _refused(claim.adjustments, claim.charge_cents, group, reason)
    said = (remark,) if remark and not services else ()
    status = claim.status if claim.status in LATER else status
    return _summed(replace(claim, status=status, services=services, adjustments=own, remarks=said))


def _refused(adjustments: tuple[Adjustment, ...], charge_cents: int, group: str, reason: str) -> tuple[Adjustment, ...]:
    before = tuple(one for one in adjustments if (one.group, one.reason) == ("OA", "23"))
    rest = charge_cents - total(before)
    return (*before, Adjustment(group, reason, rest)) if rest else before


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
    own = tuple(replace(one, amount_cents=-one.amount_cents) for one in claim.adjustments)
    turned = replace(claim, status="22", charge_cents=-claim.charge_cents, services=services, adjustments=own)
    return _summed(replace(turned, crossover_payer="", crossover_payer_id=""))

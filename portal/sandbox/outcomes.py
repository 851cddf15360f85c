"""What the simulated payers decide, by a table of shares, and the payments that come of it; the claim itself chooses.

The same claim (patient, payer, day, charge) meets the same fate in every run, whatever its control number, so totals
can be known beforehand. Codes are from the public lists' numbers only; no text of theirs is here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from portal.domain.claims import Claim
from portal.domain.remittances import Adjustment, ClaimPayment
from portal.sandbox.practice import Payer
from portal.sandbox.pricing import bundled, denied, priced, reversal

SHARES: Mapping[str, int] = {
    "paid": 44,
    "rejected-by-clearinghouse": 4,
    "rejected-by-payer": 4,
    "no-authorization": 5,
    "information-missing": 5,
    "too-late": 3,
    "not-necessary": 3,
    "not-covered": 3,
    "underpaid": 7,
    "bundled": 5,
    "corrected": 4,
    "retracted": 3,
    "paid-twice": 3,
    "interest": 4,
    "misadded": 3,
}
"""Of a hundred claims, how many meet which fate:
paid: by contract, with copay, coinsurance or deductible; forwarded (19) where the payer knows of the next one;
rejected-…: a 277CA returns it, and sent again it is paid;
no-authorization CO 197, information-missing CO 16, too-late CO 29, not-necessary CO 50: denied, the practice's;
not-covered PR 96: denied, the patient's;
underpaid: a sixth below contract; bundled: the last line goes into the first, CO 97;
corrected: paid too much, three weeks later reversed (22) and paid right, the difference first noted (WO -), then taken
(WO +); retracted: paid, three weeks later reversed and nothing follows, carried forward (FB) and taken from the next;
paid-twice: the same again two weeks later, which leaves a credit; interest: paid with L6;
misadded: the first remittance does not add up and must post nothing, a right one follows a week later."""

DENIALS: Mapping[str, tuple[str, str, str, str]] = {
    "no-authorization": ("CO", "197", "1", ""),
    "information-missing": ("CO", "16", "4", "N706"),
    "too-late": ("CO", "29", "4", ""),
    "not-necessary": ("CO", "50", "1", "N115"),
    "not-covered": ("PR", "96", "1", "N425"),
    "duplicate": ("CO", "18", "4", ""),
}
"""Group, CARC, CLP02 and RARC of each denial; `duplicate` is for a claim that was already decided and comes again."""

REJECTIONS: Mapping[str, tuple[str, ...]] = {
    "rejected-by-clearinghouse": ("A7:562:82",),
    "rejected-by-payer": ("A3:33:IL",),
    "unknown-payer": ("A3:116:PR",),
}
"""Codes of the 277CA, category:status:entity."""

CONTRACTUAL = frozenset({"45", "253"})
_MISADDED_CENTS = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """Something a payer pays on a day: claims, PLB pairs (reason, cents as the file has them); `alone` in an own ST."""

    day: date
    payer: Payer
    claims: tuple[ClaimPayment, ...] = ()
    adjustments: tuple[tuple[str, int], ...] = ()
    alone: bool = False
    sound: bool = True
    """False when it does not balance and must not be posted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One claim's fate. Totals count sound steps up to a day, all of them without one."""

    control: str
    payer: str
    """Payer id."""
    case: str
    charge_cents: int
    payer_control: str
    steps: tuple[Step, ...]

    def paid_cents(self, until: date | None = None) -> int:
        """Sum of CLP04, from every payer."""
        return sum(claim.paid_cents for claim in self._claims(until))

    def contractual_cents(self, until: date | None = None) -> int:
        """Sum of CO 45 and CO 253."""
        return _sum(self._claims(until), lambda one: one.group == "CO" and one.reason in CONTRACTUAL)

    def patient_cents(self, until: date | None = None) -> int:
        """Sum of PR in claims that were not forwarded."""
        claims = [claim for claim in self._claims(until) if claim.status != "19"]
        return _sum(claims, lambda one: one.group == "PR")

    def _claims(self, until: date | None) -> list[ClaimPayment]:
        steps = [step for step in self.steps if step.sound and (until is None or step.day <= until)]
        return [claim for step in steps for claim in step.claims]


def _sum(claims: Iterable[ClaimPayment], wanted: Callable[[Adjustment], bool]) -> int:
    return sum(one.amount_cents for claim in claims for one in claim.every_adjustment() if wanted(one))


def fate(claim: Claim, salt: str = "") -> tuple[str, str]:
    """The case of SHARES that a claim meets, and the hex digest of what it is, whatever its control number."""
    patient = claim.patient
    first = min((line.from_date for line in claim.lines if line.from_date is not None), default=None)
    facts = (patient.last, patient.first, patient.birth_date, claim.cover.payer_id, first, claim.charge_cents, salt)
    digest = hashlib.sha256("|".join(str(fact).upper() for fact in facts).encode()).hexdigest()
    place = int(digest[:8], 16) % sum(SHARES.values())
    for case, share in SHARES.items():
        if place < share:
            return case, digest
        place -= share
    raise AssertionError("the shares hold every place")


def decide(
    claim: Claim, case: str, *, payer: Payer, payer_control: str, received: date, next_payer: Payer | None = None
) -> tuple[str, tuple[Step, ...]]:
    """The case as it comes about and everything paid on the claim over time, beginning two weeks after it came.

    A claim of one line cannot be bundled, one that pays nothing not retracted: they are paid; a paid one that goes on
    to the next payer is `forwarded`.
    """
    day = received + timedelta(days=14)
    right = priced(claim, payer, payer_control, received)
    if case in DENIALS:
        return case, (Step(day, payer, (denied(right, *DENIALS[case]),)),)
    if case == "underpaid":
        less = priced(claim, payer, payer_control, received, share=payer.allowed_share * 5 // 6)
        return case, (Step(day, payer, (less,)),)
    if case == "bundled" and len(right.services) > 1 and not claim.others:
        return case, (Step(day, payer, (bundled(right),)),)
    if case == "corrected":
        return case, _corrected(claim, right, payer, received, day)
    first = Step(day, payer, (right,))
    if not right.paid_cents and case in {"retracted", "paid-twice", "interest"}:
        return "paid", (first,)
    if case == "retracted":
        return case, (first, Step(day + timedelta(days=21), payer, (reversal(right),), alone=True))
    if case == "paid-twice":
        return case, (first, Step(day + timedelta(days=14), payer, (right,)))
    if case == "interest":
        return case, (replace(first, adjustments=(("L6", -max(1, right.paid_cents // 125)),)),)
    if case == "misadded":
        wrong = replace(right, paid_cents=right.paid_cents + _MISADDED_CENTS)
        return case, (
            Step(day, payer, (wrong,), alone=True, sound=False),
            Step(day + timedelta(days=7), payer, (right,)),
        )
    if next_payer is not None and right.patient_cents:
        return "forwarded", _forwarded(right, payer, next_payer, day)
    return "paid", (first,)


def _corrected(claim: Claim, right: ClaimPayment, payer: Payer, received: date, day: date) -> tuple[Step, ...]:
    share = min(100, payer.allowed_share + 15)
    over = priced(claim, payer, right.payer_control, received, share=share)
    later = day + timedelta(days=21)
    owed = over.paid_cents - right.paid_cents
    steps = [Step(day, payer, (over,)), Step(later, payer, (reversal(over), right), (("WO", -owed),) if owed else ())]
    if owed:
        steps.append(Step(later + timedelta(days=14), payer, (), (("WO", owed),)))
    return tuple(steps)


def _forwarded(right: ClaimPayment, payer: Payer, next_payer: Payer, day: date) -> tuple[Step, ...]:
    """The first payer passes the claim on (19); the next one pays what was left to the patient, OA 23 for the rest."""
    first = replace(right, status="19", crossover_payer=next_payer.name, crossover_payer_id=next_payer.identifier)
    services = tuple(
        replace(
            service,
            paid_cents=(left := sum(one.amount_cents for one in service.adjustments if one.group == "PR")),
            adjustments=(Adjustment("OA", "23", service.charge_cents - left),) if service.charge_cents != left else (),
            allowed_cents=None,
        )
        for service in right.services
    )
    left = right.patient_cents
    own = () if services or right.charge_cents == left else (Adjustment("OA", "23", right.charge_cents - left),)
    second = replace(
        right,
        status="2",
        adjustments=own,
        paid_cents=right.patient_cents,
        patient_cents=0,
        filing_code="12",
        payer_control=f"{next_payer.identifier}{right.payer_control[-10:]}",
        services=services,
    )
    return Step(day, payer, (first,)), Step(day + timedelta(days=10), next_payer, (second,))


def payer_number(payer: Payer, digest: str, version: int) -> str:
    """The payer's claim number: its id, ten places of the digest, and which time it is."""
    return f"{payer.identifier}{digest[:9].upper()}{version}"


def reworked(
    claim: Claim, earlier: ClaimPayment | None, *, payer: Payer, payer_control: str, received: date
) -> tuple[Step, ...]:
    """A replacement (frequency 7) or void (8): what was decided last is reversed, and a replacement then paid right."""
    back = () if earlier is None else (reversal(earlier),)
    again = () if claim.frequency == "8" else (priced(claim, payer, payer_control, received),)
    return (Step(received + timedelta(days=14), payer, back + again),)

"""Coordination of benefits: what earlier payers decided, carried to the next one, and whether it adds up.

X12 005010X222A1 loops 2320, 2330B and 2430; the balances are those of X12 RFI 1294 and 1115.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from portal.domain.remittances import Adjustment, ClaimPayment, ServicePayment

FORWARDED = frozenset({"19", "20", "21", "23"})
"""CLP02 of claims that the payer sent on to the next payer by itself (23: it was not the payer's own)."""
FORWARDED_REMARKS = frozenset({"MA07", "MA18", "N89"})
"""Remarks (MOA, MIA) by which a payer says that it sent the claim on: to Medicaid, to a supplement, to several."""
LATER = frozenset({"2", "3", "20", "21"})
"""CLP02 of claims processed by a second or third payer."""

MOST_TRIPLETS = 6
MOST_CAS = 5
MOST_DECISIONS = 15
"""The 837's limits: triplets in a CAS, CAS in loops 2320 and 2430, decisions (2430) of a line."""

_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class LineDecision:
    """What an earlier payer decided on a line, loop 2430; `payer_id` is that payer's id in loop 2330B."""

    payer_id: str
    paid_cents: int
    code: str
    """SVD03, as the payer paid it: another than was billed where the payer changed it."""
    units: Decimal
    adjustments: tuple[Adjustment, ...] = ()
    qualifier: str = "HC"
    modifiers: tuple[str, ...] = ()
    revenue_code: str = ""
    """SVD04, of institutional claims."""
    decided_on: date | None = None
    remaining_cents: int | None = None
    """AMT*EAF: what is left of the line for the next payer and the patient."""


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """What an earlier payer decided on the claim as a whole, loops 2320 and 2330B."""

    paid_cents: int
    """AMT*D."""
    adjustments: tuple[Adjustment, ...] = ()
    """Of the claim itself; the lines carry their own."""
    remaining_cents: int | None = None
    """AMT*EAF, only where no line carries one."""
    decided_on: date | None = None
    """DTP*573, only where no line carries one."""
    payer_control: str = ""
    """REF*F8, the earlier payer's claim number."""
    remarks: tuple[str, ...] = ()
    """MOA, at most five."""
    inpatient: tuple[str, ...] = ()
    outpatient: tuple[str, ...] = ()
    """MIA and MOA as the earlier payer wrote them, where they say more than remarks; MIA on a facility's claim only."""
    forwarded: bool = False
    """The payer sent the claim on by itself: it is never sent again. Not part of an 837."""
    unplaced: int = 0
    """Services of the answer that fit none of the claim's lines. Not part of an 837."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a payer as it is kept: the claim of a payment, when it was paid, and each service's line."""

    payment: ClaimPayment
    paid_on: date
    lines: tuple[int | None, ...]
    """For each service of the payment the place of its line in the claim."""


def forwarded(status: str, remarks: Iterable[str], crossover: str | None) -> bool:
    """Whether a payer says that it sent the claim on: by CLP02, by a carrier named (NM1*TT), or by a remark."""
    return status in FORWARDED or bool(crossover) or not FORWARDED_REMARKS.isdisjoint(remarks)


def carry(
    payer_id: str, answers: Sequence[Answer], lines: int
) -> tuple[ClaimDecision, tuple[tuple[LineDecision, ...], ...]] | None:
    """What all a payer's answers on a claim of so many lines come to, oldest first; None where nothing stands.

    A reversal carries the amounts of what it undoes with the sign turned (X12 RFI 1147), so the sums are what stands,
    in whatever order the answers came. If every answer balances, so does what is carried.
    """
    standing = [one for one in answers if not one.payment.reversal]
    if not standing or sum(one.payment.charge_cents for one in answers) <= 0:
        return None
    last, said = max(standing, key=lambda one: one.paid_on), [one.payment for one in standing]
    decided = [_line(payer_id, answers, line, last.paid_on) for line in range(lines)]
    own = _summed(each for one in answers for each in one.payment.adjustments)
    by_line = any(decided)
    claim = ClaimDecision(
        paid_cents=sum(one.payment.paid_cents for one in answers),
        adjustments=own,
        remaining_cents=None if by_line else patients(own),
        decided_on=None if by_line else last.paid_on,
        payer_control=last.payment.payer_control,
        remarks=tuple(dict.fromkeys(last.payment.remarks))[:5],
        inpatient=last.payment.inpatient,
        outpatient=last.payment.outpatient,
        forwarded=any(forwarded(each.status, each.remarks, each.crossover_payer) for each in said),
        unplaced=_unplaced(answers),
    )
    return claim, tuple(decided)


def patients(adjustments: Iterable[Adjustment]) -> int:
    """The sum of group PR: what the payer left to the patient, and so to the next payer."""
    return sum(one.amount_cents for one in adjustments if one.group == "PR")


def total(adjustments: Iterable[Adjustment]) -> int:
    """The sum of adjustments."""
    return sum(one.amount_cents for one in adjustments)


def segments(adjustments: Sequence[Adjustment]) -> tuple[tuple[str, tuple[Adjustment, ...]], ...]:
    """Adjustments as CAS segments carry them: by group, neighbours together, at most six in one."""
    runs = [(group, tuple(run)) for group, run in groupby(adjustments, key=lambda one: one.group)]
    return tuple((group, part) for group, run in runs for part in parts_of(run, MOST_TRIPLETS))


def parts_of(items: Sequence[_One], size: int) -> Iterable[tuple[_One, ...]]:
    """Items in order, so many at a time."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def _line(payer_id: str, answers: Sequence[Answer], line: int, paid_on: date) -> tuple[LineDecision, ...]:
    """The decisions on one line, one for each code as which the payer paid it."""
    by_code: dict[tuple[str, tuple[str, ...]], list[ServicePayment]] = {}
    for one in answers:
        for service, place in zip(one.payment.services, one.lines, strict=True):
            if place == line:
                by_code.setdefault((service.code, service.modifiers), []).append(service)
    return tuple(
        decision for services in by_code.values() if (decision := _decision(payer_id, services, paid_on)) is not None
    )


def _decision(payer_id: str, services: Sequence[ServicePayment], paid_on: date) -> LineDecision | None:
    """What some answers on one line come to; None where each is undone by another."""
    adjustments = _summed(each for service in services for each in service.adjustments)
    paid = sum(service.paid_cents for service in services)
    if not (sum(service.charge_cents for service in services) or paid or adjustments):
        return None
    last = services[-1]
    return LineDecision(
        payer_id, paid, last.code, last.units if last.units is not None and last.units > 0 else Decimal(1),
        adjustments, last.qualifier, last.modifiers, last.revenue_code, paid_on, patients(adjustments),
    )  # fmt: skip


def _summed(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """One adjustment for each group and reason, in order of group; those that come to nought are left out."""
    found: dict[tuple[str, str], Adjustment] = {}
    for one in adjustments:
        key = (one.group, one.reason)
        before = found.get(key)
        if before is None:
            found[key] = one
            continue
        quantity = None if before.quantity is None or one.quantity is None else before.quantity + one.quantity
        found[key] = replace(before, amount_cents=before.amount_cents + one.amount_cents, quantity=quantity or None)
    left = [one for one in found.values() if one.amount_cents]
    order = list(dict.fromkeys(one.group for one in left))
    return tuple(sorted(left, key=lambda one: order.index(one.group)))


def _unplaced(answers: Sequence[Answer]) -> int:
    """Services that fit no line and are not undone by a reversal."""
    sums: dict[tuple[str, int], int] = {}
    for one in answers:
        for service, place in zip(one.payment.services, one.lines, strict=True):
            if place is None:
                key = (service.code, abs(service.charge_cents))
                sums[key] = sums.get(key, 0) + (-1 if one.payment.reversal else 1)
    return sum(count for count in sums.values() if count > 0)

"""Visits of the invented practice as the 837P files its old system would have sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import chain

from portal.domain.claims import Claim
from portal.domain.interchanges import ControlNumbers, Partner
from portal.sandbox import practice as invented
from portal.sandbox.visits import claims_by_day, visits
from portal.x12.claims.writing import write_claims
from tests.make.practices import practice

PARTNER = Partner(
    "ZZ", "JUNIPER", "ZZ", "CANDOR", "JUNIPER", "CANDOR", "P", "Juniper Ridge", "Billing Desk", "5035550142", "Candor"
)
AT = datetime(2026, 8, 1, 7, 30)  # noqa: DTZ001 - an envelope carries local time without a zone


@cache
def claims(seed: int = 7) -> tuple[Claim, ...]:
    """Two weeks of covered visits, billed by the practice of `tests.databases.World`."""
    own = invented.practice(seed, today=date(2026, 8, 3))
    seen = claims_by_day(visits(own, first=date(2026, 7, 13), last=date(2026, 7, 24)))
    ours = practice()
    billing = replace(own.billing, npi=ours.npi, tax_id=ours.ein)
    return tuple(replace(claim, billing=billing) for claim in chain.from_iterable(seen.values()))


def some(count: int, seed: int = 7) -> tuple[Claim, ...]:
    """The first so many visits, each of another patient."""
    found: dict[str, Claim] = {}
    for claim in claims(seed):
        found.setdefault(f"{claim.patient.last}{claim.patient.first}{claim.patient.birth_date}", claim)
    return tuple(found.values())[:count]


def file(given: Sequence[Claim], number: int = 1) -> bytes:
    """An 837P file of some claims; `number` is its control number, so that equal claims make another file."""
    return write_claims(given, partner=PARTNER, numbers=ControlNumbers(number, number, 1), at=AT)

"""A payer as the practice deals with it: how long it takes claims, and how often one may appeal."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain.dates import add_year, next_workday

MEDICARE_FILING = frozenset({"MA", "MB"})
"""SBR09 of Medicare part A and B."""


@dataclass(frozen=True, slots=True)
class AppealLevel:
    """One level of appeal and the days from the decision in which it must be filed."""

    name: str
    days: int


@dataclass(frozen=True, slots=True)
class Payer:
    """A payer; `payer_code` is NM109 of loop 2010BB. Levels are data: contracts and years differ (workflows 3)."""

    payer_code: str
    name: str
    filing_days: int | None = None
    """Days from service in which a claim must arrive, by contract; None for no limit known."""
    filing_code: str = "CI"
    appeal_levels: tuple[AppealLevel, ...] = ()


def filing_deadline(
    from_date: date, filing_code: str, filing_days: int | None, holidays: AbstractSet[date] = frozenset()
) -> date | None:
    """The last day on which a service may be filed; None when no limit is known.

    Medicare: one calendar year from the line's from date, 29 February counting to 28 February, a weekend or federal
    holiday moving to the next workday (42 CFR 424.44; claims processing manual ch. 1, 70). Others: days by contract.
    """
    if filing_code not in MEDICARE_FILING:
        return None if filing_days is None else from_date + timedelta(days=filing_days)
    last = next_workday(add_year(from_date))
    while last in holidays:
        last = next_workday(last + timedelta(days=1))
    return last

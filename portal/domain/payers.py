"""A payer as the practice deals with it: how long it takes claims, and how often one may appeal."""

from __future__ import annotations

from dataclasses import dataclass

MEDICARE_FILING = frozenset({"MA", "MB"})
"""SBR09 of Medicare part A and B."""
INSURANCE_TYPES = frozenset({"12", "13", "14", "15", "16", "41", "42", "43", "47"})
"""SBR05: why Medicare pays second."""


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

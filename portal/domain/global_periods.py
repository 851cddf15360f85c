"""Global periods: how long a surgeon's payment covers what comes after a procedure (42 CFR 414.40, CMS).

Medicare Claims Processing Manual, chapter 12, section 40: major procedures cover the day before and ninety days after,
minor ones their day, or ten days more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

PERIODS: Final = frozenset({"000", "010", "090", *(letter * 3 for letter in "MXYZ")})
"""GLOB DAYS of CMS's relative value file: days; maternity, none, set by the contractor, of another service."""
PROCEDURES: Final[Mapping[str, int]] = MappingProxyType({"000": 0, "010": 10, "090": 90})
"""Days after the day of a procedure."""
MAJOR: Final = 90

NOT_ALL_OF_IT: Final = frozenset({"54", "55", "56", "80", "81", "82", "AS"})
"""Modifiers of who did a part of it or assisted, and is not paid for what comes after."""


@dataclass(frozen=True, slots=True)
class Surgery:
    """A procedure of the practice with days of aftercare."""

    npi: str
    """Who did it: the rendering provider, else the billing one."""
    taxonomy: str
    """Their specialty."""
    day: date
    days: int
    """10 or 90."""

    def after(self, day: date) -> int | None:
        """How many days after it a day lies; None before the day before it, and behind its period."""
        apart = (day - self.day).days
        first = -1 if self.days == MAJOR else 0
        return apart if first <= apart <= self.days else None

    def same(self, npi: str, taxonomy: str) -> bool:
        """Whether somebody counts as its surgeon: the same, or one of the group with the same specialty."""
        return npi == self.npi or (taxonomy != "" and taxonomy == self.taxonomy)

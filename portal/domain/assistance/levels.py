"""Federal poverty guidelines: what a household of a size may earn, by year and part of the country (42 USC 9902(2))."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

STATES: Final = "US"
REGIONS: Final[Mapping[str, Text]] = MappingProxyType({
    STATES: T_("48 states and DC"), "AK": T_("Alaska"), "HI": T_("Hawaii"),
})  # fmt: skip
"""The parts of the country for which HHS publishes guidelines; territories go with the 48 states."""
FIRST_YEAR: Final = 1982
LAST_YEAR: Final = 2199
"""What may stand as a year in a list."""
LISTED: Final = 8
"""Household sizes that the notice lists; each further person adds the same sum."""


@dataclass(frozen=True, slots=True)
class Level:
    """The guidelines of a year and region in whole dollars a year, for 1 to 8 people, and for each further one."""

    year: int
    region: str
    dollars: tuple[int, ...]
    extra: int

    def __post_init__(self) -> None:
        """Refuse what cannot be one: another number of sizes, sums that do not rise."""
        rises = all(one < next_ for one, next_ in zip((0, *self.dollars), self.dollars, strict=False))
        known = self.region in REGIONS and FIRST_YEAR <= self.year <= LAST_YEAR
        if not known or len(self.dollars) != LISTED or self.extra <= 0 or not rises:
            raise ValueError("no such poverty guideline")

    def cents(self, size: int) -> int:
        """What a household of so many people may earn in a year, in cents; raises ValueError for nobody."""
        if size < 1:
            raise ValueError("a household has at least one person")
        listed = self.dollars[min(size, LISTED) - 1]
        return 100 * (listed + self.extra * max(size - LISTED, 0))


def region_of(state: str) -> str:
    """The region of a two-letter state."""
    return state.upper() if state.upper() in {"AK", "HI"} else STATES


def newest(levels: Iterable[Level], region: str, day: date) -> Level | None:
    """The guidelines that hold on a day: those of its year, else of the last year before that are known."""
    known = [each for each in levels if each.region == region and each.year <= day.year]
    return max(known, key=lambda each: each.year, default=None)

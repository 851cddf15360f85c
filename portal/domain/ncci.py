"""CMS's National Correct Coding Initiative: pairs of services that are not billed together, and the most units.

Published by quarter and dated by service (CMS, Medicare NCCI Policy Manual, chapter I). Codes and numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

NEVER, WITH_MODIFIER, NOT_APPLICABLE = "0", "1", "9"
"""Modifier indicators of a pair."""

A_LINE, ABSOLUTE, A_DAY = "1", "2", "3"
"""MUE adjudication indicators: a claim line; a day, by policy and absolute; a day, by clinical benchmarks."""

SEPARATE: Final = frozenset({"59", "XE", "XP", "XS", "XU"})
"""Modifiers that say no more than that a service was distinct."""

MODIFIERS: Final = SEPARATE | {
    "25", "LT", "RT", "E1", "E2", "E3", "E4", "FA", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "TA", "T1",
    "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "LC", "LD", "RC", "LM", "RI", "24", "57", "58", "78", "79", "91",
    "27",
}  # fmt: skip
"""Modifiers by which two services of a pair with indicator 1 are both paid (NCCI Policy Manual, chapter I, E.1)."""

EITHER_CODE_START: Final = date(2019, 7, 1)
"""From this service day 59 and X{EPSU} may stand on either code of a pair (CMS change request 11168)."""


class PairEdit(NamedTuple):
    """One edit of a pair; `valid_to` is its last day, None while it stands."""

    valid_from: date
    valid_to: date | None
    indicator: Literal["0", "1", "9"]


class UnitLimit(NamedTuple):
    """The most units of a service (a medically unlikely edit) in a time."""

    valid_from: date
    valid_to: date | None
    units: int
    indicator: Literal["1", "2", "3"]


@dataclass(frozen=True, slots=True)
class NcciTables:
    """As much of both tables as the claims at hand need: pairs by (column 1, column 2), limits by code."""

    pairs: Mapping[tuple[str, str], tuple[PairEdit, ...]] = field(default_factory=lambda: MappingProxyType({}))
    limits: Mapping[str, tuple[UnitLimit, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def pair(self, column_one: str, column_two: str, on: date) -> PairEdit | None:
        """The edit of a pair that holds on a service day and applies."""
        for edit in self.pairs.get((column_one, column_two), ()):
            if _holds(edit, on) and edit.indicator != NOT_APPLICABLE:
                return edit
        return None

    def limit(self, code: str, on: date) -> UnitLimit | None:
        """The most units of a service on a service day."""
        return next((limit for limit in self.limits.get(code, ()) if _holds(limit, on)), None)


def _holds(dated: PairEdit | UnitLimit, on: date) -> bool:
    return dated.valid_from <= on and (dated.valid_to is None or on <= dated.valid_to)


NO_NCCI: Final = NcciTables()
"""Nothing loaded."""

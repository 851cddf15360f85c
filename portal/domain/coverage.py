"""Coverage: which payers cover a patient on a day, and in which order they are billed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

RANKS = ("P", "S", "T")
"""SBR01: first, second, third."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One coverage of a patient; a day left out is open on that side."""

    coverage_id: bytes
    payer_id: bytes
    rank: str
    valid_from: date | None = None
    valid_to: date | None = None

    def active_on(self, day: date) -> bool:
        """Whether it covers a service of this day; first and last day included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


def in_order(coverages: Iterable[Coverage], day: date) -> tuple[Coverage, ...]:
    """The coverages active on a service date, first payer first; equal ranks by coverage id, unknown ranks left out."""
    active = [one for one in coverages if one.active_on(day) and one.rank in RANKS]
    return tuple(sorted(active, key=lambda one: (RANKS.index(one.rank), one.coverage_id)))


def next_after(coverages: Iterable[Coverage], day: date, coverage_id: bytes) -> Coverage | None:
    """The coverage billed after this one for a service date, of another payer; None when it is the last."""
    order = in_order(coverages, day)
    at = next((at for at, one in enumerate(order) if one.coverage_id == coverage_id), None)
    if at is None:
        return None
    return next((one for one in order[at + 1 :] if one.payer_id != order[at].payer_id), None)

"""What a payer limits besides units, as pages show it and the form of an answer has it typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.domain import limits
from portal.domain.eligibility import Limit
from portal.domain.texts import Text
from portal.models.authorizations import AuthorizationRow
from portal.services.granted import uses
from portal.services.granted.left import left_together
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Limited:
    """What limits a service, or all of them together, besides units."""

    text: Text
    """In plain words; as the payer wrote it where it is not counted."""
    counted: bool
    left: tuple[Text, ...]
    typed: Mapping[str, str]
    """What the form of an answer has in it: limit, measure, per, most, each; empty where it cannot say the limit."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form of an answer offers for visits and days: code and words."""

    measures: tuple[tuple[str, Text], ...] = tuple(limits.MEASURES.items())
    periods: tuple[tuple[str, Text], ...] = tuple(limits.PERIODS.items())
    patterns: tuple[tuple[str, Text], ...] = tuple(limits.PATTERNS.items())


def together_of(uow: UnitOfWork, row: AuthorizationRow) -> Limited | None:
    """What limits all its services together, and what is left of that."""
    care = uses.care_of(row, uses.lines_of(uow, [row.id]).get(row.id, ()))
    return limited(row.limits, left_together(care, uow.today(row.practice_id)))


def limited(stored: list[Any] | None, left: tuple[Text, ...]) -> Limited | None:
    """A limit as it is stored, for the page; None where there is none."""
    limit = limits.kept(stored)
    if limit is None or stored is None:
        return None
    return Limited(limits.words(limit), limits.read(limit).counted, left, _typed(limit))


def _typed(limit: Limit) -> dict[str, str]:
    if not limits.can_be_typed(limit):
        return {}
    many, most = ("" if number is None else str(int(number)) for number in (limit.quantity, limit.rate))
    return {"measure": limit.kind, "limit": many, "each": limit.unit, "most": most, "per": limit.period}

"""What is left of an approval, in plain words: 8 of 10 visits left, 1 of 2 visits left this week."""

from __future__ import annotations

from datetime import date

from portal.domain import limits
from portal.domain.granting import GrantedCare, GrantedLine
from portal.domain.limits import Cap
from portal.domain.texts import T_, Text


def left_of(care: GrantedCare, today: date) -> tuple[Text, ...]:
    """Of all services together, then of each; with its code where there are several."""
    named = len(care.lines) > 1
    found = list(left_together(care, today))
    for line in care.lines:
        rest = left_of_line(care, line, today)
        found += [T_("{code}: {rest}", code=line.code, rest=each) for each in rest] if named else rest
    return tuple(found)


def left_together(care: GrantedCare, today: date) -> tuple[Text, ...]:
    """Of what limits all services together."""
    every = [one for line in care.lines for one in line.spent]
    return tuple(limits.left_in_words(cap, every, care.anchor, _within(care, today)) for cap in care.caps)


def left_of_limits(care: GrantedCare, line: GrantedLine, today: date) -> tuple[Text, ...]:
    """Of what limits one service besides units."""
    return tuple(limits.left_in_words(cap, line.spent, care.anchor, _within(care, today)) for cap in line.caps)


def left_of_line(care: GrantedCare, line: GrantedLine, today: date) -> tuple[Text, ...]:
    """Of one service; nothing where it has no limit."""
    caps = line.caps if line.granted is None else (Cap("units", line.granted), *line.caps)
    return tuple(limits.left_in_words(cap, line.spent, care.anchor, _within(care, today)) for cap in caps)


def _within(care: GrantedCare, today: date) -> date:
    """The day of an approval that is nearest to today."""
    return min(max(care.anchor, today), care.last or date.max)

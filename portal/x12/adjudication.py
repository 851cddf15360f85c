"""MIA and MOA: what a payer says of a claim it decided beside the amounts, in an 835 and carried in an 837."""

from __future__ import annotations

from portal.x12.reader import Segment

REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}
_MOST, _LETTERS = {"MIA": 24, "MOA": 9}, 50


def remarks(segment: Segment) -> list[str]:
    """The remark codes of a MIA or MOA."""
    return [code for n in REMARKS[segment.id] if (code := segment.get(n).strip())]


def elements(segment: Segment) -> tuple[str, ...]:
    """What a MIA or MOA says, where that is more than remarks; empty where it is not."""
    found = [segment.get(n).strip()[:_LETTERS] for n in range(1, _MOST[segment.id] + 1)]
    while found and not found[-1]:
        found.pop()
    more = any(text for n, text in enumerate(found, 1) if n not in REMARKS[segment.id])
    return tuple(found) if more else ()

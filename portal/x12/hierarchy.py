"""The HL tree of a 270, 271, 276, 277 or 278: its levels and, within one, the parts that begin with a segment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from portal.domain.interchanges import Finding
from portal.domain.texts import T_
from portal.x12.reader import Segment
from portal.x12.transactions import TransactionSet

Span = Sequence[Segment]


@dataclass(slots=True)
class Level:
    """One HL with the segments behind it; `parent` is None at the top or when HL02 names none that stands before."""

    hl: Segment
    parent: Level | None
    body: Span
    children: list[Level] = field(default_factory=list)

    @property
    def code(self) -> str:
        """HL03: 20 source, 21 receiver, 19 provider, 22 subscriber, 23 dependent, EV event, SS service."""
        return self.hl.get(3).strip()

    def up(self, code: str) -> Level | None:
        """This level or the nearest above it with this HL03."""
        level: Level | None = self
        while level is not None and level.code != code:
            level = level.parent
        return level

    def first(self, segment_id: str, qualifier: str = "") -> Segment | None:
        """The first segment of this id and, when given, this element 1."""
        return find(self.body, segment_id, qualifier)


def levels(one: TransactionSet, findings: list[Finding]) -> list[Level]:
    """Every HL of a set in file order; a parent can only be one that came before, so the tree has no circle.

    A set without its SE is torn: its last level is left out with a finding, since a part of it may be missing. So is a
    parent that is not there, and a set without any level.
    """
    segments = one.segments
    torn = segments[-1].id != "SE"
    by_number: dict[str, Level] = {}
    found: list[Level] = []
    spans = parts(segments if torn else segments[:-1], {"HL"})
    for span in spans:
        hl = span[0]
        above = hl.get(2).strip()
        parent = by_number.get(above)
        if above and parent is None:
            text = T_("This level hangs on none that stands before it.")
            findings.append(Finding(hl.position, "hl-parent", text))
        level = Level(hl, parent, span[1:])
        if torn and span is spans[-1]:
            text = T_("The file ends within this level; it was left out, since a part of it may be missing.")
            findings.append(Finding(hl.position, "level-torn", text))
            break
        if parent is not None:
            parent.children.append(level)
        by_number[hl.get(1).strip()] = level
        found.append(level)
    if not spans:
        findings.append(Finding(one.first.position, "hl-missing", T_("The transaction has no level (HL).")))
    return found


def parts(segments: Span, starts: set[str]) -> list[Span]:
    """The parts of a span, each from a segment of `starts` to before the next; what stands before the first is none."""
    marks = [at for at, segment in enumerate(segments) if segment.id in starts]
    return [segments[a:b] for a, b in pairwise([*marks, len(segments)])]


def before(segments: Span, stops: set[str]) -> Span:
    """What stands before the first segment of `stops`."""
    at = next((at for at, segment in enumerate(segments) if segment.id in stops), len(segments))
    return segments[:at]


def find(segments: Iterable[Segment], segment_id: str, qualifier: str = "") -> Segment | None:
    """The first segment of this id and, when given, this element 1; None when there is none."""
    for segment in segments:
        if segment.id == segment_id and (not qualifier or segment.get(1).strip() == qualifier):
            return segment
    return None


def said(segments: Iterable[Segment], segment_id: str, qualifier: str = "", element: int = 2) -> str:
    """An element, the second unless told, of the first such segment; empty when there is none."""
    found = find(segments, segment_id, qualifier)
    return "" if found is None else found.get(element).strip()

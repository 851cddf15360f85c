"""The loops of an 837: the HL tree, claims under it and service lines under them, as spans of segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from portal.x12.reader import Segment

Span = Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Loop:
    """Segments that stand together and, by their NM1 qualifier, the name loops that follow them."""

    head: Span
    names: dict[str, Span]

    def first(self, segment_id: str, qualifier: str = "") -> Segment | None:
        """The first segment of this id (and, when given, this element 1) before any name loop."""
        return find(self.head, segment_id, qualifier)


@dataclass(frozen=True, slots=True)
class ClaimLoop:
    """Loop 2300 with other payers, loop 2320, and service lines, loop 2400."""

    clm: Segment
    loop: Loop
    lines: tuple[Loop, ...]
    others: tuple[Loop, ...] = ()
    decided: tuple[tuple[Span, ...], ...] = ()
    """For each line its loops 2430."""
    drugs: tuple[Span, ...] = ()
    """For each line its first loop 2410 and what follows; empty where there is none."""


@dataclass(slots=True)
class Level:
    """One HL with what hangs on it; `parent` is None at the top or when HL02 names none that stands before it."""

    hl: Segment
    parent: Level | None
    loop: Loop = field(default_factory=lambda: Loop((), {}))
    claims: tuple[ClaimLoop, ...] = ()

    @property
    def code(self) -> str:
        """HL03: 20 billing provider, 22 subscriber, 23 patient."""
        return self.hl.get(3).strip()

    def up(self, code: str) -> Level | None:
        """This level or the nearest above it with this HL03."""
        level: Level | None = self
        while level is not None and level.code != code:
            level = level.parent
        return level


def levels(segments: Span) -> list[Level]:
    """Every HL of a set in order; a parent can only be one that came before, so the tree has no circle."""
    by_number: dict[str, Level] = {}
    found: list[Level] = []
    for span in _spans(segments, {"HL"}):
        hl = span[0]
        level = Level(hl, by_number.get(hl.get(2).strip()))
        starts = [i for i, segment in enumerate(span) if segment.id == "CLM"]
        level.loop = _loop(span[1 : starts[0]] if starts else span[1:], set())
        level.claims = tuple(_claim(part) for part in _spans(span, {"CLM"}))
        by_number[hl.get(1).strip()] = level
        found.append(level)
    return found


def find(segments: Iterable[Segment], segment_id: str, qualifier: str = "") -> Segment | None:
    """The first segment of this id and, when given, this element 1; None when there is none."""
    for segment in segments:
        if segment.id == segment_id and (not qualifier or segment.get(1).strip() == qualifier):
            return segment
    return None


def _claim(span: Span) -> ClaimLoop:
    marks = [*_line_starts(span), len(span)]
    parts = [span[a:b] for a, b in pairwise(marks)]
    lines = tuple(_loop(part[1:] if part[0].id == "LX" else part, {"LIN", "SVD"}) for part in parts)
    head = span[1 : marks[0]]
    others = tuple(_loop(part, set()) for part in _spans(head, {"SBR"}))
    decided = tuple(tuple(_spans(part, {"SVD"})) for part in parts)
    drugs = tuple(next(iter(_spans(part, {"LIN"})), ()) for part in parts)
    return ClaimLoop(span[0], _loop(head, {"SBR"}), lines, others, decided, drugs)


def _line_starts(span: Span) -> list[int]:
    """Where service lines begin: at each LX, and at a service that has none of its own (some senders leave LX out)."""
    starts: list[int] = []
    waiting = False
    for i, segment in enumerate(span):
        if segment.id == "LX":
            waiting = True
            starts.append(i)
        elif segment.id in {"SV1", "SV2", "SV3"}:
            if not waiting:
                starts.append(i)
            waiting = False
    return starts


def _loop(span: Span, stops: set[str]) -> Loop:
    """Head and name loops of a span, up to a segment that begins a loop of another kind.

    2410 (LIN) and 2430 (SVD) are passed over, since 2420 stands between them; behind 2320 (SBR) all is another payer's.
    """
    names: dict[str, Span] = {}
    parts = list(_spans(span, {"NM1"} | stops))
    head = span[: len(span) - sum(len(part) for part in parts)]
    for part in parts:
        if part[0].id == "SBR" and "SBR" in stops:
            break
        if part[0].id == "NM1":
            names.setdefault(part[0].get(1).strip(), part)
    return Loop(head, names)


def _spans(segments: Span, starts: set[str]) -> Iterable[Span]:
    """The parts of a span, each from a segment of `starts` to before the next."""
    marks = [i for i, segment in enumerate(segments) if segment.id in starts]
    return [segments[a:b] for a, b in pairwise([*marks, len(segments)])]

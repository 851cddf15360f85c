"""What to answer a file that came in: a TA1 for each interchange, a 999 for each group of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.domain.interchanges import Finding, GroupAnswer, InterchangeAnswer, SegmentFault, SetAnswer
from portal.x12.envelope import Envelope, Group, Interchange, walk
from portal.x12.guides import faults
from portal.x12.reader import LIMIT_BYTES, Segment, read
from portal.x12.transactions import TransactionSet

_INTERCHANGE_NOTES = {"iea-control": "001", "iea-count": "021", "iea-missing": "023"}
_GROUP_CODES = {"ge-missing": "3", "ge-control": "4", "ge-count": "5"}
_SET_CODES = {"se-missing": "2", "se-control": "3", "se-count": "4", "st-control-repeated": "23"}
_SET_CODES |= dict.fromkeys(("guide-not-adopted", "guide-unknown", "guide-kind", "guide-differs"), "I6")
"""An ST03 that cannot be taken rejects its set, never the group (X12 RFI 1438)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One answer for each interchange that can be read, and one for each group of those that are accepted."""

    interchanges: tuple[InterchangeAnswer, ...]
    groups: tuple[GroupAnswer, ...]


def answer(data: bytes, limit_bytes: int = LIMIT_BYTES) -> Answers:
    """Judge a file by its envelope (X12.5, X12.6) and, where there is a map, by its guide, down to each element.

    Whether an ISA13 was used before, and whether the ids are a partner's, is for the caller to know (notes 025, 006,
    008). Groups that are themselves acknowledgements (GS01 FA) are not answered. Raises nothing.
    """
    document = read(data, limit_bytes)
    envelope = walk(document)
    by_set: dict[int, list[SegmentFault]] = {}
    for each in faults(data, limit_bytes):
        by_set.setdefault(each.set_segment, []).append(each.fault)
    dated = {segment.position: segment for segment in document.segments if segment.id == "ISA"}
    interchanges: list[InterchangeAnswer] = []
    groups: list[GroupAnswer] = []
    for interchange in envelope.interchanges:
        isa = dated.get(interchange.segment)
        if isa is None:
            continue
        note = _interchange_note(interchange, envelope)
        interchanges.append(
            InterchangeAnswer(interchange.control, _made(interchange), "A" if note == "000" else "R", note)
        )
        if note == "000":
            groups += [
                _group(group, envelope, by_set, _count(group, document.segments))
                for group in interchange.groups
                if group.functional_id not in {"", "FA"}
            ]
    return Answers(tuple(interchanges), tuple(groups))


def _interchange_note(interchange: Interchange, envelope: Envelope) -> str:
    """TA105: what is wrong with the first and last segment of an interchange; 000 when nothing."""
    starts = [one.segment for one in envelope.interchanges]
    for finding in _within(interchange.segment, starts, envelope.findings):
        note = _INTERCHANGE_NOTES.get(finding.code)
        if note is not None:
            return note
    if not (interchange.control.isascii() and interchange.control.isdigit()):
        return "018"
    return "000"


def _made(interchange: Interchange) -> datetime:
    """ISA09 and ISA10; the sender tells no zone, so it is taken as UTC. The epoch when they cannot be read."""
    try:
        return datetime.strptime(interchange.date + interchange.time, "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _within(start: int, starts: Iterable[int], findings: Iterable[Finding]) -> list[Finding]:
    """The findings from one start to before the next."""
    end = min((one for one in starts if one > start), default=None)
    return [finding for finding in findings if finding.segment >= start and (end is None or finding.segment < end)]


def _count(group: Group, segments: Sequence[Segment]) -> int:
    """GE01 as sent; the sets that are there when it cannot be read."""
    for segment in segments[group.segment :]:
        if segment.id in {"GS", "IEA", "ISA"}:
            break
        if segment.id == "GE" and segment.get(1).strip().isdecimal():
            return int(segment.get(1).strip()[:6])
    return len(group.sets)


def _group(
    group: Group, envelope: Envelope, by_set: Mapping[int, Sequence[SegmentFault]], included: int
) -> GroupAnswer:
    starts = [one.segment for one in envelope.groups] + [one.segment for one in envelope.interchanges]
    found = _within(group.segment, starts, envelope.findings)
    codes = tuple(dict.fromkeys(_GROUP_CODES[finding.code] for finding in found if finding.code in _GROUP_CODES))
    sets = tuple(_set(one, found, by_set.get(one.first.position, ())) for one in group.sets)
    return GroupAnswer(group.functional_id, group.control, group.guide, sets, included, codes)


def _set(one: TransactionSet, found: Sequence[Finding], wrong: Sequence[SegmentFault]) -> SetAnswer:
    first, last = one.first.position, one.segments[-1].position
    own = [*(finding for finding in found if first <= finding.segment <= last), *one.findings]
    codes = [_SET_CODES[finding.code] for finding in own if finding.code in _SET_CODES]
    return SetAnswer(
        one.first.get(1).strip(), one.control, one.first.get(3).strip(), tuple(wrong), tuple(dict.fromkeys(codes))
    )

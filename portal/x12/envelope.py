"""ISA, GS and ST: walking what came in, and writing what goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.interchanges import ControlNumbers, Finding, Partner
from portal.domain.texts import T_, Text
from portal.x12.characters import STANDARD, Element, segment_text
from portal.x12.reader import Delimiters, Document, Segment
from portal.x12.transactions import FUNCTIONAL, TransactionSet, identify

_CONTROL_SEGMENTS = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE"})
_STRAYS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Group:
    """One GS to GE."""

    functional_id: str
    sender: str
    receiver: str
    control: str
    guide: str
    segment: int
    sets: tuple[TransactionSet, ...]
    implied: bool = False
    """True when the sets stand in no GS."""


@dataclass(frozen=True, slots=True)
class Interchange:
    """One ISA to IEA; `version` is ISA12, `usage` P or T, ids without their padding."""

    control: str
    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    usage: str
    version: str
    segment: int
    ta1: tuple[Segment, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Every interchange of a file, and what does not add up in its control segments."""

    interchanges: tuple[Interchange, ...]
    findings: tuple[Finding, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group, in file order."""
        return tuple(group for interchange in self.interchanges for group in interchange.groups)

    @property
    def sets(self) -> tuple[TransactionSet, ...]:
        """Every transaction set, in file order."""
        return tuple(one for group in self.groups for one in group.sets)


def walk(document: Document) -> Envelope:
    """The envelopes of a file: counts, control numbers and missing trailers become findings, nothing is dropped.

    Rules: X12.5 (SE01 counts ST and SE, GE01 the sets, IEA01 the groups; trailer numbers repeat the header's).
    """
    walker = _Walker()
    for segment in document.segments:
        if walker.body and segment.id not in _CONTROL_SEGMENTS:
            walker.body.append(segment)
        else:
            walker.take(segment)
    walker.close_interchange(None)
    return Envelope(tuple(walker.interchanges), tuple(walker.findings))


class _Walker:
    """What is open at a segment; a header closes whatever a missing trailer left open."""

    def __init__(self) -> None:
        self.interchanges: list[Interchange] = []
        self.findings: list[Finding] = []
        self.isa: Segment | None = None
        self.gs: Segment | None = None
        self.last_gs: Segment | None = None
        self.body: list[Segment] = []
        self.ta1: list[Segment] = []
        self.groups: list[Group] = []
        self.sets: list[TransactionSet] = []
        self.set_controls: set[str] = set()
        self.group_controls: set[tuple[str, str]] = set()
        self.strays = 0

    def take(self, segment: Segment) -> None:
        """A control segment, or any segment while no set is open."""
        match segment.id:
            case "ISA":
                self.close_interchange(None)
                self.isa = segment
            case "IEA":
                self.close_interchange(segment)
            case "GS":
                self.close_group(None)
                self.gs = self.last_gs = segment
            case "GE":
                self.close_group(segment)
            case "ST":
                self.close_set(None)
                self.body = [segment]
            case "SE":
                self.close_set(segment)
            case "TA1":
                self.ta1.append(segment)
            case _:
                self.stray(segment)

    def say(self, segment: Segment, code: str, text: Text) -> None:
        self.findings.append(Finding(segment.position, code, text))

    def stray(self, segment: Segment) -> None:
        self.strays += 1
        if self.strays <= _STRAYS_SHOWN:
            text = T_("The segment {id} stands outside of any transaction; it was passed over.", id=segment.id[:3])
            self.say(segment, "stray-segment", text)

    def trailer(self, header: Segment, trailer: Segment, place: int, actual: int) -> None:
        """Compare a trailer's count (element 1) and number (element 2) with what was counted and the header's."""
        pair = {"header": header.id, "trailer": trailer.id}
        count = trailer.get(1).strip()
        if not (count.isascii() and count.isdigit() and int(count[:18]) == actual):
            says = T_("{trailer}01 does not say {actual}, which is the right count.", trailer=trailer.id, actual=actual)
            self.say(trailer, f"{trailer.id.lower()}-count", says)
        if trailer.get(2).strip() != header.get(place).strip():
            differ = T_("The control numbers of {header} and {trailer} differ.", **pair)
            self.say(trailer, f"{trailer.id.lower()}-control", differ)

    def missing(self, header: Segment, trailer: str) -> None:
        text = T_("{header} has no closing {trailer}: the file may be cut short.", header=header.id, trailer=trailer)
        self.say(header, f"{trailer.lower()}-missing", text)

    def close_set(self, trailer: Segment | None) -> None:
        if not self.body:
            if trailer is not None:
                self.stray(trailer)
            return
        header, body, self.body = self.body[0], self.body, []
        if trailer is None:
            self.missing(header, "SE")
        else:
            body.append(trailer)
            self.trailer(header, trailer, 2, len(body))
        control = header.get(2).strip()
        if control in self.set_controls:
            twice = T_("The control number of this ST was used before in the same group.")
            self.say(header, "st-control-repeated", twice)
        self.set_controls.add(control)
        if self.gs is None:
            self.say(header, "gs-missing", T_("This transaction stands in no functional group (GS)."))
        self.sets.append(identify(tuple(body), self.gs))

    def close_group(self, trailer: Segment | None) -> None:
        if self.body:
            self.close_set(None)
        header, sets = self.gs, tuple(self.sets)
        self.gs, self.sets, self.set_controls = None, [], set()
        if header is None:
            if trailer is not None:
                self.stray(trailer)
            if sets:
                self.groups.append(Group("", "", "", "", "", sets[0].first.position, sets, implied=True))
            return
        if trailer is None:
            self.missing(header, "GE")
        else:
            self.trailer(header, trailer, 6, len(sets))
        names = [header.get(n).strip() for n in (1, 2, 3, 6, 8)]
        if (names[0], names[3]) in self.group_controls:
            twice = T_("The control number of this GS was used before in the same interchange.")
            self.say(header, "gs-control-repeated", twice)
        self.group_controls.add((names[0], names[3]))
        self.groups.append(Group(names[0], names[1], names[2], names[3], names[4], header.position, sets))

    def close_interchange(self, trailer: Segment | None) -> None:
        if self.gs is not None or self.body or self.sets:
            self.close_group(None)
        header, groups, ta1 = self.isa, tuple(self.groups), tuple(self.ta1)
        self.isa, self.groups, self.ta1, self.group_controls = None, [], [], set()
        if header is None:
            if trailer is not None:
                self.stray(trailer)
            if not groups and not ta1:
                return
            # A GS may stand alone, with neither ISA before nor ST behind it.
            first_sets = (one.first for group in groups for one in group.sets)
            header = ta1[0] if ta1 else next(first_sets, self.last_gs)
            assert header is not None, "a group comes from a GS or from the sets in it"
            self.say(header, "isa-missing", T_("What follows stands in no interchange (ISA)."))
        elif trailer is None:
            self.missing(header, "IEA")
        else:
            self.trailer(header, trailer, 13, sum(1 for group in groups if not group.implied))
        self.interchanges.append(_interchange(header, ta1, groups))


def _interchange(header: Segment, ta1: tuple[Segment, ...], groups: tuple[Group, ...]) -> Interchange:
    def named(n: int) -> str:
        return header.get(n).strip() if header.id == "ISA" else ""

    return Interchange(
        control=named(13),
        sender_qualifier=named(5),
        sender=named(6),
        receiver_qualifier=named(7),
        receiver=named(8),
        date=named(9),
        time=named(10),
        usage=named(15),
        version=named(12),
        segment=header.position,
        ta1=ta1,
        groups=groups,
    )


def write_interchange(
    partner: Partner,
    numbers: ControlNumbers,
    functional_id: str,
    guide: str,
    sets: Sequence[Sequence[Sequence[Element]]],
    at: datetime,
    *,
    delimiters: Delimiters = STANDARD,
    ask_ta1: bool = False,
) -> bytes:
    """One interchange of one group: each set is its segments between ST and SE, each segment its id and elements.

    Text becomes upper-case ASCII without separators, trailing empty elements and components go; ISA, GS, ST and their
    trailers are added. ST02 counts up from `numbers.first_set`. Raises ValueError for an unknown GS01, for no set, and
    for ids, numbers or delimiters that do not fit (X12.5; 005010 guides, appendix on envelopes).
    """
    if functional_id not in FUNCTIONAL or not sets:
        raise ValueError(f"nothing to write for GS01 {functional_id!r}")
    group = _control(numbers.group, 1)
    body: list[str] = []
    day = [at.strftime("%Y%m%d"), at.strftime("%H%M")]
    gs = ["GS", functional_id, partner.group_sender, partner.group_receiver, *day, group, "X", guide]
    body.append(segment_text(gs, delimiters))
    for offset, segments in enumerate(sets):
        control = _control(numbers.first_set + offset, 4)
        named = "" if functional_id == "HP" else guide  # ST03 is not used in the 835 (005010X221A1)
        body.append(segment_text(["ST", FUNCTIONAL[functional_id], control, named], delimiters))
        body.extend(segment_text(segment, delimiters) for segment in segments)
        body.append(segment_text(["SE", str(len(segments) + 2), control], delimiters))
    body.append(segment_text(["GE", str(len(sets)), group], delimiters))
    return _enclose(partner, numbers.interchange, body, 1, at, delimiters, ask_ta1=ask_ta1)


def write_ta1s(
    partner: Partner,
    interchange: int,
    segments: Sequence[Sequence[Element]],
    at: datetime,
    *,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """One interchange that holds TA1 segments and no group (IEA01 = 0); raises ValueError as `write_interchange`."""
    body = [segment_text(segment, delimiters) for segment in segments]
    return _enclose(partner, interchange, body, 0, at, delimiters, ask_ta1=False)


def _enclose(
    partner: Partner,
    interchange: int,
    body: list[str],
    groups: int,
    at: datetime,
    delimiters: Delimiters,
    *,
    ask_ta1: bool,
) -> bytes:
    ids = [partner.sender_qualifier, partner.sender_id.upper(), partner.receiver_qualifier, partner.receiver_id.upper()]
    if any(len(text) > width or not text.isascii() for text, width in zip(ids, (2, 15, 2, 15), strict=True)):
        raise ValueError("an ISA qualifier is at most 2 and an id at most 15 ASCII characters")
    control = _control(interchange, 9)
    isa = ["ISA", "00", " " * 10, "00", " " * 10, ids[0].ljust(2), ids[1].ljust(15), ids[2].ljust(2), ids[3].ljust(15)]
    isa += [at.strftime("%y%m%d"), at.strftime("%H%M"), delimiters.repetition, "00501", control]
    isa += ["1" if ask_ta1 else "0", partner.usage, delimiters.component]
    head = delimiters.element.join(isa) + delimiters.terminator
    marks = {delimiters.element, delimiters.component, delimiters.repetition, delimiters.terminator}
    alone = len(marks) == 4 and not any(mark.isalnum() or mark == " " for mark in marks)
    if not alone or len(head) != 106 or head.count(delimiters.element) != 16 or head.count(delimiters.terminator) != 1:
        raise ValueError("the ISA segment cannot be written in 106 characters with these ids and delimiters")
    tail = segment_text(["IEA", str(groups), control], delimiters)
    return "".join([head, *body, tail]).encode("ascii")


def _control(number: int, width: int) -> str:
    if not 0 < number < 10**9:
        raise ValueError(f"a control number has one to nine digits and is not nought: {number}")
    return str(number).zfill(width)

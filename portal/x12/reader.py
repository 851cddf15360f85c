"""Any X12 file as segments: delimiters from each ISA, everything kept in its place, nothing ever raised."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.domain.interchanges import Finding
from portal.domain.texts import T_

LIMIT_BYTES = 25 * 1024 * 1024
MOST_SEGMENTS = 1_500_000
"""So many a file within the limit holds when they have the length of those of claims; more only fill the memory."""
MOST_CONTROLS = 125_000
"""Segments of envelopes and sets: 20,000 transactions, each in an interchange of its own."""
_CONTROLS = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"})
_BLANKS = " \t\r\n"
_ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
"""Where the element separator stands in an ISA of the fixed 106 characters, counted from 0."""
_ISA_START = re.compile(r"ISA(?=[^A-Za-z0-9 \r\n])")
_NEXT_SEGMENT = re.compile(r"[ \t\r\n]*(?:GS|TA1|IEA)(?![A-Za-z0-9])")
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_BAD_IDS_SHOWN = 20
_BAD_ISA_TRIED = 20


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The four characters an ISA declares: character 4, ISA11, ISA16 and the one behind ISA16.

    `repetition` is empty for an interchange before version 00402 and when ISA11 is a letter or digit (old style U).
    """

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"


class Segment:
    """One segment. `position` counts from 1 = the file's first ISA; `elements[0]` is the id, so `elements[n]` is XXXnn.

    Not a dataclass: an 835 of 10,000 claims has 150,000 of these and a frozen one takes three times as long to make.
    """

    __slots__ = ("delimiters", "elements", "id", "position")

    def __init__(self, elements: tuple[str, ...], position: int, delimiters: Delimiters) -> None:
        self.id = elements[0]
        self.elements = elements
        self.position = position
        self.delimiters = delimiters

    def get(self, n: int) -> str:
        """Element n, counted from 1, as sent; empty when absent."""
        try:
            return self.elements[n]
        except IndexError:
            return ""

    def components(self, n: int) -> list[str]:
        """The components of element n; [""] when absent."""
        return self.get(n).split(self.delimiters.component)

    def repeats(self, n: int) -> list[str]:
        """The repetitions of element n; one when the interchange has no repetition separator."""
        repetition = self.delimiters.repetition
        return self.get(n).split(repetition) if repetition else [self.get(n)]

    def __repr__(self) -> str:
        """The id and place only: segments hold protected data."""
        return f"<{self.id} at {self.position}>"


@dataclass(frozen=True, slots=True)
class Document:
    """A file's segments in order and what is wrong with their writing; meaning is judged elsewhere."""

    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...]


def read(data: bytes, limit_bytes: int = LIMIT_BYTES) -> Document:
    """Read an X12 file, whatever its delimiters, line ends and indentation; whatever is wrong becomes a finding.

    Delimiters are taken anew from every ISA (X12.5: character 4, ISA11, ISA16, character 106). An ISA that is not 106
    characters long is split on character 4. Above `limit_bytes`, or of too many segments, nothing is read.
    Raises nothing.
    """
    if len(data) > limit_bytes:
        text = T_("The file has {size} bytes; at most {limit} are read.", size=len(data), limit=limit_bytes)
        return Document((), (Finding(0, "too-large", text),))
    findings: list[Finding] = []
    text_of_file = _decode(data, findings)
    if "\x00" in text_of_file:  # in no character set of X12, and PostgreSQL stores none
        text_of_file = text_of_file.replace("\x00", " ")
        findings.append(Finding(0, "nul", T_("The file holds NUL characters; they were read as blanks.")))
    starts = _interchange_starts(text_of_file, findings)
    segments: list[Segment] = []
    if sum(text_of_file.count(marks.terminator, start, end) for start, end, marks in starts) > MOST_SEGMENTS:
        return _too_many()
    for start, end, delimiters in starts:
        terminator, element = delimiters.terminator, delimiters.element
        position = len(segments)
        for part in text_of_file[start:end].split(terminator):
            raw = part.strip(_BLANKS)
            if raw:
                position += 1
                segments.append(Segment(tuple(raw.split(element)), position, delimiters))
    if sum(segment.id in _CONTROLS for segment in segments) > MOST_CONTROLS:
        return _too_many()
    _check_ids(segments, findings)
    return Document(tuple(segments), tuple(findings))


def _too_many() -> Document:
    text = T_("The file holds more segments than are read of one file. Split it; nothing of it was read.")
    return Document((), (Finding(0, "too-large", text),))


def _decode(data: bytes, findings: list[Finding]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = T_("The file is neither ASCII nor UTF-8; its bytes were read as Latin-1.")
        findings.append(Finding(0, "encoding", text))
        return data.decode("latin-1")


def _interchange_starts(text: str, findings: list[Finding]) -> list[tuple[int, int, Delimiters]]:
    """Start, end and delimiters of each interchange; the findings about ISA come with the right segment position."""
    found: list[tuple[int, Delimiters]] = []
    position, unreadable = 1, 0
    for match in _ISA_START.finditer(text):
        start = match.start()
        if found and not _ends_segment(text, found[-1], start):
            continue
        if not found and not unreadable and text[:start].strip(_BLANKS):
            lost = T_("There is text before the first ISA segment; it was not read.")
            findings.append(Finding(0, "text-before-isa", lost))
        if found:
            last, before = found[-1]
            position += sum(1 for part in text[last:start].split(before.terminator) if part.strip(_BLANKS))
        delimiters = _delimiters(text, start, position, findings)
        if delimiters is not None:
            found.append((start, delimiters))
        elif (unreadable := unreadable + 1) == _BAD_ISA_TRIED:
            break
    if not found and not unreadable:
        findings.append(Finding(0, "no-isa", T_("There is no ISA segment: this is not an X12 file.")))
    ends = [start for start, _ in found[1:]] + [len(text)]
    return [(start, end, delimiters) for (start, delimiters), end in zip(found, ends, strict=False)]


def _ends_segment(text: str, current: tuple[int, Delimiters], at: int) -> bool:
    """True when the text before `at` ended a segment of the interchange that is open."""
    start, delimiters = current
    blanks = _BLANKS.replace(delimiters.terminator, "")
    return text[max(start + 4, at - 200) : at].rstrip(blanks).endswith(delimiters.terminator)


def _delimiters(text: str, start: int, position: int, findings: list[Finding]) -> Delimiters | None:
    isa = text[start : start + 106]
    element = isa[3:4]
    fixed = len(isa) == 106 and all(isa[i] == element for i in _ISA_SEPARATORS) and isa.count(element) == 16
    fixed = fixed and not isa[105].isalnum()
    if not fixed:
        wrong = T_("The ISA segment is not 106 characters long; its elements were told apart by their separator.")
        findings.append(Finding(position, "isa-length", wrong))
    parts = text[start : start + 400].split(element, 16)
    if len(parts) < 17 or not parts[16]:
        short = T_("The ISA segment is cut short or has no 16 elements; what follows it was not read.")
        findings.append(Finding(position, "isa-unreadable", short))
        return None
    tail = parts[16]
    # A component separator left out makes the terminator the first character: what must follow tells which.
    missing = not fixed and not _NEXT_SEGMENT.match(tail[2:]) and _NEXT_SEGMENT.match(tail[1:]) is not None
    component, terminator = ("", tail[0]) if missing else (tail[0], tail[1:2])
    if component in ("\r", "\n"):
        component, terminator = "", component
    if not terminator or terminator.isalnum() or terminator == element:
        bad = T_("The ISA segment does not end in a segment terminator; what follows it was not read.")
        findings.append(Finding(position, "isa-unreadable", bad))
        return None
    repetition = parts[11] if len(parts[11]) == 1 and not parts[11].isalnum() and parts[12] >= "00402" else ""
    used = [element, component, repetition, terminator]
    named = [mark for mark in used if mark]
    if not component or component.isalnum() or len(set(named)) < len(named):
        clash = T_("The ISA segment does not declare four different separators; composites may be read wrongly.")
        findings.append(Finding(position, "delimiters", clash))
    return Delimiters(element, component or "\x00", repetition, terminator)


def _check_ids(segments: list[Segment], findings: list[Finding]) -> None:
    bad = {segment.id for segment in segments}
    bad = {name for name in bad if not _SEGMENT_ID.fullmatch(name)}
    if bad:
        wrong = [segment.position for segment in segments if segment.id in bad]
        text = T_("This is not a segment: it does not begin with a segment id of two or three letters and digits.")
        findings.extend(Finding(position, "segment-id", text) for position in wrong[:_BAD_IDS_SHOWN])

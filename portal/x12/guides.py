"""Segment by segment against the implementation guides, through pyx12's maps: its findings in our words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.domain.interchanges import ElementFault, Finding, SegmentFault
from portal.domain.texts import T_
from portal.x12.acknowledgements.reasons import element_reason, segment_reason, set_code_reason
from portal.x12.maps import errors_of
from portal.x12.reader import LIMIT_BYTES, Document, Segment, read

_FUNCTIONAL_ID_OF_GUIDE = {
    "005010X221A1": "HP",
    "005010X222A1": "HC",
    "005010X223A2": "HC",
    "005010X214": "HN",
    "005010X231": "FA",
    "005010X231A1": "FA",
}
"""The guides pyx12 has 5010 maps for, of those we use, and the GS01 it knows them by."""
_ENVELOPE_CODES = frozenset({"2", "3", "4", "5", "23"})
"""IK502 codes that the walk over the envelope finds by itself, and 5, which only sums up."""
_COUNTED_ELEMENTS = {"HL1": 1, "HL2": 2, "LX": 1}
"""pyx12's own codes for a wrong HL01, HL02 or LX01: element that does not have the form the guide asks for (I12)."""


@dataclass(frozen=True, slots=True)
class GuideFault:
    """A fault ready for a 999: its place in the file and that of its ST (both from 1 = ISA)."""

    segment: int
    set_segment: int
    fault: SegmentFault


def supported(guide: str) -> bool:
    """True when there is a map for this GS08: 837P, 837I, 835, 277CA and 999 in their adopted versions."""
    return guide in _FUNCTIONAL_ID_OF_GUIDE


def validate(data: bytes, limit_bytes: int = LIMIT_BYTES) -> tuple[Finding, ...]:
    """Findings of the guides for every group with a map, coded `IK3:code` and `IK4:code@element` as in a 999.

    Groups of other guides, and what envelope and reader find, are left to `portal.x12.check`. Raises nothing, prints
    nothing, writes no file; texts carry no value of the file.
    """
    found, stopped = _faults(read(data, limit_bytes))
    findings = list(stopped)
    for each in found:
        name, position = each.fault.segment_id, str(each.fault.position)
        if not each.fault.elements:
            code = each.fault.code
            findings.append(Finding(each.segment, f"IK3:{code}", segment_reason(name, position, code)))
        for element in each.fault.elements:
            place = f"{element.element}-{element.component}" if element.component else str(element.element)
            text = element_reason(name, place, element.code)
            findings.append(Finding(each.segment, f"IK4:{element.code}@{place}", text))
    return tuple(sorted(findings, key=lambda finding: finding.segment))


def faults(data: bytes, limit_bytes: int = LIMIT_BYTES) -> tuple[GuideFault, ...]:
    """The same as IK3 and IK4 of a 999 (005010X231A1), in file order; raises nothing."""
    return _faults(read(data, limit_bytes))[0]


def _faults(document: Document) -> tuple[tuple[GuideFault, ...], tuple[Finding, ...]]:
    found: list[GuideFault] = []
    stopped: list[Finding] = []
    for group in _groups(document):
        try:
            answer = _run(group)
        except Exception:  # noqa: BLE001 - pyx12 raises many kinds on broken files; a fault of theirs is a finding of ours
            text = T_("This group could not be checked against its guide: its structure is too broken.")
            stopped.append(Finding(group[0].position, "guide-unchecked", text))
            continue
        reading = _Answer(group)
        for one in _sets(answer):
            found.extend(reading.faults(one))
            stopped.extend(reading.set_findings(one))
    return tuple(sorted(found, key=lambda each: each.segment)), tuple(stopped)


def _groups(document: Document) -> Iterator[list[Segment]]:
    """The segments from GS to GE of every group whose guide has a map; without GE up to what follows."""
    group: list[Segment] = []
    for segment in document.segments:
        if segment.id in ("GS", "ISA", "IEA"):
            if group:
                yield group
            guide = segment.get(8).strip() if segment.id == "GS" else ""
            known = segment.id == "GS" and _FUNCTIONAL_ID_OF_GUIDE.get(guide) == segment.get(1).strip()
            group = [segment] if known else []
        elif group and segment.id != "TA1":
            group.append(segment)
            if segment.id == "GE":
                yield group
                group = []
    if group:
        yield group


def _run(group: list[Segment]) -> dict[str, Any]:
    """pyx12's error list for one group, in a frame of our own so that only the group is judged."""
    marks = group[0].delimiters
    repetition = marks.repetition or "\x1e"
    frame = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", "A".ljust(15), "ZZ", "B".ljust(15), "260101", "0000"]
    lines = [[*frame, repetition, "00501", "000000001", "0", "T", marks.component]]
    lines += [[*segment.elements] for segment in group]
    lines += [["IEA", "1", "000000001"]]
    text = "".join(marks.element.join(line) + marks.terminator for line in lines)
    return errors_of(text, group[0].get(8).strip(), group[0].get(1).strip())


def _sets(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for interchange in answer["interchanges"]:
        for group in interchange["groups"]:
            yield from group["transactions"]


class _Answer:
    """Turns pyx12's line numbers (ISA of the frame = 1) into positions of the file and of the set."""

    def __init__(self, group: list[Segment]) -> None:
        self.group = group
        self.starts: list[int] = []
        self.claims: list[str] = []
        start, claim = 0, ""
        for index, segment in enumerate(group):
            if segment.id == "ST":
                start, claim = index, ""
            elif segment.id == "CLM":
                claim = segment.get(1)
            self.starts.append(start)
            self.claims.append(claim)

    def faults(self, one: dict[str, Any]) -> Iterator[GuideFault]:
        for segment in one["segments"]:
            index = min(max(int(segment["cur_line"]) - 2, 0), len(self.group) - 1)
            elements = [
                ElementFault(
                    element=int(element["ele_pos"] or 0),
                    code=str(error["err_cde"]),
                    component=int(element["subele_pos"] or 0),
                    reference=str(element["ele_ref_num"] or ""),
                )
                for element in segment["elements"]
                for error in element["errors"]
            ]
            for error in segment["errors"]:
                code = str(error["err_cde"])
                if code in _COUNTED_ELEMENTS:
                    elements.append(ElementFault(_COUNTED_ELEMENTS[code], "I12"))
                else:
                    yield self.fault(index, str(segment["seg_id"]), "8" if code == "SEG1" else code, ())
            if elements:
                yield self.fault(index, str(segment["seg_id"]), "8", tuple(elements))

    def fault(self, index: int, segment_id: str, code: str, elements: tuple[ElementFault, ...]) -> GuideFault:
        start = self.starts[index]
        fault = SegmentFault(
            segment_id=segment_id,
            position=index - start + 1,
            code=code,
            claim_control=self.claims[index],
            elements=elements,
        )
        return GuideFault(self.group[index].position, self.group[start].position, fault)

    def set_findings(self, one: dict[str, Any]) -> Iterator[Finding]:
        index = min(max(int(one["cur_line"]) - 2, 0), len(self.group) - 1)
        for error in one["errors"]:
            code = str(error["err_cde"])
            if code not in _ENVELOPE_CODES:
                yield Finding(self.group[self.starts[index]].position, f"IK5:{code}", set_code_reason(code))

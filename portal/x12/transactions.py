"""Which transaction a set is: its kind, its implementation guide and whether both agree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.domain.interchanges import Finding
from portal.domain.texts import T_
from portal.x12.reader import Segment

_GUIDES = {
    ("X222", "837"): ("837P", "A1"),
    ("X223", "837"): ("837I", "A2"),
    ("X224", "837"): ("837D", "A2"),
    ("X221", "835"): ("835", "A1"),
    ("X279", "270"): ("270", "A1"),
    ("X279", "271"): ("271", "A1"),
    ("X212", "276"): ("276", ""),
    ("X212", "277"): ("277", ""),
    ("X214", "277"): ("277CA", ""),
    ("X217", "278"): ("278", ""),
    ("X231", "999"): ("999", "A1"),
}
"""Guide number and ST01 to kind and addenda: the adopted ones of 45 CFR 162, 999 and 277CA by custom."""
FUNCTIONAL = {"HC": "837", "HP": "835", "HS": "270", "HB": "271", "HR": "276", "HN": "277", "HI": "278", "FA": "999"}
_GUIDE = re.compile(r"005010(X[0-9]{3})((?:A[0-9])?)")
_CLAIM_LINES = {"SV1": "837P", "SV2": "837I", "SV3": "837D"}
_NUMBERS = frozenset(number for number, _ in _GUIDES)


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """One ST to SE. `findings` are about its guide; what is wrong with its envelope stands in `Envelope.findings`."""

    kind: str
    """837P, 837I, 837D, 835, 999, 997, 277CA, 277, 276, 270, 271 or 278; ST01 as sent when it is none of them."""
    guide: str
    """ST03, else GS08; empty when neither is there."""
    control: str
    """ST02."""
    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def first(self) -> Segment:
        """The ST."""
        return self.segments[0]


def identify(segments: tuple[Segment, ...], group: Segment | None) -> TransactionSet:
    """A transaction set of segments from its ST on: kind from the guide where guide and ST01 agree, else from ST01.

    Guides: 45 CFR 162.1102-1802; GS08 and ST03 must name the same one. Of 999 the addenda is custom only, so X231 and
    X231A1 both pass. What does not agree becomes a finding at the ST.
    """
    first = segments[0]
    code, named = first.get(1).strip(), first.get(3).strip()
    of_group = group.get(8).strip() if group is not None else ""
    guide = named or of_group
    match = _GUIDE.fullmatch(guide)
    known = _GUIDES.get((match[1], code)) if match else None
    kind = known[0] if known else _kind_by_content(code, segments)
    findings: list[Finding] = []
    if known and match and match[2] != known[1] and kind != "999":
        adopted = f"005010{match[1]}{known[1]}"
        text = T_("The guide {guide} is not the adopted {adopted}.", guide=guide, adopted=adopted)
        findings.append(Finding(first.position, "guide-not-adopted", text))
    elif match and match[1] in _NUMBERS and not known:
        text = T_("The guide {guide} is not one of transaction {code}.", guide=guide, code=code[:3])
        findings.append(Finding(first.position, "guide-kind", text))
    elif not known and kind != "997":
        text = T_("Neither ST03 nor GS08 names an implementation guide that is known here.")
        findings.append(Finding(first.position, "guide-unknown", text))
    if named and of_group and named != of_group:
        text = T_("ST03 and GS08 name different guides: {guide} and {other}.", guide=named[:12], other=of_group[:12])
        findings.append(Finding(first.position, "guide-differs", text))
    functional = group.get(1).strip() if group is not None else ""
    if functional and FUNCTIONAL.get(functional) != ("999" if code == "997" else code):
        text = T_("The functional id GS01 does not belong to transaction {code}.", code=code[:3])
        findings.append(Finding(first.position, "functional-id", text))
    return TransactionSet(kind, guide, first.get(2).strip(), segments, tuple(findings))


def _kind_by_content(code: str, segments: tuple[Segment, ...]) -> str:
    """Kind when no known guide says it: an 837 by its service lines (837P when it has none), a 277 by BHT01."""
    if code == "837":
        return next((_CLAIM_LINES[segment.id] for segment in segments if segment.id in _CLAIM_LINES), "837P")
    if code == "277" and any(segment.id == "BHT" and segment.get(1) == "0085" for segment in segments[:3]):
        return "277CA"
    return code

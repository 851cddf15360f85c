"""Edits about the side of the body: what a diagnosis says by its title, beside what the service's modifier says.

Right and left are read from the titles that are loaded (`domain.titles`); without them nothing is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.texts import T_
from portal.domain.titles import Title

LEFT: Final = frozenset({"LT", "E1", "E2", "FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4"})
RIGHT: Final = frozenset({"RT", "E3", "E4", "F5", "F6", "F7", "F8", "F9", "T5", "T6", "T7", "T8", "T9"})
"""HCPCS level II modifiers of a side, an eyelid, a finger or a toe (CMS, public domain)."""

_OTHER: Final[Mapping[str, str]] = MappingProxyType({"right": "left", "left": "right"})
_TREATED = ("H0", "H1", "H2", "H3", "H4", "H6", "H7", "H8", "H9", "M", "S")
"""Chapters whose side is that of the part itself; the side of a stroke or of a field of sight is not where it is
treated."""
_COMPARE = T_("Compare the record; return the claim to coding.")


def side_of(line: ServiceLine) -> str:
    """The one side that the modifiers of a line say; empty for none or both."""
    some = set(line.modifiers)
    left, right = bool(some & LEFT), bool(some & RIGHT)
    return "" if left == right or "50" in some else "left" if left else "right"


def _pointed(claim: Claim, context: EditContext) -> Iterator[tuple[int, str, list[tuple[str, Title]]]]:
    """(Number, side, code and title of each diagnosis pointed to) of lines with a side."""
    titles = context.codes.titles
    if not titles or claim.code_qualifier != "ABK":
        return
    for number, line in enumerate(claim.lines, start=1):
        side = side_of(line) if line.modifiers else ""
        if side:
            codes = [claim.diagnoses[at - 1] for at in line.pointers if 0 < at <= len(claim.diagnoses)]
            yield number, side, [(code, titles[code]) for code in codes if code in titles]


def _against(claim: Claim, context: EditContext) -> Iterator[tuple[int, bool]]:
    """(Line, whether there is no other reason for it) where diagnoses say only the other side.

    A reason may be a diagnosis without a side, one whose side is not that of the part treated, or that a picture of the
    sound side is taken beside that of the other.
    """
    for number, side, pointed in _pointed(claim, context):
        other = [code for code, title in pointed if title.side == _OTHER[side]]
        if other and not any(title.side in {side, "both"} for _, title in pointed):
            line = claim.lines[number - 1]
            alone = len(other) == len(line.pointers) and all(code.startswith(_TREATED) for code in other)
            yield number, alone and not _is_picture(line.code)


def _is_picture(code: str) -> bool:
    """Whether a number of level I lies where imaging lies, 70000 to 79999, or a code of level II does."""
    return code[:1] in {"7", "R"}


def _contrary(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, treated in _against(claim, context):
        if treated:
            text = T_("Line {line}: its modifier says one side of the body, its diagnosis the other.", line=number)
            yield Found(text, _COMPARE, number)


def _unlikely(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, treated in _against(claim, context):
        if not treated:
            text = T_("Line {line}: its diagnosis names the other side of the body than its modifier.", line=number)
            todo = T_("Right where the cause lies on the other side, as after a stroke, or the two sides are compared.")
            yield Found(text, todo, number)


def _unsaid(claim: Claim, context: EditContext) -> Iterator[Found]:
    titles = context.codes.titles
    if not titles or claim.code_qualifier != "ABK":
        return
    for number, code in enumerate(claim.diagnoses, start=1):
        if code in titles and titles[code].side == "unsaid":
            yield Found(
                T_("Diagnosis {number} does not say which side, and there are codes that do.", number=number),
                T_("If the record or a modifier says the side, let coding take the code of that side."),
            )


RULES = (
    Rule(
        "diagnosis-side",
        T_("Diagnosis and modifier say the same side"),
        "block",
        T_("Modifier LT with pain in the right knee."),
        _contrary,
    ),
    Rule(
        "diagnosis-side-likely",
        T_("The other side has its reason"),
        "warn",
        T_("Modifier LT with a stroke on the right side."),
        _unlikely,
    ),
    Rule(
        "diagnosis-side-unsaid",
        T_("Diagnosis says its side"),
        "warn",
        T_("Pain in a knee, without saying which one."),
        _unsaid,
    ),
)

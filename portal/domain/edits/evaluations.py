"""Edits about the modifiers of evaluations (24, 25, 57), as far as the number of a service tells what it is not.

Which services are evaluations is the AMA's to say; which never are, their series tells: letters of HCPCS level II and
ranges of numbers. Rules of CMS (Medicare Claims Processing Manual, chapter 12, sections 30.6.6 and 40.2), in our words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from portal.domain.claims import Claim
from portal.domain.codes import procedure_set
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.laboratories import is_laboratory_number
from portal.domain.texts import T_

OF_EVALUATIONS: Final = frozenset({"24", "25", "57"})
_SUPPLIES: Final = frozenset("ABEJKL")
"""HCPCS level II: transport and supplies, nutrition, equipment, drugs, carriers' equipment, prostheses."""
_NEVER: Final = _SUPPLIES | frozenset("PR")
"""Laboratory and X-ray by level II, too."""
_AFTER_ANESTHESIA, _FIRST_SURGERY, _AFTER_LABORATORY = "02000", "10000", "90000"


def is_never_evaluation(code: str) -> bool:
    """Whether a service is surely none: supplies and drugs, anesthesia, surgery, imaging and laboratory by number."""
    kind = procedure_set(code)
    if kind == "hcpcs":
        return code[0] in _NEVER
    return (
        kind == "cpt" and code.isdecimal() and (code < _AFTER_ANESTHESIA or _FIRST_SURGERY <= code < _AFTER_LABORATORY)
    )


def _is_procedure(code: str) -> bool:
    """Whether a service can be the one that an evaluation of the same day stands apart from."""
    return not (code[:1] in _SUPPLIES and procedure_set(code) == "hcpcs") and not is_laboratory_number(code)


def _misplaced(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in enumerate(claim.lines, start=1):
        if line.modifiers and not OF_EVALUATIONS.isdisjoint(line.modifiers) and is_never_evaluation(line.code):
            yield Found(
                T_("Line {line}: modifiers 24, 25 and 57 are for evaluations, and this service is none.", line=number),
                T_("Return the claim to coding: the modifier belongs on the line of the evaluation."),
                number,
            )


def _alone(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line in enumerate(claim.lines, start=1):
        if "25" not in line.modifiers or line.from_date is None:
            continue
        others = (
            *((one.code, one.from_date) for at, one in enumerate(claim.lines, start=1) if at != number),
            *((one.code, one.day) for one in context.prior),
        )
        if not any(day == line.from_date and _is_procedure(code) for code, day in others):
            yield Found(
                T_("Line {line}: modifier 25 sets it apart from another service of the day, and none is here.",
                   line=number),
                T_("Right if the other service goes on a claim of its own; else let coding take it off."),
                number,
            )  # fmt: skip


RULES = (
    Rule(
        "modifier-evaluation",
        T_("Modifiers 24, 25 and 57 stand on evaluations"),
        "block",
        T_("Modifier 25 on an injected drug (J1885)."),
        _misplaced,
    ),
    Rule(
        "modifier-25-alone",
        T_("Modifier 25 has another service beside it"),
        "warn",
        T_("Modifier 25 on the only service of the day."),
        _alone,
    ),
)

"""Edits about what only dentists' claims (837D) have: teeth, surfaces, areas, prostheses, orthodontics, their codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.domain.claims import Claim
from portal.domain.dental import MOST_AREAS, MOST_TEETH, SURFACES, is_area, is_tooth
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.texts import T_

_DETAILS = T_("Correct it in the visit's dental details: while it is coded, or when its charges are entered.")
_RECODE = T_("Return the claim to coding.")
_CODE = re.compile(r"D[0-9]{4}")


def _code(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.dental is None:
        return
    for number, line in enumerate(claim.lines, 1):
        if not _CODE.fullmatch(line.code):
            yield Found(T_("Line {line} has a code that no dental claim takes: a D and four digits.", line=number),
                        _RECODE, number)  # fmt: skip


def _teeth(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.dental is None:
        return
    for number, line in enumerate(claim.lines, 1):
        mouth = line.dental
        if mouth is None:
            continue
        if any(not is_tooth(tooth.number) for tooth in mouth.teeth) or len(mouth.teeth) > MOST_TEETH:
            yield Found(
                T_("Line {line}: a tooth is not in the universal numbering (1 to 32, A to T), or there are too many.",
                   line=number), _DETAILS, number,
            )  # fmt: skip
        if any(not SURFACES.issuperset(tooth.surfaces) or len(tooth.surfaces) > 5 for tooth in mouth.teeth):
            yield Found(T_("Line {line}: a surface is none of M, O, D, B, L, I, F.", line=number), _DETAILS, number)
        if any(not is_area(area) for area in mouth.areas) or len(mouth.areas) > MOST_AREAS:
            yield Found(T_("Line {line}: an area of the mouth is none, or there are more than five.", line=number),
                        _DETAILS, number)  # fmt: skip


def _prosthesis(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.dental is None:
        return
    for number, line in enumerate(claim.lines, 1):
        mouth = line.dental
        if mouth is not None and (
            mouth.prosthesis not in {"", "I", "R"} or (mouth.prosthesis == "R") != (mouth.prior_on is not None)
        ):
            text = T_(
                "Line {line}: a replacement says when the one before it was set, and nothing else does.", line=number
            )
            yield Found(text, _DETAILS, number)


def _orthodontics(claim: Claim, _context: EditContext) -> Iterator[Found]:
    whole = claim.dental
    if whole is None or whole.months is None or whole.months_left is None:
        return
    if whole.months_left > whole.months:
        yield Found(T_("More months of orthodontic treatment are left than it takes in all."), _DETAILS)


def _drug(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.dental is None:
        return
    for number, line in enumerate(claim.lines, 1):
        if line.drug is not None:
            yield Found(T_("Line {line} has a drug, which a dental claim cannot tell; it is not sent.", line=number),
                        T_("Take the drug out, or bill it on a professional claim."), number)  # fmt: skip


RULES = (
    Rule("dental-code", T_("Dental line has a dental code"), "block", T_("A dentist's line with code J1885."), _code),
    Rule("tooth", T_("Teeth and areas have their shape"), "block", T_("Tooth 40; a surface X."), _teeth),
    Rule(
        "prosthesis",
        T_("Replacement says what it replaces"),
        "block",
        T_("A replacement bridge without the day of the one before."),
        _prosthesis,
    ),
    Rule(
        "orthodontics",
        T_("Orthodontic months add up"),
        "block",
        T_("36 months left of a treatment of 24."),
        _orthodontics,
    ),
    Rule("dental-drug", T_("Dental line has no drug"), "warn", T_("A dentist's line with an NDC."), _drug),
)

"""Edits about modifiers that cannot stand together, their order, repeats, and telehealth (edge cases 22 and 25)."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.edits.sides import LEFT, RIGHT
from portal.domain.ncci import SEPARATE
from portal.domain.texts import T_

_RECODE = T_("Return the claim to coding.")

AGAINST = (
    ({"50"}, LEFT | RIGHT),
    ({"LT"}, RIGHT),
    ({"RT"}, LEFT),
    ({"GA"}, {"GX", "GY", "GZ"}),
    ({"GX"}, {"GZ"}),
    ({"26"}, {"TC"}),
    ({"59"}, SEPARATE - {"59"}),
    ({"76"}, {"77"}),
    ({"22"}, {"52", "53"}),
    ({"52"}, {"53"}),
    ({"62"}, {"66", "80", "81", "82", "AS"}),
    ({"80"}, {"81", "82"}),
    ({"AA"}, {"AD", "QK", "QX", "QY", "QZ"}),
    ({"QZ"}, {"AD", "QK", "QX", "QY"}),
    ({"NU"}, {"RR", "UE"}),
    ({"RR"}, {"UE"}),
    ({"93", "FQ"}, {"95", "GT"}),
)
"""Sets of which one line has modifiers of one only: both sides or one, the left or the right; who is liable (CMS
change request 6563; 7228); the two parts of one service; "distinct" in general and in particular; the same or another
clinician; more or less than usual, reduced or broken off; surgeons, a team or an assistant; who gave the anesthesia
(Medicare Claims Processing Manual, chapter 12, section 50); new, rented or used; by voice or by sight."""

PRICING = frozenset({
    "22", "26", "50", "51", "52", "53", "54", "55", "56", "62", "66", "78", "80", "81", "82", "AS", "TC", "QK", "QX",
    "QY", "QZ", "AA", "AD",
})  # fmt: skip
"""Modifiers that change what is paid; they stand before those that only inform."""
INFORMING = frozenset({"LT", "RT", "GA", "GX", "GY", "GZ", "76", "77", "79", "24", "25", "57", "58", "59", "95", "GT",
                       "KX", "Q6"}) | SEPARATE  # fmt: skip

REMOTE = frozenset({"95", "GT", "GQ", "93", "FQ"})
REMOTE_PLACES = frozenset({"02", "10"})


def _numbered(claim: Claim) -> Iterator[tuple[int, ServiceLine]]:
    return ((number, line) for number, line in enumerate(claim.lines, start=1) if line.modifiers)


def _conflict(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        if len(line.modifiers) < 2:  # it takes two to contradict
            continue
        some = set(line.modifiers)
        if any(some & one and some & other for one, other in AGAINST):
            yield Found(T_("Line {line}: two modifiers contradict each other.", line=number), _RECODE, number)


def _order(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        informed = False
        for modifier in line.modifiers:
            if informed and modifier in PRICING:
                yield Found(
                    T_("Line {line}: a modifier that changes the price stands after one that only informs.",
                       line=number),
                    T_("Put the modifiers that change the price first; some payers read only the first."),
                    number,
                )  # fmt: skip
                break
            informed = informed or modifier in INFORMING


def _telehealth(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None:  # it has a type of bill instead of a place
        return
    for number, line in _numbered(claim):
        if REMOTE & set(line.modifiers) and (line.place or claim.place) not in REMOTE_PLACES:
            yield Found(
                T_("Line {line}: the modifier says telehealth, the place of service does not.", line=number),
                T_("If it was telehealth, the place is 10 at the patient's home, 02 elsewhere."),
                number,
            )


RULES = (
    Rule(
        "modifier-conflict",
        T_("Modifiers do not contradict each other"),
        "block",
        T_("Both sides (50) and the left side (LT) on one line."),
        _conflict,
    ),
    Rule(
        "modifier-order",
        T_("Modifiers that price come first"),
        "warn",
        T_("59 before 26."),
        _order,
    ),
    Rule(
        "telehealth-place",
        T_("Telehealth has its place of service"),
        "warn",
        T_("Modifier 95 at an office (11)."),
        _telehealth,
    ),
)

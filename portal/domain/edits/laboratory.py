"""Edits about laboratories: tests are paid only with the certificate of the laboratory (CLIA, 42 CFR 493).

Which services are tests is told by their number: the range 80000 to 89999 of level I, and CMS's own of level II.
"""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.laboratories import (
    MICROSCOPY,
    PROFESSIONAL,
    REFERRED,
    TESTS,
    WAIVED,
    is_certificate,
    is_laboratory_number,
    is_test,
)
from portal.domain.texts import T_

_KEEP = T_("An administrator keeps the laboratory's certificate with its days; then check the claim again.")
_MAYBE = T_("An administrator keeps the certificate with its days. A skin test, which needs none, may go as it is.")
_OTHERS = T_("Another laboratory made it (90): its certificate comes with the visit from the practice's own system.")


def _tests(claim: Claim) -> Iterator[tuple[int, ServiceLine]]:
    """Lines with tests of a professional claim, the only kind that carries a certificate."""
    if claim.institutional is None and claim.dental is None:
        for number, line in enumerate(claim.lines, start=1):
            if is_test(line.code, line.modifiers):
                yield number, line


def _shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.clia and not is_certificate(claim.clia):
        yield Found(
            T_("The laboratory's CLIA number is not two digits, a D and seven digits."),
            T_("It came with the visit: let the practice correct it in its own system and send the visit again."),
        )
    for number, line in enumerate(claim.lines, start=1):
        if line.clia and not is_certificate(line.clia):
            yield Found(
                T_("Line {line}: the CLIA number is not two digits, a D and seven digits.", line=number),
                T_("It came with the visit: let the practice correct it in its own system and send the visit again."),
                number,
            )


def _waived(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _tests(claim) if not claim.clia else ():
        if WAIVED in line.modifiers and not line.clia:
            text = T_("Line {line}: modifier QW says a waived test, and the claim has no CLIA number.", line=number)
            yield Found(text, _OTHERS if REFERRED in line.modifiers else _KEEP, number)


def _missing(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _tests(claim) if not claim.clia else ():
        if WAIVED in line.modifiers or PROFESSIONAL in line.modifiers or line.clia:
            continue
        text = T_("Line {line} is a laboratory test by its number, and the claim has no CLIA number.", line=number)
        todo = _MAYBE if is_laboratory_number(line.code) else _KEEP
        yield Found(text, _OTHERS if REFERRED in line.modifiers else todo, number)


def _beyond(claim: Claim, context: EditContext) -> Iterator[Found]:
    if context.certificate not in {"waiver", "microscopy"}:
        return
    for number, line in _tests(claim):
        # Of level I some waived tests go without the modifier (CMS); which, is the AMA's to number.
        allowed = line.code in MICROSCOPY and context.certificate == "microscopy"
        if line.code not in TESTS or WAIVED in line.modifiers or allowed or line.clia:
            continue
        text = T_(
            "Line {line}: the practice's certificate is for waived tests, and this one is not marked as waived.",
            line=number,
        )
        todo = T_("If it is a waived test, coding adds modifier QW; else another laboratory made it, or nobody pays.")
        yield Found(text, todo, number)


RULES = (
    Rule("clia-shape", T_("CLIA number has its shape"), "block", T_("A CLIA number of nine characters."), _shape),
    Rule(
        "clia-waived",
        T_("A waived test has its certificate"),
        "block",
        T_("Modifier QW on a claim without a CLIA number."),
        _waived,
    ),
    Rule(
        "clia-missing",
        T_("A laboratory test has its certificate"),
        "warn",
        T_("A blood count (G0306) on a claim without a CLIA number."),
        _missing,
    ),
    Rule(
        "clia-beyond",
        T_("Test is one that the certificate allows"),
        "warn",
        T_("A wet mount (Q0111) by a laboratory with a certificate of waiver."),
        _beyond,
    ),
)

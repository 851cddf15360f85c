"""Edits about laboratories: tests are paid only with the certificate of the laboratory (CLIA, 42 CFR 493).

Which services are tests is told by their number: the range 80000 to 89999 of level I, and CMS's own of level II.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.evaluations import is_laboratory_number
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.texts import T_

WAIVED = "QW"
"""A test that a certificate of waiver allows."""
PROFESSIONAL = "26"
"""A reading alone, which need not happen in the laboratory."""
_CERTIFICATE: Final = re.compile(r"[0-9]{2}D[0-9]{7}")
TESTS: Final = frozenset({
    "G0103", "G0123", "G0143", "G0144", "G0145", "G0147", "G0148", "G0306", "G0307", "G0328", "G0432", "G0433",
    "G0435", "G0475", "G0476", "G0480", "G0481", "G0482", "G0483", "G0499", "G0659", "P2028", "P2029", "P2031",
    "P2033", "P2038", "P3000", "P7001", "Q0111", "Q0112", "Q0113", "Q0114", "Q0115", "U0001", "U0002", "U0003",
    "U0004",
})  # fmt: skip
"""Tests of HCPCS level II (CMS, public domain)."""
_CARRY = T_("Let the practice enter the number in its own system and send the visit again with it.")


def is_certificate(text: str) -> bool:
    """Whether a number has the shape of a CLIA certificate: two digits, a D, seven digits."""
    return _CERTIFICATE.fullmatch(text) is not None


def _tests(claim: Claim) -> Iterator[tuple[int, ServiceLine]]:
    """Lines with tests of a professional claim, the only kind that carries a certificate."""
    if claim.institutional is None and claim.dental is None:
        for number, line in enumerate(claim.lines, start=1):
            if WAIVED in line.modifiers or line.code in TESTS or is_laboratory_number(line.code):
                yield number, line


def _shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.clia and not is_certificate(claim.clia):
        yield Found(T_("The laboratory's CLIA number is not two digits, a D and seven digits."), _CARRY)


def _waived(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.clia:
        return
    for number, line in _tests(claim):
        if WAIVED in line.modifiers:
            text = T_("Line {line}: modifier QW says a waived test, and the claim has no CLIA number.", line=number)
            yield Found(text, _CARRY, number)


def _missing(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.clia:
        return
    for number, line in _tests(claim):
        if WAIVED not in line.modifiers and PROFESSIONAL not in line.modifiers:
            text = T_("Line {line} is a laboratory test by its number, and the claim has no CLIA number.", line=number)
            yield Found(text, _CARRY, number)


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
)

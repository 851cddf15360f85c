"""Edits about drugs: the national drug code, quantity and unit beside a service that gives one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from portal.domain.claims import Claim
from portal.domain.codes import procedure_set
from portal.domain.drugs import UNITS, is_ndc
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.texts import T_

MEDICAID = "MC"
"""SBR09 of Medicaid, which needs the drug code to claim the maker's rebate (42 CFR 447.520)."""
UNNAMED: Final = frozenset({"J3490", "J3590", "J8499", "J8999", "J9999", "C9399"})
"""Drugs without a code of their own (HCPCS level II): only the drug code says which."""
_STAYS: Final = frozenset({"11", "18", "21"})
"""Types of bill of stays, whose drugs are paid with the stay: makers owe no rebate for them (42 USC 1396r-8(k)(3))."""
_CARRY = T_("Return the claim to coding, which gives drug code, quantity and unit beside the service.")


def _shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in enumerate(claim.lines, start=1):
        drug = line.drug
        if drug is None:
            continue
        if not is_ndc(drug.ndc):
            yield Found(
                T_("Line {line}: the drug code (NDC) does not have eleven digits.", line=number),
                T_("Write it as 5-4-2 digits, with noughts in front of the parts that are shorter, without hyphens."),
                number,
            )
        if drug.quantity is None or drug.quantity <= 0 or drug.unit not in UNITS:
            yield Found(
                T_("Line {line}: the drug has no quantity, or no unit of F2, GR, ME, ML, UN.", line=number),
                _CARRY,
                number,
            )


def _missing(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None and claim.place in _STAYS:
        return
    for number, line in enumerate(claim.lines, start=1):
        if line.drug is not None:
            continue
        medicaid = claim.cover.filing_code == MEDICAID and line.code[:1] == "J" and procedure_set(line.code) == "hcpcs"
        if medicaid or line.code in UNNAMED:
            text = T_("Line {line} gives a drug and does not say which by its drug code (NDC).", line=number)
            yield Found(text, _CARRY, number)


RULES = (
    Rule(
        "ndc-shape",
        T_("Drug code has its shape, quantity and unit"),
        "block",
        T_("A drug code of ten digits with hyphens."),
        _shape,
    ),
    Rule(
        "ndc-missing",
        T_("Drug is named by its drug code"),
        "warn",
        T_("An injected drug (J1885) to Medicaid without its drug code."),
        _missing,
    ),
)

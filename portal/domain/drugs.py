"""A drug that was given, as a claim names it beside the service: its national drug code (NDC), how much and in what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

UNITS: Final[Mapping[str, Text]] = MappingProxyType({
    "ML": T_("milliliters"), "UN": T_("pieces"), "GR": T_("grams"), "ME": T_("milligrams"),
    "F2": T_("international units"),
})  # fmt: skip
"""CTP05-1 of loop 2410."""
NDC_DIGITS = 11
LONGEST_PRESCRIPTION = 50

_PARTS = (5, 4, 2)
_PRINTED: Final = frozenset({_PARTS, (4, 4, 2), (5, 3, 2), (5, 4, 1)})
"""How many digits the parts of a code have: all eleven, or one of the three ways to print ten (21 CFR 207.33)."""
_QUANTITY = re.compile(r"(?:[0-9]{1,8}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,2})(?:\.[0-9]{1,3})?")
"""A comma stands between thousands only: 0,5 is not five."""
_PRESCRIPTION = re.compile(r"(?:(?![*~:^|])[ -~])*")
"""Any sign that parts nothing in a claim: what came in a file must pass when it is kept again."""


@dataclass(frozen=True, slots=True)
class Drug:
    """Loop 2410 of an 837P or 837I: LIN*N4 and CTP, and the number of the prescription (REF*XZ)."""

    ndc: str
    """As it came; what may be sent is eleven digits (`is_ndc`)."""
    quantity: Decimal | None = None
    unit: str = ""
    prescription: str = ""


def is_ndc(text: str) -> bool:
    """Whether a drug code has the eleven digits of 5-4-2, without hyphens (45 CFR 162.1002, 005010X222A1 LIN03)."""
    return len(text) == NDC_DIGITS and text.isascii() and text.isdigit()


def may_be(code: str) -> bool:
    """Whether a service can give a drug, by its code: drugs, biologicals and blood of level II, and vaccines by number.

    Of level II C, J, Q, S, A9 (for imaging) and P9 (blood); of level I 90200 to 90799.
    """
    return (
        code[:1] in {"C", "J", "Q", "S"}
        or code[:2] in {"A9", "P9"}
        or (code[:2] == "90" and code[2:3] in set("234567"))
    )


def written(ndc: str) -> str:
    """A drug code as people read it: 00409-3795-01; what has another shape stays as it is."""
    return f"{ndc[:5]}-{ndc[5:9]}-{ndc[9:]}" if is_ndc(ndc) else ndc


def read_drug(ndc: str, quantity: str, unit: str, prescription: str, line: int) -> Drug | None:
    """A drug as it was typed beside a service; None where nothing was. Raises Refused `drug` with what is wrong.

    A code of ten digits is taken with its hyphens only, which say where the nought goes that is missing (FDA, 21 CFR
    207.33); `line` is the place of the service in the form.
    """
    code, amount = "".join(ndc.split()), quantity.strip()
    number = prescription.strip().upper()
    if not (code or amount or unit or number):
        return None
    if not code:
        raise _wrong(T_("Service {line}: give the drug code (NDC), or empty the other fields of the drug.", line=line))
    if amount and not _QUANTITY.fullmatch(amount):
        raise _wrong(T_("Service {line}: the quantity of the drug is a number such as 2 or 0.5.", line=line))
    amount = amount.replace(",", "")
    if not amount or not Decimal(amount):
        raise _wrong(T_("Service {line}: say how much of the drug was given.", line=line))
    if unit not in UNITS:
        raise _wrong(T_("Service {line}: choose the unit of the drug: ML, UN, GR, ME or F2.", line=line))
    if len(number) > LONGEST_PRESCRIPTION or not _PRESCRIPTION.fullmatch(number):
        text = T_("Service {line}: the number of the prescription has a sign that no claim can carry.", line=line)
        raise _wrong(text)
    return Drug(_eleven(code, line), Decimal(amount), unit, number)


def _eleven(code: str, line: int) -> str:
    """Eleven digits of what was typed with hyphens or without."""
    parts = code.split("-")
    if not all(part.isascii() and part.isdigit() for part in parts):
        text = T_("Service {line}: the drug code (NDC) has digits and hyphens only, as 00409-3795-01.", line=line)
        raise _wrong(text)
    if len(parts) == 1 and len(code) == NDC_DIGITS - 1:
        text = T_(
            "Service {line}: the drug code (NDC) has ten digits. Type it with its hyphens, which say where the "
            "nought goes that is missing.",
            line=line,
        )
        raise _wrong(text)
    printed = tuple(map(len, parts)) in _PRINTED
    whole = "".join(part.zfill(size) for part, size in zip(parts, _PARTS, strict=True)) if printed else code
    if not is_ndc(whole):
        text = T_("Service {line}: the drug code (NDC) has eleven digits in parts of 5, 4 and 2.", line=line)
        raise _wrong(text)
    return whole


def _wrong(text: Text) -> Refused:
    return Refused(text, code="drug")

"""A drug that was given, as a claim names it beside the service: its national drug code (NDC), how much and in what."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

UNITS = frozenset({"F2", "GR", "ME", "ML", "UN"})
"""International units, grams, milligrams, milliliters, pieces (CTP05-1 of loop 2410)."""
NDC_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Drug:
    """Loop 2410 of an 837P or 837I: LIN*N4 and CTP."""

    ndc: str
    """As it came; what may be sent is eleven digits (`is_ndc`)."""
    quantity: Decimal | None = None
    unit: str = ""


def is_ndc(text: str) -> bool:
    """Whether a drug code has the eleven digits of 5-4-2, without hyphens (45 CFR 162.1002, 005010X222A1 LIN03)."""
    return len(text) == NDC_DIGITS and text.isascii() and text.isdigit()

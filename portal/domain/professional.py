"""What a professional claim (837P, 005010X222A1, loop 2300) tells besides its lines: hospital days, accident, onset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

CAUSES: Final[Mapping[str, Text]] = MappingProxyType({
    "AA": T_("A car accident"), "EM": T_("The patient's work"), "OA": T_("Another accident"),
})  # fmt: skip
"""Related causes (CLM11), of which a claim takes two."""
MOST_CAUSES: Final = 2
WITH_DAY: Final = frozenset({"AA", "OA"})
"""Causes that have the day of the accident (DTP*439); an illness from work has none."""
EXCEPTIONS: Final[Mapping[str, Text]] = MappingProxyType({
    "1": T_("The care was urgent"),
    "2": T_("It was done before the patient's coverage was given back to that day"),
    "3": T_("It was an emergency"),
    "4": T_("The patient has Medicaid for a time only"),
    "5": T_("The county wanted a second opinion on whether the patient can work"),
    "6": T_("The payer was asked to make an exception and has not answered"),
    "7": T_("It is handled specially, as agreed with the payer"),
})  # fmt: skip
"""Why a payer was not asked in advance (REF*4N of loop 2300), in our words."""
EMERGENCY: Final = "3"


@dataclass(frozen=True, slots=True)
class Professional:
    """Days and causes of loop 2300 of an 837P; who and where stand on the claim, as they do for other kinds."""

    illness_on: date | None = None
    """DTP*431, when the illness or its symptoms began."""
    accident_on: date | None = None
    """DTP*439."""
    menstrual_on: date | None = None
    """DTP*484, the last menstrual period."""
    admitted_on: date | None = None
    """DTP*435."""
    discharged_on: date | None = None
    """DTP*096."""
    causes: tuple[str, ...] = ()
    """Keys of CAUSES, at most two."""
    accident_state: str = ""
    """CLM11-4, where a car was in it."""

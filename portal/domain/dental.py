"""What a dentist's claim (837D, 005010X224A2) has that a professional one has not: teeth, surfaces, orthodontics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

MOST_TEETH: Final = 32
"""Of one service (005010X224A2, TOO)."""
MOST_AREAS: Final = 5
SURFACES: Final = frozenset("MODBLIF")
_TOOTH = re.compile(r"(?:[1-9]|[12][0-9]|3[0-2]|5[1-9]|[67][0-9]|8[0-2]|[A-T]S?)")
_AREA = re.compile(r"[0-9]{2}|L|R")


def is_tooth(number: str) -> bool:
    """Whether a number is one of the universal numbering: 1 to 32, A to T, and supernumerary ones."""
    return _TOOTH.fullmatch(number) is not None


def is_area(code: str) -> bool:
    """Whether a text has the shape of an area of the mouth: two digits, L or R."""
    return _AREA.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class Tooth:
    """A tooth by the universal numbering (TOO*JP), with the surfaces treated: M, O, D, B, L, I, F …"""

    number: str
    surfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DentalLine:
    """Where in the mouth a service was done (SV304, TOO), and whether a prosthesis is the first one (SV305: I or R)."""

    teeth: tuple[Tooth, ...] = ()
    areas: tuple[str, ...] = ()
    """Areas of the oral cavity, at most five."""
    prosthesis: str = ""
    prior_on: date | None = None
    """When the one that is replaced was set (DTP*441)."""


@dataclass(frozen=True, slots=True)
class Dental:
    """Loop 2300 of an 837D: orthodontic treatment in months, in all and left (DN1), and when the appliance was set."""

    months: int | None = None
    months_left: int | None = None
    placed_on: date | None = None
    """DTP*452."""

"""What a dentist's claim (837D, 005010X224A2) has that a professional one has not: teeth, surfaces, orthodontics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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

"""How far a decision reaches: the rows that this actor may touch under this permission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OWN: Final = "OWN"
"""Rows about the patients that the actor is."""
STANDS_FOR: Final = "STANDS_FOR"
"""Rows about the patients that the actor is or stands for."""
PAYS_FOR: Final = "PAYS_FOR"
"""Money of the patients whose bills the actor answers for: only tables that state it, and no other."""
PAYER: Final = "PAYER"
"""Rows of the actor's payer organisations."""
PRACTICE: Final = "PRACTICE"
"""Rows of the practice the session works in, or of all the grant names for an officer."""
SELF: Final = "SELF"
"""Rows about the user who acts: name, factors, sessions."""
ALL: Final = "ALL"
"""The whole installation; only for what is not protected, and for the system."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One reach with the ids that bound it; an empty set bounds to nothing."""

    kind: str
    practices: frozenset[bytes] = frozenset()
    patients: frozenset[bytes] = frozenset()
    payers: frozenset[bytes] = frozenset()
    users: frozenset[bytes] = frozenset()
    shut: frozenset[bytes] = frozenset()
    """Of `patients`, those whose confidential visits stay with themselves (45 CFR 164.522(b), 164.502(g)(3))."""

"""Where a practice's clinicians work besides its own address, and which places of service are somebody else's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.domain.claims import Address, BillingProvider, Facility

ELSEWHERE: Final = frozenset({
    "19", "21", "22", "23", "24", "25", "26", "31", "32", "33", "34", "51", "52", "54", "55", "56", "61", "62", "65",
})  # fmt: skip
"""Places of service (CMS) that are facilities with a bill of their own, so that a claim says which one it was:
hospitals and their departments, surgery and birthing centres, nursing homes, hospices, psychiatric and rehabilitation
facilities, dialysis. Community mental health centres (53) are left out: they bill for their clinicians themselves."""
INPATIENT: Final = frozenset({"21", "51", "61"})
"""Those of them where the patient is an inpatient."""
HOSPITAL: Final = "21"


def is_own(place: Facility, billing: BillingProvider) -> bool:
    """Whether a facility is the billing provider at its own address, however each is written; it is not sent then.

    (005010X222A1, loop 2310C.) A system of the practice's own writes it in capitals or with five digits of the ZIP.
    """
    at = place.address
    return at is not None and place.npi in {"", billing.npi} and _written(at) == _written(billing.address)


def _written(one: Address) -> tuple[str, ...]:
    parts = (one.line1, one.line2, one.city, one.state, one.postal_code[:5])
    return tuple(" ".join(part.split()).casefold() for part in parts)


@dataclass(frozen=True, slots=True)
class Listed:
    """A facility of a practice's list, with the places of service that its clinicians bill from there."""

    facility: Facility
    places: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the practice works there on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def meets(self, other: Listed) -> bool:
        """Whether two are the same facility at the same address on some day."""
        mine, theirs = self.facility, other.facility
        last, others = self.valid_to or date.max, other.valid_to or date.max
        same = (mine.npi, mine.address) == (theirs.npi, theirs.address)
        return same and self.valid_from <= others and other.valid_from <= last


def only(listed: Iterable[Listed], place: str, day: date | None) -> Facility | None:
    """The one facility where a place of service on a day can only have been; None where there is none, or several."""
    found = [one.facility for one in listed if day is not None and place in one.places and one.holds(day)]
    return found[0] if len(found) == 1 else None

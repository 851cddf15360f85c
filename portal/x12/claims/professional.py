"""What an 837P (005010X222A1) tells besides its lines, written and read; service facilities of every kind, too."""

from __future__ import annotations

from datetime import date

from portal.domain.claims import Claim, Facility
from portal.domain.dates import parse_x12_date, x12_date
from portal.domain.facilities import is_own
from portal.domain.professional import CAUSES, MOST_CAUSES, Professional
from portal.domain.texts import T_
from portal.x12.claims import fields, names
from portal.x12.claims.lines import Note
from portal.x12.claims.loops import Loop, Span
from portal.x12.claims.names import Segments
from portal.x12.reader import Segment

_CAUSES, _STATE = slice(0, 3), 3
"""Places in CLM11, from 0."""


def related(told: Professional | None) -> tuple[str, ...]:
    """CLM11: related causes, and the state of a car accident."""
    if told is None or not told.causes:
        return ()
    first, second, *_ = (*told.causes, "", "")
    return first, second, "", told.accident_state


def write_days(told: Professional) -> Segments:
    """Every DTP, in the order of the guide."""
    days = {
        "431": told.illness_on, "439": told.accident_on, "484": told.menstrual_on, "435": told.admitted_on,
        "096": told.discharged_on,
    }  # fmt: skip
    for qualifier, day in days.items():
        if day is not None:
            yield "DTP", qualifier, "D8", x12_date(day)


def write_facility(claim: Claim) -> Segments:
    """NM1*77 with its address; nothing where it is the billing provider at its own address (the guide's rule)."""
    place = claim.facility
    if place is None or is_own(place, claim.billing):
        return
    yield "NM1", "77", "2", place.name, "", "", "", "", *names.npi(place.npi)
    if place.address is not None:
        yield from names.address(place.address)


def read_professional(loop: Loop, clm: Segment, note: Note) -> Professional | None:
    """Days and causes of loop 2300; None where it tells none. What cannot be read is left out with a finding."""

    def day(qualifier: str) -> date | None:
        dtp = loop.first("DTP", qualifier)
        if dtp is None:
            return None
        try:
            return parse_x12_date(fields.text(dtp, 3)[:8])
        except ValueError:
            note(dtp, "date", T_("The segment {id} has a date that is none; it was left empty.", id=dtp.id))
            return None

    parts = [*(part.strip().upper() for part in clm.components(11)), "", "", "", ""]
    said = [part for part in parts[_CAUSES] if part]
    causes = tuple(part for part in dict.fromkeys(said) if part in CAUSES)[:MOST_CAUSES]
    if len(causes) < len(said):
        note(clm, "related-cause", T_("A related cause (CLM11) is none, or more than two are named; it was left out."))
    found = Professional(
        day("431"), day("439"), day("484"), day("435"), day("096"), causes, parts[_STATE] if causes else ""
    )
    return None if found == Professional() else found


def read_facility(span: Span | None) -> Facility | None:
    """A service facility from its name loop."""
    if not span:
        return None
    name = span[0]
    return Facility(fields.text(name, 3), fields.npi(name), fields.address(span))

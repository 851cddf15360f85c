"""A dentist's claim, 837D (005010X224A2): what of loops 2300 and 2400 is its own, written and read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from portal.domain.claims import ServiceLine
from portal.domain.dates import parse_x12_date, x12_date
from portal.domain.dental import Dental, DentalLine, Tooth
from portal.domain.money import parse_cents
from portal.domain.texts import T_
from portal.x12.characters import decimal_text, number
from portal.x12.claims import fields
from portal.x12.claims.lines import Note, pointers, product_of, quantity, service_days
from portal.x12.claims.loops import Loop
from portal.x12.claims.names import Segments
from portal.x12.reader import Segment

LINES = 50
_UNIVERSAL = "JP"


def write_treatment(dental: Dental) -> Segments:
    """DTP*452 and DN1, which follow CLM."""
    if dental.placed_on is not None:
        yield "DTP", "452", "D8", x12_date(dental.placed_on)
    if dental.months is not None or dental.months_left is not None:
        yield "DN1", *("" if months is None else str(months) for months in (dental.months, dental.months_left))


def write_service(line: ServiceLine, place: str) -> Segments:
    """SV3, and a TOO for each tooth."""
    mouth = line.dental or DentalLine()
    modifiers = [*line.modifiers, "", "", "", ""][: max(4, len(line.modifiers))]
    product = (line.qualifier, line.code, *modifiers, line.description)
    other = "" if line.place == place else line.place
    yield (
        "SV3", product, number(line.charge_cents), other, mouth.areas, mouth.prosthesis, decimal_text(line.units),
        "", "", "", "", tuple(str(pointer) for pointer in line.pointers),
    )  # fmt: skip
    for tooth in mouth.teeth:
        yield "TOO", _UNIVERSAL, tooth.number, tooth.surfaces


def read_treatment(loop: Loop, note: Note) -> Dental:
    """Orthodontics of loop 2300; months that are no number are left out with a finding."""
    dn1 = loop.first("DN1")

    def months(n: int) -> int | None:
        text = fields.text(dn1, n)
        if text and (not text.isascii() or not text.isdigit() or len(text) > 3):
            assert dn1 is not None
            note(dn1, "months", T_("The months of orthodontic treatment are no number; they were left out."))
            return None
        return int(text) if text else None

    return Dental(months(1), months(2), _day(loop.first("DTP", "452"), note))


def read_service(loop: Loop, clm: Segment, note: Note, claim_day: Segment | None) -> ServiceLine | None:
    """One service line; None when it has no SV3 or no readable charge or units, which is a finding.

    `claim_day` is the claim's DTP*472, which holds for lines that have none of their own.
    """
    sv3 = loop.first("SV3")
    if sv3 is None:
        note(loop.head[0] if loop.head else clm, "line-missing", T_("A service line of the claim has no SV3."))
        return None
    product = product_of(sv3, 1)
    if not product[1]:
        note(sv3, "line-code", T_("The service line has no procedure code."))
        return None
    try:
        charge = parse_cents(fields.text(sv3, 2))
        units = quantity(fields.text(sv3, 6)) if fields.text(sv3, 6) else Decimal(1)
    except ValueError:
        note(sv3, "line-amount", T_("The service line's charge or units are no number."))
        return None
    line = ServiceLine(
        code=product[1],
        charge_cents=charge,
        units=units,
        pointers=pointers(sv3, 11, note),
        from_date=None,
        modifiers=tuple(modifier for modifier in product[2:6] if modifier),
        place=fields.text(sv3, 3),
        control=fields.reference(loop, "6R"),
        qualifier=product[0],
        description=product[6],
        dental=_mouth(loop, sv3, note),
        segment=sv3.position,
    )
    if loop.first("DTP", "472") is None and claim_day is not None:
        return replace(line, from_date=_day(claim_day, note))
    first, last = service_days(loop, sv3, note)
    return replace(line, from_date=first, to_date=last)


def _mouth(loop: Loop, sv3: Segment, note: Note) -> DentalLine | None:
    teeth = tuple(Tooth(fields.text(segment, 2), _parts(segment, 3)) for segment in loop.head if segment.id == "TOO")
    found = DentalLine(teeth, _parts(sv3, 4), fields.text(sv3, 5), _day(loop.first("DTP", "441"), note))
    return None if found == DentalLine() else found


def _parts(segment: Segment, n: int) -> tuple[str, ...]:
    return tuple(part.strip() for part in segment.components(n) if part.strip())


def _day(segment: Segment | None, note: Note) -> date | None:
    if segment is None:
        return None
    try:
        return parse_x12_date(fields.text(segment, 3).split("-")[0])
    except ValueError:
        note(segment, "date", T_("The segment {id} has a date that is none; it was left empty.", id=segment.id))
        return None

"""A facility's claim, 837I (005010X223A2): what of loops 2300 and 2400 is its own, written and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from portal.domain.claims import Claim, ServiceLine
from portal.domain.dates import parse_x12_date, x12_date
from portal.domain.institutional import Institutional, Occurrence, Procedure, Value
from portal.domain.money import parse_cents
from portal.domain.texts import T_
from portal.x12.characters import Element, decimal_text, number
from portal.x12.claims import fields
from portal.x12.claims.lines import Note, product_of, quantity, service_days
from portal.x12.claims.loops import Loop
from portal.x12.claims.names import Segments
from portal.x12.reader import Segment

LINES = 999
_OF_A_KIND = 12
"""Codes in one HI."""
_POA = 8
"""Place of the present-on-admission indicator in a code of HI, from 0."""


def write_stay(stay: Institutional) -> Segments:
    """DTP and CL1, which follow CLM."""
    if stay.discharge_hour:
        yield "DTP", "096", "TM", stay.discharge_hour
    if stay.statement_from is None:
        raise ValueError("a facility's claim cannot be sent without the days of its statement")
    last = stay.statement_to or stay.statement_from
    yield "DTP", "434", "RD8", f"{x12_date(stay.statement_from)}-{x12_date(last)}"
    if stay.admitted_on is not None:
        form = "DT" if stay.admitted_hour else "D8"
        yield "DTP", "435", form, x12_date(stay.admitted_on) + stay.admitted_hour
    yield "CL1", stay.admission_type, stay.admission_source, stay.patient_status


def write_codes(claim: Claim, stay: Institutional) -> Segments:
    """Every HI, in the order of the guide."""
    ten = claim.code_qualifier.startswith("A")
    a = "A" if ten else ""
    said = [
        _diagnosis(qualifier, code, present)
        for qualifier, code, present in zip(
            [f"{a}BK", *[f"{a}BF"] * len(claim.diagnoses)],
            claim.diagnoses,
            [*stay.present, *[""] * len(claim.diagnoses)],
            strict=False,
        )
    ]
    procedures = [
        (qualifier, one.code, *(() if one.on is None else ("D8", x12_date(one.on))))
        for qualifier, one in zip(
            ["BBR" if ten else "BR", *["BBQ" if ten else "BQ"] * len(stay.procedures)], stay.procedures, strict=False
        )
    ]
    runs: tuple[list[tuple[str, ...]], ...] = (
        said[:1],
        [(f"{a}BJ", stay.admitting)] if stay.admitting else [],
        [(f"{a}PR", code) for code in stay.reasons],
        [("DR", stay.drg)] if stay.drg else [],
        said[1:],
        procedures[:1],
        procedures[1:],
        [("BI", one.code, "RD8", f"{x12_date(one.on)}-{x12_date(one.to or one.on)}") for one in stay.spans],
        [("BH", one.code, "D8", x12_date(one.on)) for one in stay.occurrences],
        [("BE", one.code, "", "", decimal_text(one.amount)) for one in stay.values],
        [("BG", code) for code in stay.conditions],
    )
    for run in runs:
        for start in range(0, len(run), _OF_A_KIND):
            yield "HI", *run[start : start + _OF_A_KIND]


def write_service(line: ServiceLine) -> Segments:
    """SV2."""
    modifiers = [*line.modifiers, "", "", "", ""][: max(4, len(line.modifiers))]
    product: Element = (line.qualifier, line.code, *modifiers, line.description) if line.code else ""
    yield "SV2", line.revenue_code, product, number(line.charge_cents), line.unit, decimal_text(line.units)


def read_stay(loop: Loop, clm: Segment, note: Note) -> Institutional:
    """What stands in loop 2300; a day or amount that cannot be read is left out with a finding."""
    reading = _Stay(note)
    statement = loop.first("DTP", "434")
    days = reading.days(statement)
    if statement is None or not days:
        note(statement or clm, "statement-days", T_("The claim does not say from when to when its statement runs."))
    admitted = fields.text(loop.first("DTP", "435"), 3)
    cl1 = loop.first("CL1")
    present = tuple(poa for _, _, poa in reading.diagnoses(loop))
    return Institutional(
        statement_from=days[0] if days else None,
        statement_to=days[1] if len(days) > 1 and days[1] != days[0] else None,
        admitted_on=next(iter(reading.days(loop.first("DTP", "435"), admitted[:8])), None) if admitted else None,
        admitted_hour=admitted[8:12],
        discharge_hour=fields.text(loop.first("DTP", "096"), 3),
        admission_type=fields.text(cl1, 1),
        admission_source=fields.text(cl1, 2),
        patient_status=fields.text(cl1, 3),
        present=present if any(present) else (),
        admitting=next((parts[1] for _, parts in _codes(loop, "ABJ", "BJ")), ""),
        reasons=tuple(parts[1] for _, parts in _codes(loop, "APR", "PR")),
        drg=next((parts[1] for _, parts in _codes(loop, "DR")), ""),
        procedures=tuple(
            Procedure(parts[1], next(iter(reading.days(segment, parts[3])), None) if parts[3] else None)
            for segment, parts in _codes(loop, "BBR", "BR", "BBQ", "BQ")
        ),
        occurrences=tuple(reading.occurrences(loop, "BH")),
        spans=tuple(reading.occurrences(loop, "BI")),
        values=tuple(reading.values(loop)),
        conditions=tuple(parts[1] for _, parts in _codes(loop, "BG")),
    )


def read_service(loop: Loop, clm: Segment, note: Note) -> ServiceLine | None:
    """One service line; None when it has no SV2 or no readable charge or units, which is a finding."""
    sv2 = loop.first("SV2")
    if sv2 is None:
        note(loop.head[0] if loop.head else clm, "line-missing", T_("A service line of the claim has no SV2."))
        return None
    product = product_of(sv2, 2)
    if not product[1] and not fields.text(sv2, 1):
        note(sv2, "line-code", T_("The service line has neither revenue code nor procedure code."))
        return None
    try:
        charge, units = parse_cents(fields.text(sv2, 3)), quantity(fields.text(sv2, 5))
    except ValueError:
        note(sv2, "line-amount", T_("The service line's charge or units are no number."))
        return None
    first, last = service_days(loop, sv2, note) if loop.first("DTP", "472") is not None else (None, None)
    return ServiceLine(
        code=product[1],
        charge_cents=charge,
        units=units,
        pointers=(),
        from_date=first,
        to_date=last,
        modifiers=tuple(modifier for modifier in product[2:6] if modifier),
        unit=fields.text(sv2, 4),
        control=fields.reference(loop, "6R"),
        qualifier=product[0] or "HC",
        description=product[6],
        revenue_code=fields.text(sv2, 1),
        segment=sv2.position,
    )


class _Stay:
    """Days and amounts of HI and DTP, with findings for those that are none."""

    def __init__(self, note: Note) -> None:
        self.note = note

    def days(self, segment: Segment | None, text: str | None = None) -> list[date]:
        """The days of a D8 or RD8; empty where there is none or one cannot be read."""
        if segment is None:
            return []
        try:
            return [parse_x12_date(part.strip()) for part in (text or fields.text(segment, 3)).split("-")[:2]]
        except ValueError:
            said = T_("The segment {id} has a date that is none; it was left empty.", id=segment.id)
            self.note(segment, "date", said)
            return []

    def diagnoses(self, loop: Loop) -> Iterator[tuple[str, str, str]]:
        """Qualifier, code and present-on-admission indicator of principal and other diagnoses."""
        for _, parts in _codes(loop, "ABK", "BK", "ABF", "BF"):
            yield parts[0], parts[1], parts[_POA]

    def occurrences(self, loop: Loop, qualifier: str) -> Iterator[Occurrence]:
        for segment, parts in _codes(loop, qualifier):
            days = self.days(segment, parts[3] or "-")
            if days:
                yield Occurrence(parts[1], days[0], days[1] if len(days) > 1 else None)

    def values(self, loop: Loop) -> Iterator[Value]:
        for segment, parts in _codes(loop, "BE"):
            try:
                yield Value(parts[1], quantity(parts[4]))
            except ValueError:
                self.note(segment, "value-amount", T_("The amount of a value code is no number; it was left out."))


def _codes(loop: Loop, *qualifiers: str) -> Iterator[tuple[Segment, Sequence[str]]]:
    """Each code of HI with one of these qualifiers: its segment, and its nine parts."""
    for segment in loop.head:
        if segment.id == "HI":
            for n in range(1, len(segment.elements)):
                parts = [*(part.strip() for part in segment.components(n)), *[""] * 9]
                if parts[0] in qualifiers and parts[1]:
                    parts[1] = parts[1].replace(".", "")
                    yield segment, parts[:9]


def _diagnosis(qualifier: str, code: str, present: str) -> tuple[str, ...]:
    return (qualifier, code, "", "", "", "", "", "", present) if present else (qualifier, code)

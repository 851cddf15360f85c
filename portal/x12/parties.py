"""People and organisations of a 270, 271, 276, 277 or 278: NM1 with address and birth date, read and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from portal.domain.claims import Address, Person
from portal.domain.dates import parse_x12_date, x12_date
from portal.domain.eligibility import Member
from portal.domain.remittances import Name
from portal.domain.texts import T_
from portal.x12.characters import Element
from portal.x12.hierarchy import Span, find
from portal.x12.reader import Segment
from portal.x12.values import Values

Segments = Iterator[Sequence[Element]]
_SEXES = frozenset({"F", "M", "U"})


def name(segment: Segment | None) -> Name:
    """Who an NM1 names; an empty name for None."""
    if segment is None:
        return Name()
    last, first, middle, suffix, qualifier, identifier = (segment.get(n).strip() for n in (3, 4, 5, 7, 8, 9))
    return Name(last, first, middle, suffix, qualifier, identifier)


def person(named: Segment | None, span: Span, values: Values) -> Person:
    """A person of an NM1 with the N3, N4 and DMG that stand in its span."""
    who = name(named)
    dmg = find(span, "DMG")
    born = values.day(dmg, 2) if dmg is not None else None
    sex = dmg.get(3).strip() if dmg is not None else ""
    return Person(who.last, who.first, who.middle, who.suffix, born, sex if sex in _SEXES else "", address(span))


def member(named: Segment | None, span: Span, values: Values) -> Member:
    """A person with the id that NM108 and NM109 give, and the group of REF*6P (or 1L)."""
    who = name(named)
    if named is not None and named.get(2).strip() not in {"1", "2"}:
        values.note(named, "entity-type", T_("NM102 says neither person (1) nor organization (2)."))
    group = find(span, "REF", "6P") or find(span, "REF", "1L")
    return Member(
        person(named, span, values), who.identifier, who.qualifier or "MI", group.get(2).strip() if group else ""
    )


def address(span: Span) -> Address | None:
    """The address of N3 and N4; None when neither stands there."""
    street, city = find(span, "N3"), find(span, "N4")
    if street is None and city is None:
        return None
    lines = (street.get(1).strip(), street.get(2).strip()) if street else ("", "")
    town = tuple(city.get(n).strip() for n in (1, 2, 3)) if city else ("", "", "")
    return Address(lines[0], town[0], town[1], town[2], lines[1])


def span_of_days(segment: Segment, values: Values, form: int = 2) -> tuple[date | None, date | None]:
    """First and last day of a DTP: D8 (both the same), RD8, or DT with a time; (None, None) with a finding else.

    `form` is the element of the qualifier; the days stand in the next one.
    """
    kind, text = segment.get(form).strip(), segment.get(form + 1).strip()
    ends = text.split("-") if kind == "RD8" or (len(text) == 17 and "-" in text) else [text[:8]]
    try:
        days = [parse_x12_date(end.strip()) for end in ends[:2]]
    except ValueError:
        values.note(segment, "date", T_("The segment {id} has a date that is none; it was left empty.", id=segment.id))
        return None, None
    if len(ends) > 2 or days[-1] < days[0]:
        values.note(segment, "date", T_("The span of days ends before it begins, or has more than two days."))
    return days[0], days[-1]


def write_name(role: str, who: Name, *, is_person: bool | None = None) -> Sequence[Element]:
    """An NM1; a person when told or when there is a first name."""
    kind = "1" if (bool(who.first) if is_person is None else is_person) else "2"
    ident = (who.qualifier, who.identifier) if who.identifier else ("", "")
    return "NM1", role, kind, who.last, who.first, who.middle, "", who.suffix, *ident


def write_person(role: str, who: Person, qualifier: str = "", identifier: str = "") -> Sequence[Element]:
    """The NM1 of a person, with an id when there is one."""
    return write_name(role, Name(who.last, who.first, who.middle, who.suffix, qualifier, identifier), is_person=True)


def write_address(place: Address | None) -> Segments:
    """N3 and N4; nothing for None."""
    if place is not None:
        yield "N3", place.line1, place.line2
        yield "N4", place.city, place.state, "".join(c for c in place.postal_code if c.isalnum())


def write_birth(who: Person) -> Segments:
    """DMG; the guides of 270, 276 and 278 take F, M and U, and no sex where none is known."""
    if who.birth_date is not None:
        yield "DMG", "D8", x12_date(who.birth_date), who.sex
    elif who.sex:
        yield "DMG", "", "", who.sex


def write_days(qualifier: str, first: date | None, last: date | None) -> Segments:
    """A DTP as D8 or, when the last day is another, RD8; nothing without a first day."""
    if first is None:
        return
    if last is None or last == first:
        yield "DTP", qualifier, "D8", x12_date(first)
    else:
        yield "DTP", qualifier, "RD8", f"{x12_date(first)}-{x12_date(last)}"

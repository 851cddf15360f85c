"""Diagnoses (HI) and service lines (loop 2400) of a professional claim, read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from portal.domain.claims import ServiceLine
from portal.domain.dates import parse_x12_date
from portal.domain.money import parse_cents
from portal.domain.texts import T_, Text
from portal.x12.claims.loops import Loop
from portal.x12.reader import Segment

Note = Callable[[Segment, str, Text], None]
"""Takes a finding: where, its code, its words."""

_PRINCIPAL = {"ABK", "BK"}
_OTHER = {"ABF", "BF"}


def diagnoses(head: Sequence[Segment], note: Note) -> tuple[str, tuple[str, ...]]:
    """The qualifier (ABK or BK) and the codes of a claim's HI, as sent but without dots; other HI are passed over."""
    qualifiers: list[str] = []
    codes: list[str] = []
    for segment in head:
        if segment.id != "HI":
            continue
        for n in range(1, len(segment.elements)):
            qualifier, code, *_ = [part.strip() for part in segment.components(n)] + [""]
            if qualifier in _PRINCIPAL | _OTHER and code:
                qualifiers.append(qualifier)
                codes.append(code.replace(".", ""))
                if "." in code:
                    note(segment, "diagnosis-dot", T_("A diagnosis code is sent with a dot; it was taken out."))
        if any(one in _PRINCIPAL for one in qualifiers[1:]):
            note(segment, "diagnosis-principal", T_("Only the first diagnosis can be the principal one."))
    if len({one.startswith("A") for one in qualifiers}) > 1:
        note(head[0], "diagnosis-mixed", T_("ICD-9 and ICD-10 codes are mixed in one claim."))
    return ("BK" if qualifiers and not qualifiers[0].startswith("A") else "ABK"), tuple(codes)


def read_line(loop: Loop, clm: Segment, note: Note) -> ServiceLine | None:
    """One service line; None when it has no SV1 or no readable charge or units, which is a finding."""
    sv1 = loop.first("SV1")
    if sv1 is None:
        note(loop.head[0] if loop.head else clm, "line-missing", T_("A service line of the claim has no SV1."))
        return None
    product = product_of(sv1, 1)
    if not product[1]:
        note(sv1, "line-code", T_("The service line has no procedure code."))
        return None
    try:
        charge = parse_cents(sv1.get(2).strip())
        units = quantity(sv1.get(4).strip())
    except ValueError:
        note(sv1, "line-amount", T_("The service line's charge or units are no number."))
        return None
    first, last = service_days(loop, sv1, note)
    control = loop.first("REF", "6R")
    return ServiceLine(
        code=product[1],
        charge_cents=charge,
        units=units,
        pointers=pointers(sv1, 7, note),
        from_date=first,
        to_date=last,
        modifiers=tuple(modifier for modifier in product[2:6] if modifier),
        unit=sv1.get(3).strip(),
        place=sv1.get(5).strip(),
        control=control.get(2).strip() if control is not None else "",
        qualifier=product[0],
        description=product[6],
        segment=sv1.position,
    )


def quantity(text: str) -> Decimal:
    """A number of type R such as 1, .5 or 2.50; raises ValueError for anything else, also for over 15 digits."""
    if not text or not set(text) <= set("0123456789.-") or len(text) > 16:
        raise ValueError(f"not a number: {text!r}")
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError(f"not a number: {text!r}") from None


def product_of(service: Segment, n: int) -> list[str]:
    """Qualifier, code, four modifiers and a description: the composite of SV1, SV2, SV3."""
    return [*(part.strip() for part in service.components(n)), *[""] * 7][:7]


def pointers(service: Segment, n: int, note: Note) -> tuple[int, ...]:
    """Diagnosis pointers; what is no number is left out with a finding."""
    parts = [part.strip() for part in service.components(n)]
    good = tuple(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 2)
    if len(good) < sum(1 for part in parts if part):
        note(service, "line-pointer", T_("A diagnosis pointer of the service line is no number; it was left out."))
    return good


def service_days(loop: Loop, service: Segment, note: Note) -> tuple[date | None, date | None]:
    """First and last day of service (DTP*472, D8 or RD8); the last is None when it is the first."""
    dtp = loop.first("DTP", "472")
    if dtp is None:
        note(service, "line-date", T_("The service line has no date of service."))
        return None, None
    ends = dtp.get(3).strip().split("-") if dtp.get(2).strip() == "RD8" else [dtp.get(3).strip()]
    try:
        days = [parse_x12_date(part.strip()) for part in ends[:2]]
    except ValueError:
        note(dtp, "line-date", T_("The date of service cannot be read; it was left empty."))
        return None, None
    if len(ends) > 2 or days[-1] < days[0]:
        note(dtp, "line-date", T_("The date of service ends before it begins, or has more than two days."))
    return days[0], days[-1] if days[-1] != days[0] else None

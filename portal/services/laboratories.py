"""Certificates of a practice's laboratories: kept with their days, and put on claims that bill tests (REF*X4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal.domain.claims import ServiceLine
from portal.domain.codes import is_place
from portal.domain.errors import NotFound, Refused
from portal.domain.laboratories import KINDS, Certificate, is_certificate, made_here
from portal.domain.laboratories import standing as standing_on
from portal.domain.practices import address_lines, phone_written
from portal.domain.texts import T_, Text
from portal.models.laboratories import CertificateRow
from portal.models.practices import PracticeRow
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_EARLIEST, _LATEST = date(1992, 9, 1), date(2100, 1, 1)
"""CLIA's rules hold since September 1992."""


@dataclass(frozen=True, slots=True)
class CertificateItem:
    """One certificate; `given` is what the fields of its form hold."""

    certificate_id: str
    version: int
    number: str
    kind: Text
    place: str
    valid_from: date
    valid_to: date | None
    holds: bool
    """It is valid today."""
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PracticeItem:
    """What is stated of a practice, with the certificates of its laboratories, those that hold first."""

    practice_id: str
    code: str
    name: str
    npi: str
    ein: str
    taxonomy: str
    phone: str
    address: str
    remit_to: str
    time_zone: str
    certificates: tuple[CertificateItem, ...]


@dataclass(frozen=True, slots=True)
class PracticesPage:
    """See `templates/admin/practices/list.html`."""

    practices: tuple[PracticeItem, ...]
    kinds: tuple[tuple[str, Text], ...]


def listed(uow: UnitOfWork) -> PracticesPage:
    """The practices within reach, by name."""
    rows = uow.entities(uow.select(PracticeRow).order_by(PracticeRow.name, PracticeRow.code))
    kept: dict[bytes, list[CertificateRow]] = {}
    for one in uow.entities(uow.select(CertificateRow).order_by(CertificateRow.place, CertificateRow.valid_from)):
        kept.setdefault(one.practice_id, []).append(one)
    return PracticesPage(tuple(_item(uow, row, kept.get(row.id, ())) for row in rows), tuple(KINDS.items()))


def keep(
    uow: UnitOfWork, practice_id: bytes, given: Mapping[str, str], *, certificate_id: bytes | None = None,
    expected_version: int | None = None,
) -> bytes:  # fmt: skip
    """Keep a certificate of a practice, a new one or one that stands; the same again changes nothing.

    `given`: number, kind (of `KINDS`), place (empty for all), valid_from, valid_to (ISO days, the last may be empty).
    Raises Refused `number`, `kind`, `place`, `days` or `twice`, NotFound, Conflict when somebody was quicker.
    """
    found = read(given)
    standing_row = uow.get(CertificateRow, certificate_id) if certificate_id is not None else None
    if standing_row is not None:
        practice_id = standing_row.practice_id
        uow.change(standing_row, expected_version=expected_version)
    # Two who keep one at once wait for each other here; on SQLite writers are one at a time anyway.
    held = uow.select(PracticeRow.id).where(PracticeRow.id == practice_id).with_for_update(key_share=True)
    if uow.row(held) is None:
        raise NotFound(ABSENT, code="not-found")
    others = uow.entities(uow.select(CertificateRow).where(CertificateRow.practice_id == practice_id))
    for other in others:
        if other is not standing_row and _as_certificate(other).meets(found):
            same = _as_certificate(other) == found
            if same and standing_row is None:
                return other.id
            raise Refused(
                T_("Another certificate of that place holds on some of these days. End it first."), code="twice"
            )
    values: dict[str, Any] = {name: getattr(found, name) for name in Certificate.__dataclass_fields__}
    said: dict[str, Any] = {"kept_by": uow.actor.initiator or uow.actor.identity, "kept_at": uow.now}
    if standing_row is None:
        return uow.new(CertificateRow, practice_id=practice_id, **values, **said).id
    if _as_certificate(standing_row) != found:
        uow.change(standing_row, **values, **said)
    return standing_row.id


def end(uow: UnitOfWork, practice_id: bytes, number: str, last: str, *, place: str = "") -> int:
    """Let a number's certificates that go on after a day end on it, of one place of service where it is named.

    `last` is an ISO day. Returns how many ended; the same again ends none. Raises Refused `number`, `place` or `days`.
    """
    row, wanted, day = CertificateRow, "".join(number.split()).upper(), _day(last)
    if place and not is_place(place):
        raise Refused(T_("A place of service has two digits, as 11 for an office; empty for all places."), code="place")
    if day is None:
        raise Refused(T_("Say the last day of the certificate, as 2026-12-31."), code="days")
    where = [row.practice_id == practice_id, row.number == wanted, *([row.place == place] if place else [])]
    known = uow.entities(uow.select(row).where(*where).order_by(row.id))
    if not known:
        raise Refused(T_("The practice has no certificate of this number, or none for this place."), code="number")
    ending = [one for one in known if one.valid_to is None or one.valid_to > day]
    for one in ending:
        values = _certificate(one, day).given
        keep(uow, practice_id, {**values, "valid_to": day.isoformat()}, certificate_id=one.id)
    return len(ending)


def read(given: Mapping[str, str]) -> Certificate:
    """A certificate as it was typed; raises Refused naming what is wrong."""
    number = "".join(given.get("number", "").split()).upper()
    if not is_certificate(number):
        text = T_("A CLIA number has ten characters: two digits, a D and seven digits, as 11D1234567.")
        raise Refused(text, code="number")
    if given.get("kind") not in KINDS:
        raise Refused(T_("Choose the type that is printed on the certificate."), code="kind")
    place = given.get("place", "").strip()
    if place and not is_place(place):
        raise Refused(T_("A place of service has two digits, as 11 for an office; empty for all places."), code="place")
    begins, ends_text = _day(given.get("valid_from", "")), given.get("valid_to", "").strip()
    ends = _day(ends_text)
    if begins is None:
        raise Refused(T_("Say from which day the certificate is valid."), code="days")
    if (ends_text and ends is None) or (ends is not None and ends < begins):
        raise Refused(T_("The last day of the certificate is no day, or lies before the first."), code="days")
    return Certificate(number, given["kind"], place, begins, ends)


def standing(uow: UnitOfWork, practice_id: bytes) -> tuple[Certificate, ...]:
    """Every certificate of a practice, those that ended too."""
    columns = (CertificateRow.number, CertificateRow.kind, CertificateRow.place, CertificateRow.valid_from,
               CertificateRow.valid_to)  # fmt: skip
    rows = uow.rows(uow.select(*columns).where(CertificateRow.practice_id == practice_id))
    return tuple(_as_certificate(row) for row in rows)


def numbered(
    certificates: Sequence[Certificate], own: str, place: str, lines: tuple[ServiceLine, ...]
) -> tuple[str, tuple[ServiceLine, ...]]:
    """The laboratory's number of a professional claim, and its lines with those that have another.

    What came with the visit (`own`, and numbers that lines have) goes before the certificate of the practice, which is
    named only where a test is billed that the practice made itself (005010X222A1, loops 2300 and 2400).
    """
    if not certificates and not any(line.clia for line in lines):
        return own, lines
    numbers = [_number(certificates, own, place, line) for line in lines]
    claims = own or next(filter(None, numbers), "")
    return claims, tuple(
        line if line.clia == (other := "" if number == claims else number) else replace(line, clia=other)
        for line, number in zip(lines, numbers, strict=True)
    )


def _number(certificates: Sequence[Certificate], own: str, place: str, line: ServiceLine) -> str:
    if line.clia or own or line.from_date is None or not made_here(line.code, line.modifiers):
        return line.clia
    found = standing_on(certificates, line.place or place, line.from_date)
    return found.number if found is not None else ""


def kind_of(certificates: Sequence[Certificate], number: str, day: date | None) -> str:
    """What kind of certificate a number of the practice's is on a day; empty for a number of somebody else."""
    holding = (one.kind for one in certificates if one.number == number and day is not None and one.holds(day))
    return next(holding, "")


def _item(uow: UnitOfWork, row: PracticeRow, kept: Sequence[CertificateRow]) -> PracticeItem:
    today = uow.today(row.id)
    items = [_certificate(one, today) for one in kept]
    items.sort(key=lambda one: not one.holds)
    return PracticeItem(
        row.id.hex(), row.code, row.name, row.npi, row.ein, row.taxonomy, phone_written(row.phone),
        ", ".join(address_lines(row.address)), ", ".join(address_lines(row.remit_to)), row.time_zone, tuple(items),
    )  # fmt: skip


def _certificate(row: CertificateRow, today: date) -> CertificateItem:
    given = {
        "number": row.number, "kind": row.kind, "place": row.place, "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to is not None else "",
    }  # fmt: skip
    return CertificateItem(
        row.id.hex(), row.version, row.number, KINDS[row.kind], row.place, row.valid_from, row.valid_to,
        _as_certificate(row).holds(today), given,
    )  # fmt: skip


def _as_certificate(row: Any) -> Certificate:
    return Certificate(row.number, row.kind, row.place, row.valid_from, row.valid_to)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if _EARLIEST <= found <= _LATEST else None

"""A practice's facilities: kept with their days and places of service, and named on claims from there (NM1*77)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from portal.domain.claims import Address, Facility
from portal.domain.codes import is_place
from portal.domain.errors import NotFound, Refused
from portal.domain.facilities import Listed
from portal.domain.practices import address_lines, is_npi
from portal.domain.texts import T_
from portal.models.facilities import ServiceFacilityRow
from portal.models.practices import PracticeRow
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

FIELDS = ("name", "npi", "line1", "line2", "city", "state", "postal_code", "places", "valid_from", "valid_to")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_MOST_PLACES = 12
_ROW = (
    ServiceFacilityRow.id, ServiceFacilityRow.name, ServiceFacilityRow.npi, ServiceFacilityRow.address,
    ServiceFacilityRow.places, ServiceFacilityRow.valid_from, ServiceFacilityRow.valid_to,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FacilityItem:
    """One facility; `given` is what the fields of its form hold."""

    facility_id: str
    version: int
    name: str
    npi: str
    address: str
    places: str
    valid_from: date
    valid_to: date | None
    holds: bool
    """The practice works there today."""
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FacilitiesPage:
    """See `templates/admin/practices/facilities.html`."""

    practice_id: str
    practice_name: str
    facilities: tuple[FacilityItem, ...]


def listed(uow: UnitOfWork, practice_id: bytes) -> FacilitiesPage:
    """The facilities of a practice, those that hold first, then by name. Raises NotFound."""
    practice = uow.get(PracticeRow, practice_id)
    row, today = ServiceFacilityRow, uow.today(practice_id)
    rows = uow.entities(uow.select(row).where(row.practice_id == practice_id).order_by(row.name, row.valid_from))
    items = sorted((_item(one, today) for one in rows), key=lambda one: not one.holds)
    return FacilitiesPage(practice_id.hex(), practice.name, tuple(items))


def keep(
    uow: UnitOfWork, practice_id: bytes, given: Mapping[str, str], *, facility_id: bytes | None = None,
    expected_version: int | None = None,
) -> bytes:  # fmt: skip
    """Keep a facility of a practice, a new one or one that stands; the same again changes nothing.

    `given`: FIELDS by name; places with blanks or commas between them, days in ISO form, the last may be empty.
    Raises Refused with the field as code, or `twice`; NotFound; Conflict when somebody was quicker.
    """
    found = read(given)
    standing_row = uow.get(ServiceFacilityRow, facility_id) if facility_id is not None else None
    if standing_row is not None:
        if standing_row.practice_id != practice_id:
            raise NotFound(ABSENT, code="not-found")
        uow.change(standing_row, expected_version=expected_version)
    # Two who keep one at once wait for each other here; on SQLite writers are one at a time anyway.
    held = uow.select(PracticeRow.id).where(PracticeRow.id == practice_id).with_for_update(key_share=True)
    if uow.row(held) is None:
        raise NotFound(ABSENT, code="not-found")
    others = uow.entities(uow.select(ServiceFacilityRow).where(ServiceFacilityRow.practice_id == practice_id))
    for other in others:
        if other is not standing_row and _as_listed(other).meets(found):
            if _as_listed(other) == found and standing_row is None:
                return other.id
            raise Refused(T_("This facility is on the list already on some of these days. Correct it there."),
                          code="twice")  # fmt: skip
    values = _values(found) | {"kept_by": uow.actor.initiator or uow.actor.identity, "kept_at": uow.now}
    if standing_row is None:
        return uow.new(ServiceFacilityRow, practice_id=practice_id, **values).id
    if _as_listed(standing_row) != found:
        uow.change(standing_row, **values)
    return standing_row.id


def read(given: Mapping[str, str]) -> Listed:
    """A facility as it was typed; raises Refused naming what is wrong."""
    plain = {name: " ".join("".join(filter(str.isprintable, given.get(name, ""))).split())[:200] for name in FIELDS}
    facility = read_facility(plain)
    places = tuple(dict.fromkeys(filter(None, re.split(r"[\s,;]+", plain["places"]))))
    if not places or len(places) > _MOST_PLACES or not all(map(is_place, places)):
        text = T_("Write the places of service there, two digits each, as 21 22 23.")
        raise Refused(text, code="places")
    begins, ends = _day(plain["valid_from"]), _day(plain["valid_to"])
    if begins is None:
        raise Refused(T_("Say from which day the practice works there."), code="valid_from")
    if (plain["valid_to"] and ends is None) or (ends is not None and ends < begins):
        raise Refused(T_("The last day is no day, or lies before the first."), code="valid_to")
    return Listed(facility, places, begins, ends)


def read_facility(given: Mapping[str, str]) -> Facility:
    """Name, NPI and address as they were typed; raises Refused with the field as code.

    A custodial home may have no NPI, and the guide takes a name and an address alone (005010X222A1, 2310C NM109).
    """
    name, state = given.get("name", "")[:60].strip(), given.get("state", "").upper()
    if not any(map(str.isalnum, name)):
        raise Refused(T_("Write the facility's name."), code="name")
    if given.get("npi") and not is_npi(given["npi"]):
        raise Refused(T_("Write the ten digits of the facility's NPI; a digit may be wrong."), code="npi")
    longest = {"line1": 55, "line2": 55, "city": 30}
    line1, line2, city = (given.get(part, "")[:most].strip() for part, most in longest.items())
    if not line1:
        raise Refused(T_("Write the street and number where the facility is."), code="line1")
    if len(city) < 2:
        raise Refused(T_("Write the city."), code="city")
    if not re.fullmatch(r"[A-Z]{2}", state):
        raise Refused(T_("The state has two letters, as OR."), code="state")
    postal = re.sub(r"[\s-]", "", given.get("postal_code", ""))
    if not re.fullmatch(r"[0-9]{9}", postal):
        raise Refused(T_("Payers want all nine digits of a facility's ZIP code, as 97099-1234."), code="postal_code")
    return Facility(name, given.get("npi", ""), Address(line1, city, state, postal, line2))


def standing(uow: UnitOfWork, practice_id: bytes) -> tuple[Listed, ...]:
    """Every facility of a practice, those that ended too."""
    rows = uow.rows(uow.select(*_ROW).where(ServiceFacilityRow.practice_id == practice_id))
    return tuple(_as_listed(row) for row in rows)


def choices(uow: UnitOfWork, practice_id: bytes, day: date) -> tuple[tuple[str, Listed], ...]:
    """The facilities where a practice works on a day, by name, with their ids."""
    rows = uow.rows(uow.select(*_ROW).where(ServiceFacilityRow.practice_id == practice_id))
    found = [(row.id.hex(), _as_listed(row)) for row in rows]
    return tuple(sorted((one for one in found if one[1].holds(day)), key=lambda one: (one[1].facility.name, one[0])))


def said(facility: Facility) -> str:
    """A facility in one line: its name and address."""
    where = address_lines(asdict(facility.address)) if facility.address else ()
    return ", ".join(filter(None, (facility.name, *where)))


def _values(one: Listed) -> dict[str, Any]:
    facility = one.facility
    assert facility.address is not None, "a listed facility has its address"
    return {
        "name": facility.name, "npi": facility.npi, "address": asdict(facility.address), "places": list(one.places),
        "valid_from": one.valid_from, "valid_to": one.valid_to,
    }  # fmt: skip


def _as_listed(row: Any) -> Listed:
    facility = Facility(row.name, row.npi, Address(**row.address))
    return Listed(facility, tuple(row.places), row.valid_from, row.valid_to)


def _item(row: ServiceFacilityRow, today: date) -> FacilityItem:
    one = _as_listed(row)
    days = {"valid_from": row.valid_from.isoformat(), "valid_to": row.valid_to.isoformat() if row.valid_to else ""}
    given = {"name": row.name, "npi": row.npi, "places": " ".join(row.places), **row.address, **days}
    return FacilityItem(
        row.id.hex(), row.version, row.name, row.npi, ", ".join(address_lines(row.address)), " ".join(row.places),
        row.valid_from, row.valid_to, one.holds(today), given,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _EARLIEST <= found <= _LATEST else None

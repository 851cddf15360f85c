"""A visit taken in by hand from the practice's bill and registration form: account, coverage and visit in one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from portal.domain.claims import Address, BillingProvider, Claim, Cover, Person, Rendering, ServiceLine
from portal.domain.codes import diagnosis_qualifier, is_place
from portal.domain.dental import Dental
from portal.domain.errors import Refused
from portal.domain.institutional import Institutional
from portal.domain.money import parse_cents
from portal.domain.texts import T_, Text
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.services.intake import visits
from portal.services.intake.kinds import DENTIST, FACILITY
from portal.services.intake.lines import TypedLine, read_diagnoses, read_line
from portal.services.intake.visits import Taken
from portal.services.unit_of_work.work import UnitOfWork

SEXES: Final[Mapping[str, Text]] = MappingProxyType({
    "F": T_("Female"), "M": T_("Male"), "U": T_("Not stated"),
})  # fmt: skip
RELATIONSHIPS: Final[Mapping[str, Text]] = MappingProxyType({
    "18": T_("The patient is the member"), "01": T_("Husband or wife"), "19": T_("Child"), "G8": T_("Another person"),
})  # fmt: skip
"""PAT01 of the patient to the member."""
KINDS: Final[Mapping[str, Text]] = MappingProxyType({
    "": T_("A clinician's services"), FACILITY: T_("A facility: hospital, nursing home, clinic"),
    DENTIST: T_("A dentist's services"),
})  # fmt: skip
"""Which claim a bill becomes: 837P, 837I or 837D."""

_LETTERS = 60
_OLDEST_YEARS = 130


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """What the form offers; see `templates/staff/bills/new.html`."""

    payers: tuple[tuple[str, str], ...]
    providers: tuple[tuple[str, str], ...]
    sexes: tuple[tuple[str, Text], ...]
    relationships: tuple[tuple[str, Text], ...]
    today: date
    kinds: tuple[tuple[str, Text], ...]


def show(uow: UnitOfWork) -> RegisterPage:
    """The payers and clinicians to choose from."""
    payers = uow.rows(uow.select(PayerRow.id, PayerRow.name).order_by(PayerRow.name, PayerRow.id))
    columns = (ProviderRow.id, ProviderRow.first_name, ProviderRow.last_name)
    providers = uow.rows(uow.select(*columns).order_by(ProviderRow.last_name, ProviderRow.first_name))
    return RegisterPage(
        tuple((row.id.hex(), row.name) for row in payers),
        tuple((row.id.hex(), f"{row.first_name} {row.last_name}".strip()) for row in providers),
        tuple(SEXES.items()), tuple(RELATIONSHIPS.items()), uow.today(), tuple(KINDS.items()),
    )  # fmt: skip


def register(uow: UnitOfWork, typed: Mapping[str, str], diagnoses: Sequence[str], lines: Sequence[TypedLine]) -> Taken:
    """Take in a visit as it stands on the practice's bill; its bill is verified next.

    `typed` are the fields of the form by name. An account that is not there is made in the same transaction; a visit
    that stands already is made no second time. What the bill says of codes is the provider's proposal and may be
    missing. Raises Refused with the field's name as its code for what cannot be read, and then makes nothing.
    """
    given = {name: "".join(filter(str.isprintable, text)).strip()[:_LETTERS] for name, text in typed.items()}
    today = uow.today()
    patient = _person(given, today)
    day = _day(given.get("service_from", ""), "service_from", today)
    last = _day(given["service_to"], "service_to", today) if given.get("service_to") else day
    if last < day:
        raise Refused(T_("The last day of service is not before the first."), code="service_to")
    place, kind = given.get("place", ""), given.get("kind", "")
    if kind not in KINDS:
        raise Refused(T_("Choose what kind of bill it is."), code="kind")
    if not is_place(place):
        raise Refused(T_("A place of service has two digits, as 11 for an office."), code="place")
    qualifier = diagnosis_qualifier(day)
    codes = read_diagnoses(diagnoses, qualifier)
    services = tuple(
        _service(uow, line, number, len(codes), day, last)
        for number, line in enumerate(lines, 1)
        if line.code.strip() and not line.out
    )
    claim = Claim(
        control=given.get("number") or f"BILL {day:%Y%m%d}", charge_cents=sum(line.charge_cents for line in services),
        place=place, patient=patient, cover=_cover(uow, given, patient, today), billing=_billing(uow), diagnoses=codes,
        lines=services, code_qualifier=qualifier, rendering=_rendering(uow, given.get("provider_id", "")),
        note=typed.get("note", "").strip()[:4_000],
    )  # fmt: skip
    if kind == FACILITY:
        stay = Institutional(day, None if last == day else last)
        claim = replace(claim, institutional=stay, attending=claim.rendering, rendering=None)
    elif kind == DENTIST:
        claim = replace(claim, dental=Dental())
    return visits.take(uow, claim, days=(day, last), bill=True)


def _person(given: Mapping[str, str], today: date) -> Person:
    for name in ("last", "first"):
        if not any(map(str.isalpha, given.get(name, ""))):
            raise Refused(T_("Write the patient's first and last name."), code=name)
    sex = given.get("sex", "")
    if sex not in SEXES:
        raise Refused(T_("Choose what the form says of the sex."), code="sex")
    return Person(
        given["last"], given["first"], given.get("middle", ""),
        birth_date=_day(given.get("birth_date", ""), "birth_date", today), sex=sex, address=_address(given),
    )  # fmt: skip


def _address(given: Mapping[str, str]) -> Address | None:
    line1, city, state = (given.get(name, "") for name in ("line1", "city", "state"))
    postal = given.get("postal_code", "").replace("-", "").replace(" ", "")
    if not (line1 or city or state or postal):
        return None
    if not (line1 and city and len(state) == 2 and state.isalpha() and postal.isascii() and postal.isdigit()):
        raise Refused(T_("An address has street, city, two letters for the state, and a ZIP code."), code="line1")
    if len(postal) not in {5, 9}:
        raise Refused(T_("A ZIP code has five or nine digits."), code="postal_code")
    return Address(line1, city, state.upper(), postal)


def _cover(uow: UnitOfWork, given: Mapping[str, str], patient: Person, today: date) -> Cover:
    """The coverage of the form; without a payer there is none, and the patient pays."""
    chosen, member = given.get("payer_id", ""), given.get("member_id", "")
    if not chosen:
        if member:
            raise Refused(T_("Choose the payer of this member number, or leave the number out."), code="payer_id")
        return Cover("", "", "", patient)
    payer = uow.row(uow.select(PayerRow.code, PayerRow.name, PayerRow.kind).where(PayerRow.id == (_id(chosen) or b"")))
    if payer is None:
        raise Refused(T_("Choose a payer from the list."), code="payer_id")
    if not any(map(str.isalnum, member)):
        raise Refused(T_("Write the member number from the insurance card."), code="member_id")
    relationship = given.get("relationship", "") or "18"
    if relationship not in RELATIONSHIPS:
        raise Refused(T_("Choose who the member is."), code="relationship")
    member_person = patient
    if relationship != "18":
        last, first = given.get("subscriber_last", ""), given.get("subscriber_first", "")
        if not (last and first):
            raise Refused(T_("Write the member's first and last name."), code="subscriber_last")
        born = _day(given.get("subscriber_birth", ""), "subscriber_birth", today)
        member_person = Person(last, first, birth_date=born)
    return Cover(
        payer.name, payer.code, member, member_person, relationship=relationship,
        group_number=given.get("group_number", ""), filing_code=payer.kind or "CI",
    )  # fmt: skip


def _billing(uow: UnitOfWork) -> BillingProvider:
    row = uow.get(PracticeRow, uow.practice_id)
    address: dict[str, Any] = row.address
    return BillingProvider(row.name, row.npi, row.ein, Address(**address), taxonomy=row.taxonomy)


def _rendering(uow: UnitOfWork, chosen: str) -> Rendering | None:
    if not chosen:
        return None
    row = uow.first(uow.select(ProviderRow).where(ProviderRow.id == (_id(chosen) or b"")))
    if row is None:
        raise Refused(T_("Choose a clinician from the list."), code="provider_id")
    return Rendering(row.npi, row.last_name, row.first_name, row.taxonomy)


def _service(uow: UnitOfWork, line: TypedLine, number: int, diagnoses: int, day: date, last: date) -> ServiceLine:
    """One service of the bill; without a charge on it, it costs what the practice's list says, or nothing yet."""
    read = read_line(line, number, diagnoses)
    cents = -1
    if not line.charge.strip():
        cents = visits.times(visits.list_price(uow, read.code, read.modifiers, day) or 0, read.units)
    else:
        try:
            cents = parse_cents(line.charge.replace("$", "").replace(",", "").strip())
        except ValueError:
            cents = -1
    if cents < 0:
        raise Refused(T_("Service {line}: the charge is an amount such as 125.00.", line=number), code="code")
    return ServiceLine(read.code, cents, read.units, read.pointers, day, last, read.modifiers)


def _day(text: str, field: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(T_("Write the day as year, month and day."), code=field) from None
    if not today - timedelta(days=366 * _OLDEST_YEARS) < day <= today:
        raise Refused(T_("This day is in the future, or too long ago."), code=field)
    return day


def _id(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None

"""The domain's claim from rows: everything that an 837P or an edit needs, opened in a few queries for many claims."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.claims import Address, BillingProvider, Claim, Cover, OtherPayer, Person, Rendering, ServiceLine
from portal.domain.facilities import Listed, only
from portal.domain.laboratories import Certificate
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.services import facilities, laboratories
from portal.services.claims import carrying
from portal.services.claims.carrying import Carried
from portal.services.granted import finding
from portal.services.intake import kinds, line_details
from portal.services.intake.kinds import KeptLine
from portal.services.unit_of_work.work import UnitOfWork

SLICE = 500
SELF = "18"

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a number read aloud or from paper is not mistaken."""
_LETTERS = 15


def new_control() -> str:
    """A claim number (CLM01) of 16 characters, C and 75 random bits; at most 20 travel (X12 RFI 525)."""
    return "C" + "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))


def as_domain(uow: UnitOfWork, row: ClaimRow) -> Claim:
    """One claim as it would be sent now."""
    return as_domains(uow, [row])[row.id]


def as_domains(uow: UnitOfWork, rows: Sequence[ClaimRow]) -> dict[bytes, Claim]:
    """Claims of one practice by id, as they would be sent now; notes of the office are never part of them.

    Only active charges are lines. What an 837P needs and the rows lack is left empty, for the edits to find.
    """
    if not rows:
        return {}
    encounters = found_by_id(uow, EncounterRow, (row.encounter_id for row in rows))
    charges = charges_of(uow, [row.encounter_id for row in rows])
    patients = found_by_id(uow, PatientRow, (row.patient_id for row in rows))
    earlier = carrying.earlier_of(uow, rows)
    billed: list[ClaimRow | Carried] = [*rows, *(one for each in earlier.values() for one in each)]
    covers = found_by_id(uow, CoverageRow, (row.coverage_id for row in billed))
    payers = found_by_id(uow, PayerRow, (row.payer_id for row in billed))
    seen = (encounter.provider_id for encounter in encounters.values() if encounter.provider_id is not None)
    providers = found_by_id(uow, ProviderRow, seen)
    billing = _billing(found_by_id(uow, PracticeRow, [rows[0].practice_id])[rows[0].practice_id])
    certificates = laboratories.standing(uow, rows[0].practice_id)
    places = facilities.standing(uow, rows[0].practice_id)
    uow.saw(*patients)
    people = {id_: _patient(uow, patient) for id_, patient in patients.items()}

    def cover_of(row: Any, patient_id: bytes) -> Cover:
        return _cover(uow, covers[row.coverage_id], payers[row.payer_id], people[patient_id])

    built = {
        row.id: _carrying(
            _claim(
                uow,
                row,
                encounters[row.encounter_id],
                charges.get(row.encounter_id, ()),
                people[row.patient_id],
                cover_of(row, row.patient_id),
                billing,
                _rendering(providers.get(encounters[row.encounter_id].provider_id or b"")),
                certificates,
                places,
            ),
            charges.get(row.encounter_id, ()),
            [(cover_of(one, row.patient_id), one) for one in earlier.get(row.id, ())],
        )
        for row in rows
    }
    return finding.numbered(uow, rows, built)


def charges_of(uow: UnitOfWork, encounters: Iterable[bytes]) -> dict[bytes, tuple[Any, ...]]:
    """The active charges of visits, in order of their position, by visit."""
    found: dict[bytes, tuple[Any, ...]] = {}
    for part in slices(encounters):
        statement = (
            uow.select(*columns_of(ChargeRow))
            .where(ChargeRow.encounter_id.in_(part), ChargeRow.active.is_(True))
            .order_by(ChargeRow.encounter_id, ChargeRow.position)
        )
        for row in uow.rows(statement):
            found[row.encounter_id] = (*found.get(row.encounter_id, ()), row)
    return found


def slices(ids: Iterable[bytes]) -> Iterable[list[bytes]]:
    """The ids once each, in parts that an IN takes on both engines."""
    wanted = sorted(set(ids))
    return [wanted[start : start + SLICE] for start in range(0, len(wanted), SLICE)]


def units_of(thousandths: int) -> Decimal:
    """Units of service as stored, as a number: 1500 is 1.5, 2000 is 2."""
    whole, rest = divmod(thousandths, 1000)
    return Decimal(whole) if rest == 0 else Decimal(thousandths).scaleb(-3).normalize()


def address_of(stored: Mapping[str, Any] | None) -> Address | None:
    """An address as it is stored; None stays None."""
    if not stored:
        return None
    return Address(**{name: stored.get(name) or "" for name in ("line1", "city", "state", "postal_code", "line2")})


def person_of(stored: Mapping[str, Any]) -> Person:
    """A person as intake stores one: last, first, middle, suffix, birth_date (ISO), sex, address."""
    born = stored.get("birth_date")
    return Person(
        stored.get("last") or "",
        stored.get("first") or "",
        stored.get("middle") or "",
        stored.get("suffix") or "",
        date.fromisoformat(born) if born else None,
        stored.get("sex") or "",
        address_of(stored.get("address")),
    )


def service_line(charge: Any, place: str) -> ServiceLine:
    """A charge as a line of a claim whose place of service is `place`."""
    return ServiceLine(
        code=charge.code,
        charge_cents=charge.charge_cents,
        units=units_of(charge.units_thousandths),
        pointers=tuple(charge.pointers),
        from_date=charge.service_from,
        to_date=None if charge.service_to == charge.service_from else charge.service_to,
        modifiers=tuple(charge.modifiers),
        unit=charge.unit,
        place="" if charge.place == place else charge.place,
        control=charge.control,
        qualifier=charge.qualifier,
    )


def columns_of(model: Any) -> list[Any]:
    """Every column of a model, for a SELECT of rows instead of entities."""
    return [getattr(model, column.key) for column in model.__table__.columns]


def found_by_id(uow: UnitOfWork, model: Any, ids: Iterable[bytes]) -> dict[bytes, Any]:
    """Rows within reach by id."""
    found: dict[bytes, Any] = {}
    for part in slices(ids):
        found |= {row.id: row for row in uow.rows(uow.select(*columns_of(model)).where(model.id.in_(part)))}
    return found


def _claim(
    uow: UnitOfWork,
    row: ClaimRow,
    encounter: Any,
    charges: Sequence[Any],
    patient: Person,
    cover: Cover,
    billing: BillingProvider,
    rendering: Rendering | None,
    certificates: Sequence[Certificate],
    places: Sequence[Listed],
) -> Claim:
    def opened(column: Any) -> Any:
        return uow.open(
            getattr(encounter, column.key), column, row=encounter.id, subject=encounter.patient_id,
            practice=encounter.practice_id,
        )  # fmt: skip

    came_with = opened(EncounterRow.proposal_sealed) or {}
    stands = kinds.corrected(came_with, opened(EncounterRow.details_sealed))
    kept, lines = kinds.of(stands), _lines(uow, charges, encounter.place, kinds.of_lines(stands))
    clia, where = came_with.get("clia") or "", kept.facility
    if kept.institutional is None:
        where = where or only(places, encounter.place, encounter.service_from)
    if kept.institutional is None and kept.dental is None:
        clia, lines = laboratories.numbered(certificates, clia, encounter.place, lines)
    return Claim(
        control=row.control,
        charge_cents=row.charge_cents,
        place=encounter.place,
        patient=patient,
        cover=cover,
        billing=billing,
        diagnoses=tuple(opened(EncounterRow.diagnoses_sealed) or ()),
        lines=lines,
        frequency=kept.frequency if row.frequency == "1" else row.frequency,
        code_qualifier=encounter.code_qualifier,
        rendering=rendering if kept.rendering else None,
        attending=kept.attending,
        operating=kept.operating,
        other_operating=kept.other_operating,
        assistant=kept.assistant,
        facility=where,
        referring=kept.referring,
        supervising=kept.supervising,
        exception=kept.exception,
        professional=kept.professional,
        institutional=kept.institutional,
        dental=kept.dental,
        # An original must not carry the number that a rejection may have brought (X12 RFI 1538).
        payer_control="" if row.frequency == "1" else uow.read(row, ClaimRow.payer_control_sealed) or "",
        authorization=came_with.get("authorization") or "",
        referral=came_with.get("referral") or "",
        clia=clia,
    )


def _lines(
    uow: UnitOfWork, charges: Sequence[Any], place: str, kept: Mapping[int, KeptLine]
) -> tuple[ServiceLine, ...]:
    """The charges of a visit as lines, with what is kept of them beside it and by themselves."""
    lines = tuple(service_line(charge, place) for charge in charges)
    if kept:
        lines = tuple(
            kept[charge.position].on(line) if charge.position in kept else line
            for line, charge in zip(lines, charges, strict=True)
        )
    if any(charge.details_sealed is not None for charge in charges):
        lines = tuple(line_details.on(uow, charge, line) for line, charge in zip(lines, charges, strict=True))
    return lines


def _carrying(claim: Claim, charges: Sequence[Any], earlier: Sequence[tuple[Cover, Carried]]) -> Claim:
    """The claim with what earlier payers decided; an 837 names their subscribers without birth date and sex."""
    if not earlier:
        return claim
    others = tuple(
        OtherPayer(replace(cover, subscriber=replace(cover.subscriber, birth_date=None, sex="")), one.decision)
        for cover, one in earlier
    )
    lines = tuple(
        replace(line, decisions=tuple(said for _, one in earlier for said in one.lines.get(charge.id, ())))
        for line, charge in zip(claim.lines, charges, strict=True)
    )
    return replace(claim, others=others, lines=lines)


def _billing(practice: Any) -> BillingProvider:
    address = address_of(practice.address)
    assert address is not None, "a practice has its address from the start"
    return BillingProvider(
        name=practice.name,
        npi=practice.npi,
        tax_id=practice.ein,
        address=address,
        taxonomy=practice.taxonomy,
        contact=practice.name,
        phone=practice.phone,
        pay_to=address_of(practice.remit_to),
    )


def _rendering(provider: Any) -> Rendering | None:
    if provider is None:
        return None
    return Rendering(provider.npi, provider.last_name, provider.first_name, provider.taxonomy)


def _patient(uow: UnitOfWork, patient: Any) -> Person:
    def opened(column: Any) -> Any:
        return uow.open(
            getattr(patient, column.key), column, row=patient.id, subject=patient.id, practice=patient.practice_id
        )

    return Person(
        opened(PatientRow.last_name_sealed),
        opened(PatientRow.first_name_sealed),
        opened(PatientRow.middle_name_sealed) or "",
        opened(PatientRow.suffix_sealed) or "",
        opened(PatientRow.birth_date_sealed),
        opened(PatientRow.sex_sealed),
        address_of(opened(PatientRow.address_sealed)),
    )


def _cover(uow: UnitOfWork, cover: Any, payer: Any, patient: Person) -> Cover:
    def opened(column: Any) -> Any:
        return uow.open(
            getattr(cover, column.key), column, row=cover.id, subject=cover.patient_id, practice=cover.practice_id
        )

    registered = None if cover.relationship == SELF else opened(CoverageRow.subscriber_sealed)
    return Cover(
        payer_name=payer.name,
        payer_id=payer.code,
        member_id=opened(CoverageRow.member_id_sealed) or "",
        subscriber=patient if cover.relationship == SELF else person_of(registered) if registered else Person("", ""),
        rank=cover.rank,
        relationship=cover.relationship,
        group_number=opened(CoverageRow.group_number_sealed) or "",
        group_name=opened(CoverageRow.group_name_sealed) or "",
        filing_code=cover.filing_code,
        payer_address=address_of(payer.address),
        insurance_type=cover.insurance_type or "",
    )

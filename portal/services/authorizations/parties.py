"""A stored request as the 278 carries it: payer, practice, patient and subscriber, diagnoses, clinician, services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.authorizations import AuthorizationRequest, CareProvider, Diagnosis, ReviewedService
from portal.domain.claims import Person
from portal.domain.codes import diagnosis_qualifier
from portal.domain.eligibility import Member
from portal.domain.granting import RETROACTIVE
from portal.domain.remittances import Name
from portal.models.authorizations import AuthorizationLineRow, AuthorizationRow
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.services.unit_of_work.work import UnitOfWork

_SELF = "18"
_RELATIONSHIPS = {"01": "01", "19": "19"}
_CATEGORY = "HS"
"""UM01: health services review."""
_URGENT = {"expedited": "U"}
_LATE = {
    "emergency": "EMERGENCY", "coverage-found": "COVERAGE WAS NOT KNOWN ON THE DAY",
    "changed-service": "ANOTHER SERVICE THAN PLANNED WAS NEEDED", "overlooked": "ASKED AFTER THE SERVICE",
}  # fmt: skip
"""RETROACTIVE as the payer reads it (MSG), since no element of the 278 says so."""
_MESSAGE = 264
"""Characters of MSG01."""

assert set(_LATE) == set(RETROACTIVE)


def trace_of(row: AuthorizationRow) -> str:
    """TRN02 of the last asking."""
    return f"{row.trace}-{row.asked}"


def as_request(uow: UnitOfWork, row: AuthorizationRow, trace: str) -> AuthorizationRequest:
    """A request as it would go now, under a trace."""
    cover, patient = uow.get(CoverageRow, row.coverage_id), uow.get(PatientRow, row.patient_id)
    payer, practice = uow.get(PayerRow, row.payer_id), uow.get(PracticeRow, row.practice_id)
    who, own = _person(uow, patient), cover.relationship == _SELF
    subscriber = who if own else _registered(uow.read(cover, CoverageRow.subscriber_sealed))
    previous = uow.get(AuthorizationRow, row.previous_id) if row.previous_id is not None else None
    qualifier = diagnosis_qualifier(row.from_date)
    codes: Sequence[str] = uow.read(row, AuthorizationRow.diagnoses_sealed)
    return AuthorizationRequest(
        trace=trace,
        reviewer=Name(payer.name, qualifier="PI", identifier=payer.code),
        requester=Name(practice.name, qualifier="XX", identifier=practice.npi),
        subscriber=Member(subscriber, uow.read(cover, CoverageRow.member_id_sealed) or ""),
        category=_CATEGORY,
        certification=row.certification,
        place=row.place,
        urgency=_URGENT.get(row.urgency, ""),
        dependent=None if own else who,
        relationship="" if own else _RELATIONSHIPS.get(cover.relationship, "34"),
        phone=practice.phone,
        previous_number=(uow.read(previous, AuthorizationRow.number_sealed) or "") if previous is not None else "",
        diagnoses=tuple(
            Diagnosis(qualifier if n == 0 else qualifier.replace("BK", "BF"), code) for n, code in enumerate(codes)
        ),
        from_date=row.from_date,
        to_date=row.to_date,
        providers=_providers(uow, row),
        services=tuple(
            ReviewedService(line.code, modifiers=tuple(line.modifiers), units=Decimal(line.asked_thousandths) / 1000)
            for line in lines_of(uow, row.id)
        ),
        messages=_messages(row, uow.read(row, AuthorizationRow.message_sealed) or ""),
    )


def lines_of(uow: UnitOfWork, authorization_id: bytes) -> list[AuthorizationLineRow]:
    """The services of a request, in their order."""
    line = AuthorizationLineRow
    return uow.entities(uow.select(line).where(line.authorization_id == authorization_id).order_by(line.position))


def _messages(row: AuthorizationRow, said: str) -> tuple[str, ...]:
    text = " ".join(" ".join(filter(None, (_LATE.get(row.retroactive, ""), said))).split())
    return (text[:_MESSAGE],) if text else ()


def _providers(uow: UnitOfWork, row: AuthorizationRow) -> tuple[CareProvider, ...]:
    if row.provider_id is None:
        return ()
    one = uow.get(ProviderRow, row.provider_id)
    name = Name(one.last_name, one.first_name or "", qualifier="XX", identifier=one.npi)
    return (CareProvider("SJ", name, taxonomy=one.taxonomy),)


def _person(uow: UnitOfWork, row: PatientRow) -> Person:
    """The patient without an address, which the payer has."""
    sex = uow.read(row, PatientRow.sex_sealed)
    return Person(
        uow.read(row, PatientRow.last_name_sealed),
        uow.read(row, PatientRow.first_name_sealed),
        uow.read(row, PatientRow.middle_name_sealed) or "",
        uow.read(row, PatientRow.suffix_sealed) or "",
        uow.read(row, PatientRow.birth_date_sealed),
        sex if sex in {"F", "M"} else "",
    )


def _registered(stored: dict[str, Any] | None) -> Person:
    """A subscriber as intake keeps one; what is not known stays out."""
    known = stored or {}
    born, sex = known.get("birth_date"), known.get("sex") or ""
    last, first, middle, suffix = (known.get(part) or "" for part in ("last", "first", "middle", "suffix"))
    born_on = date.fromisoformat(born) if born else None
    return Person(last, first, middle, suffix, born_on, sex if sex in {"F", "M"} else "")

"""What a letter says of a claim or an authorization: no more than the payer needs to find it, no diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.domain import dates
from portal.domain.letters import Facts
from portal.domain.money import Money
from portal.domain.practices import address_lines, phone_written
from portal.models.authorizations import AuthorizationLineRow, AuthorizationRow
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.denials import DenialRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.services.contacts.subjects import Subject, patient_name, payer_name
from portal.services.unit_of_work.work import UnitOfWork

_SETTLED = ("RESOLVED", "CLOSED")
"""States of a denial of which nobody asks the payer any more."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The practice as its letters say it."""

    name: str
    lines: tuple[str, ...]
    phone: str


def letterhead(uow: UnitOfWork) -> Letterhead:
    """The practice's own."""
    row = uow.get(PracticeRow, uow.practice_id)
    return Letterhead(row.name, address_lines(row.address), phone_written(row.phone))


def facts_of(uow: UnitOfWork, thing: Subject) -> Facts:
    """What a letter about a claim or an authorization is filled with."""
    assert thing.patient_id is not None, "letters are about patients' claims and authorizations"
    practice, patient = uow.get(PracticeRow, uow.practice_id), uow.get(PatientRow, thing.patient_id)
    cover = uow.get(CoverageRow, thing.row.coverage_id)
    own = (_of_claim if thing.about == "claim" else _of_asked)(uow, thing.row, practice.time_zone)
    return Facts(
        about=thing.about,
        payer_name=payer_name(uow, thing.payer_id),
        practice_name=practice.name,
        npi=practice.npi,
        tax_id=practice.ein,
        phone=phone_written(practice.phone),
        patient_name=patient_name(uow, thing.patient_id),
        birth_date=uow.read(patient, PatientRow.birth_date_sealed),
        member=uow.read(cover, CoverageRow.member_id_sealed),
        group=uow.read(cover, CoverageRow.group_number_sealed),
        **own,
    )


def _of_claim(uow: UnitOfWork, row: Any, zone: str) -> dict[str, Any]:
    visit = uow.get(EncounterRow, row.encounter_id)
    charges = uow.rows(
        uow.select(ChargeRow.code, ChargeRow.modifiers)
        .where(ChargeRow.encounter_id == row.encounter_id, ChargeRow.active)
        .order_by(ChargeRow.position)
    )
    denied = uow.rows(
        uow.select(DenialRow.group_code, DenialRow.reason)
        .where(DenialRow.claim_id == row.id, DenialRow.state.not_in(_SETTLED))
        .distinct()
        .order_by(DenialRow.group_code, DenialRow.reason)
    )
    return {
        "number": row.control,
        "payer_number": uow.read(row, ClaimRow.payer_control_sealed),
        "first": visit.service_from,
        "last": visit.service_to,
        "services": ", ".join(dict.fromkeys("-".join([each.code, *each.modifiers]) for each in charges)),
        "clinician": _clinician(uow, visit.provider_id),
        "charged": Money(row.charge_cents),
        "sent_on": dates.today(row.submitted_at, zone) if row.submitted_at else None,
        "denied": tuple(f"{each.group_code} {each.reason}".strip() for each in denied if each.reason),
    }


def _of_asked(uow: UnitOfWork, row: Any, zone: str) -> dict[str, Any]:
    lines = uow.rows(
        uow.select(AuthorizationLineRow.code, AuthorizationLineRow.modifiers, AuthorizationLineRow.asked_thousandths)
        .where(AuthorizationLineRow.authorization_id == row.id)
        .order_by(AuthorizationLineRow.position)
    )
    return {
        "number": row.trace,
        "payer_number": uow.read(row, AuthorizationRow.number_sealed),
        "first": row.from_date,
        "last": row.to_date,
        "services": ", ".join(
            f"{'-'.join([each.code, *each.modifiers])} ({each.asked_thousandths / 1000:g})" for each in lines
        ),
        "clinician": _clinician(uow, row.provider_id),
        "charged": None,
        "sent_on": dates.today(row.asked_at, zone) if row.asked_at else None,
    }


def _clinician(uow: UnitOfWork, provider_id: bytes | None) -> str | None:
    if provider_id is None:
        return None
    row = uow.row(uow.select(ProviderRow.first_name, ProviderRow.last_name).where(ProviderRow.id == provider_id))
    return f"{row.first_name} {row.last_name}" if row else None

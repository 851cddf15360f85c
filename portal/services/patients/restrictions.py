"""Visits that a patient paid in full and asked to keep from the plan: recorded, shown, lifted at the patient's wish.

45 CFR 164.522(a)(1)(vi): the practice must agree. Only the patient ends it (164.522(a)(2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.domain.claims import Person
from portal.domain.errors import Conflict, Refused
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.restrictions import RestrictionRow
from portal.services.intake.showing import colleague
from portal.services.unit_of_work.work import UnitOfWork

_MOST = 100
_UNSENT = frozenset({"DRAFT", "READY", "HELD"})


@dataclass(frozen=True, slots=True)
class RestrictedVisit:
    """One visit; `version` is 0 where it is not kept from the plan, else that of the record."""

    encounter_id: str
    day: date
    charge: Money
    payer_name: str | None
    told: bool
    """A claim of it went to a plan already."""
    version: int
    asked_on: date | None
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class RestrictionsPage:
    """See `templates/staff/restrictions/show.html`."""

    patient_id: str
    name: str
    visits: tuple[RestrictedVisit, ...]
    today: date


def show(uow: UnitOfWork, patient_id: bytes) -> RestrictionsPage:
    """A patient's visits, the newest first, with those that the plan must not hear of; raises NotFound."""
    patient = uow.get(PatientRow, patient_id)
    person = Person(uow.read(patient, PatientRow.last_name_sealed), uow.read(patient, PatientRow.first_name_sealed))
    visits = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.service_from, EncounterRow.charge_cents, EncounterRow.coverage_id)
        .where(EncounterRow.patient_id == patient_id)
        .order_by(EncounterRow.service_from.desc(), EncounterRow.id)
        .limit(_MOST)
    )
    payers = {
        row.id: row.name
        for row in uow.rows(
            uow.select(CoverageRow.id, PayerRow.name).where(
                CoverageRow.patient_id == patient_id, PayerRow.id == CoverageRow.payer_id
            )
        )
    }
    standing = {
        row.encounter_id: row
        for row in uow.entities(
            uow.select(RestrictionRow).where(
                RestrictionRow.patient_id == patient_id, RestrictionRow.lifted_at.is_(None)
            )
        )
    }
    told = {
        row.encounter_id
        for row in uow.rows(
            uow.select(ClaimRow.encounter_id).where(ClaimRow.patient_id == patient_id, ClaimRow.versions > 0)
        )
    }
    listed = tuple(_visit(uow, row, payers, standing.get(row.id), row.id in told) for row in visits)
    return RestrictionsPage(patient_id.hex(), full_name(person), listed, uow.today())


def keep(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes, asked_on: str) -> Sequence[bytes]:
    """Keep a visit from its plan, as the patient asked; the ids of its unsent claims, which are now to be stopped.

    The same twice keeps one. Raises Refused `asked-on` for a day that is none or lies ahead, `told` when a claim of
    the visit went out already, NotFound.
    """
    encounter = _of(uow, patient_id, encounter_id)
    day = _day(asked_on)
    if day is None or day > uow.today(encounter.practice_id):
        raise Refused(T_("Say on which day the patient asked; it cannot lie ahead. Nothing was kept."), code="asked-on")
    claims = uow.rows(
        uow.select(ClaimRow.id, ClaimRow.versions, ClaimRow.state).where(ClaimRow.encounter_id == encounter.id)
    )
    if any(row.versions for row in claims):
        raise Refused(
            T_("A claim of this visit went to the plan already: it can no longer be kept from it. Tell the patient."),
            code="told",
        )
    if _standing(uow, encounter.id) is None:
        uow.new(
            RestrictionRow, practice_id=encounter.practice_id, patient_id=patient_id, encounter_id=encounter.id,
            asked_on=day, kept_by=uow.actor.identity, kept_at=uow.now, lifted_on=None, lifted_by=None, lifted_at=None,
        )  # fmt: skip
        uow.flush()
    return [row.id for row in claims if row.state in _UNSENT]


def lift(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes, *, expected_version: int) -> Sequence[bytes]:
    """End it, because the patient took the wish back; the ids of unsent claims, which may go now.

    Raises Conflict when it does not stand or is another by now, NotFound.
    """
    encounter = _of(uow, patient_id, encounter_id)
    row = _standing(uow, encounter.id)
    if row is None:
        raise Conflict(T_("This visit is not kept from its plan any more. Reload the page."), code="version")
    uow.change(
        row, expected_version=expected_version, lifted_on=uow.today(encounter.practice_id), lifted_at=uow.now,
        lifted_by=uow.actor.identity,
    )  # fmt: skip
    uow.flush()
    claims = uow.rows(
        uow.select(ClaimRow.id).where(ClaimRow.encounter_id == encounter.id, ClaimRow.state.in_(sorted(_UNSENT)))
    )
    return [claim.id for claim in claims]


def _of(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes) -> EncounterRow:
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.patient_id != patient_id:
        raise Conflict(T_("This visit is another patient's. Reload the page."), code="version")
    return encounter


def _standing(uow: UnitOfWork, encounter_id: bytes) -> RestrictionRow | None:
    return uow.first(
        uow.select(RestrictionRow).where(
            RestrictionRow.encounter_id == encounter_id, RestrictionRow.lifted_at.is_(None)
        )
    )


def _visit(uow: UnitOfWork, row: Any, payers: dict[bytes, str], kept: RestrictionRow | None, told: bool) -> Any:
    return RestrictedVisit(
        row.id.hex(),
        row.service_from,
        Money(row.charge_cents),
        payers.get(row.coverage_id),
        told,
        kept.version if kept is not None else 0,
        kept.asked_on if kept is not None else None,
        colleague(uow, kept.kept_by) if kept is not None else "",
        kept.kept_at if kept is not None else None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None

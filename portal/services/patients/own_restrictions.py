"""Visits that a patient keeps from the plan by a press of their own, while it has not been told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.payers import PayerRow
from portal.models.restrictions import RestrictionRow
from portal.services.patients import restrictions
from portal.services.unit_of_work.work import UnitOfWork

_MOST = 50


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """One visit with a plan: kept from it (`version` above 0), told to it already, or neither."""

    encounter_id: str
    day: date
    charge: Money
    plan: str
    told: bool
    version: int


def visits(uow: UnitOfWork, patient_id: bytes) -> tuple[OwnVisit, ...]:
    """The newest visits of a patient that a plan would pay for."""
    uow.saw(patient_id)
    rows = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.service_from, EncounterRow.charge_cents, PayerRow.name)
        .where(
            EncounterRow.patient_id == patient_id,
            CoverageRow.id == EncounterRow.coverage_id,
            PayerRow.id == CoverageRow.payer_id,
        )
        .order_by(EncounterRow.service_from.desc(), EncounterRow.id)
        .limit(_MOST)
    )
    ids = sorted(row.id for row in rows)
    claim, kept = ClaimRow, RestrictionRow
    told = {
        row.encounter_id
        for row in uow.rows(
            uow.select(claim.encounter_id).where(claim.encounter_id.in_(ids), claim.versions > 0).distinct()
        )
    }
    standing = {
        row.encounter_id: row.version
        for row in uow.rows(
            uow.select(kept.encounter_id, kept.version).where(kept.encounter_id.in_(ids), kept.lifted_at.is_(None))
        )
    }
    return tuple(
        OwnVisit(
            row.id.hex(), row.service_from, Money(row.charge_cents), row.name, row.id in told, standing.get(row.id, 0)
        )
        for row in rows
    )


def keep(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes) -> None:
    """Keep a visit from its plan: its claim is stopped when it would be sent (the edit `restricted`).

    Raises Refused `told` when a claim went already, NotFound; the same twice keeps one.
    """
    day = uow.today(uow.get(EncounterRow, encounter_id).practice_id)
    try:
        restrictions.keep(uow, patient_id, encounter_id, day.isoformat())
    except Refused as refused:
        if refused.code != "told":
            raise
        raise Refused(
            T_("We have told your plan about this visit already, so it can no longer be kept from it."), code="told"
        ) from None


def lift(uow: UnitOfWork, patient_id: bytes, encounter_id: bytes, *, expected_version: int) -> None:
    """Take the wish back; raises Conflict when it does not stand as it was seen, NotFound."""
    restrictions.lift(uow, patient_id, encounter_id, expected_version=expected_version)

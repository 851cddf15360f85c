"""What the edits know of procedures that a patient had here before a claim, and whose payment covers its services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_

from portal.domain.claims import Claim
from portal.domain.edits.aftercare import is_evaluation
from portal.domain.global_periods import MAJOR, NOT_ALL_OF_IT, PROCEDURES, Surgery
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.global_periods import GlobalPeriodRow
from portal.models.practices import ProviderRow
from portal.services import global_periods
from portal.services.claims.building import found_by_id, slices
from portal.services.unit_of_work.work import UnitOfWork

Known = tuple[tuple[Surgery, ...], Mapping[int, str]]
"""The procedures, and the periods of the claim's own services by the number of the line."""
NOTHING: Known = ((), {})


def known_of(uow: UnitOfWork, claims: Sequence[ClaimRow], built: Mapping[bytes, Claim]) -> dict[bytes, Known]:
    """What each professional claim has to do with earlier procedures; claims with nothing of it are left out."""
    asked = {(line.code, day) for claim in built.values() for line in claim.lines if (day := line.from_date)}
    periods = global_periods.periods_of(uow, asked)
    own = {claim.id: _own(built[claim.id], periods) for claim in claims}
    wanted = [
        claim
        for claim in claims
        if built[claim.id].institutional is None
        and built[claim.id].dental is None
        and (own[claim.id] or any(is_evaluation(line.code) for line in built[claim.id].lines))
    ]
    surgeries = _surgeries(uow, wanted, built)
    return {claim.id: (surgeries[claim.patient_id], own[claim.id]) for claim in wanted if claim.patient_id in surgeries}


def _own(claim: Claim, periods: Mapping[tuple[str, date], str]) -> dict[int, str]:
    return {
        number: periods[line.code, line.from_date]
        for number, line in enumerate(claim.lines, start=1)
        if line.from_date is not None and (line.code, line.from_date) in periods
    }


def _surgeries(
    uow: UnitOfWork, claims: Sequence[ClaimRow], built: Mapping[bytes, Claim]
) -> dict[bytes, tuple[Surgery, ...]]:
    """Procedures with days of aftercare that patients had about the days of these claims, by patient."""
    days = [line.from_date for claim in claims for line in built[claim.id].lines if line.from_date is not None]
    if not days:
        return {}
    first, last = min(days) - timedelta(days=MAJOR), max(days) + timedelta(days=1)
    rows: list[Any] = []
    for part in slices(claim.patient_id for claim in claims):
        rows += uow.rows(
            uow.select(
                ChargeRow.patient_id, ChargeRow.modifiers, ChargeRow.service_from, EncounterRow.provider_id,
                GlobalPeriodRow.period,
            ).where(
                ChargeRow.patient_id.in_(part),
                ChargeRow.active.is_(True),
                ChargeRow.service_from.between(first, last),
                EncounterRow.id == ChargeRow.encounter_id,
                EncounterRow.kind.is_(None),
                GlobalPeriodRow.code == ChargeRow.code,
                GlobalPeriodRow.period != "000",
                GlobalPeriodRow.valid_from <= ChargeRow.service_from,
                or_(GlobalPeriodRow.valid_to.is_(None), GlobalPeriodRow.valid_to >= ChargeRow.service_from),
            )
        )  # fmt: skip
    providers = found_by_id(uow, ProviderRow, (row.provider_id for row in rows if row.provider_id is not None))
    billing = built[claims[0].id].billing
    found: dict[bytes, list[Surgery]] = {}
    for row in rows:
        if NOT_ALL_OF_IT.isdisjoint(row.modifiers):
            who = providers.get(row.provider_id or b"", billing)
            surgery = Surgery(who.npi, who.taxonomy, row.service_from, PROCEDURES[row.period])
            found.setdefault(row.patient_id, []).append(surgery)
    return {patient: tuple(dict.fromkeys(some)) for patient, some in found.items()}

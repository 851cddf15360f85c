"""Drafting: a covered visit that is cleared becomes one claim to its payer, once."""

from __future__ import annotations

from dataclasses import dataclass

from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.services.claims import checking, correcting
from portal.services.claims.building import new_control
from portal.services.claims.visits import filing_due, take_over
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Drafted:
    """The claim of a visit; `claim_id` is None for a visit without coverage or one that is not cleared."""

    claim_id: bytes | None
    made: bool = False
    state: str = ""


def draft_for(uow: UnitOfWork, encounter_id: bytes) -> Drafted:
    """The claim of a cleared visit to its primary payer, made and checked; a second call makes no second one.

    A claim that lies before sending, or is being replaced, takes over what was corrected in the visit. A visit
    without coverage makes no claim (workflows 1). Raises NotFound. Job `claim.draft` calls this.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.coverage_id is None or encounter.state != "CLEARED":
        return Drafted(None)
    # Two who draft at once wait for each other here; on SQLite writers are one at a time anyway.
    uow.first(uow.select(EncounterRow).where(EncounterRow.id == encounter.id).with_for_update())
    standing = uow.first(
        uow.select(ClaimRow).where(ClaimRow.encounter_id == encounter.id, ClaimRow.coverage_id == encounter.coverage_id)
    )
    if standing is not None:
        if standing.state == "DRAFT":
            take_over(uow, standing, encounter)
            checking.run_edits(uow, standing.id)
        elif (correction := correcting.under_way(uow, standing.id)) is not None and correction.state == "OPEN":
            take_over(uow, standing, encounter)
            correcting.prepare(uow, standing, correction)
        return Drafted(standing.id, state=standing.state)
    claim = _draft(uow, encounter)
    checking.run_edits(uow, claim.id)
    return Drafted(claim.id, made=True, state=claim.state)


def _draft(uow: UnitOfWork, encounter: EncounterRow) -> ClaimRow:
    assert encounter.coverage_id is not None
    cover = uow.get(CoverageRow, encounter.coverage_id)
    claim = uow.new(
        ClaimRow,
        practice_id=encounter.practice_id,
        patient_id=encounter.patient_id,
        encounter_id=encounter.id,
        coverage_id=cover.id,
        payer_id=cover.payer_id,
        control=new_control(),
        state="DRAFT",
        rank=cover.rank,
        frequency="1",
        charge_cents=encounter.charge_cents,
        service_from=encounter.service_from,
        filing_due=filing_due(uow, encounter, cover),
        versions=0,
        edits=[],
        created_at=uow.now,
    )
    uow.flush()
    uow.begin(claim)
    return claim

"""Drafting: a covered visit that is cleared becomes one claim to its payer, once."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.corrections import ANSWERED, WITH_PAYER
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.services import corrections
from portal.services.claims import carrying, checking, correcting, following, restoring
from portal.services.claims.building import new_control
from portal.services.claims.visits import filing_due, take_over
from portal.services.unit_of_work.work import UnitOfWork

_CHANGED = T_("The visit was changed after this went. See whether it is to be replaced.")
_VOIDED = T_("This claim was voided, and the visit names its insurance again. Choose another, or let the patient pay.")
_ELSEWHERE = T_("The visit now names another insurance, and this claim stands with the first. Void it, or choose that.")


@dataclass(frozen=True, slots=True)
class Drafted:
    """The claim of a visit; `claim_id` is None where there is none: not covered, not cleared, or with another payer."""

    claim_id: bytes | None
    made: bool = False
    state: str = ""


def draft_for(uow: UnitOfWork, encounter_id: bytes) -> Drafted:
    """The claim of a cleared visit to its primary payer, made and checked; a second call makes no second one.

    A claim that lies before sending, or is being replaced, takes over what was corrected in the visit. A visit
    without coverage makes no claim (workflows 1); nor does one whose coverage was changed while a claim of it stands
    with another payer, of which a person is told. Raises NotFound. Job `claim.draft` calls this.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.coverage_id is None or encounter.state != "CLEARED":
        return Drafted(None)
    # Two who draft at once, or draft and set aside, wait for each other here; SQLite has one writer at a time anyway.
    state = uow.value(uow.select(EncounterRow.state).where(EncounterRow.id == encounter.id).with_for_update())
    if state != "CLEARED":
        return Drafted(None)
    claims = uow.entities(
        uow.select(ClaimRow)
        .where(ClaimRow.encounter_id == encounter.id, ClaimRow.state != "WITHDRAWN")
        .order_by(ClaimRow.created_at, ClaimRow.id)
    )
    standing = next((claim for claim in claims if claim.coverage_id == encounter.coverage_id), None)
    if standing is not None:
        _bring_up(uow, standing, encounter)
        following.bring_up(uow, (claim for claim in claims if carrying.before(standing.rank, claim.rank)), encounter)
        return Drafted(standing.id, state=standing.state)
    if (other := next((claim for claim in claims if _with_payer(claim)), None)) is not None:
        _stop(uow, other)
        return Drafted(None, state=other.state)
    # A draft beside an answered claim is to a further payer, and stays that.
    answered = any(claim.adjudicated_at is not None for claim in claims)
    claim = None if answered else next((claim for claim in claims if claim.state == "DRAFT"), None)
    if claim is not None:
        _redirect(uow, claim, encounter)
    else:
        claim = _draft(uow, encounter)
    checking.run_edits(uow, claim.id)
    return Drafted(claim.id, made=True, state=claim.state)


def _bring_up(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> None:
    """The visit was cleared again: what is not sent takes over; of what is with the payer a person is told."""
    correction = corrections.under_way(uow, claim.id)
    if claim.state == "DRAFT":
        take_over(uow, claim, encounter)
        checking.run_edits(uow, claim.id)
    elif correction is not None and correction.state in {"OPEN", "READY"}:
        take_over(uow, claim, encounter)
        correcting.prepare(uow, claim, correction)
    elif correction is None and (claim.state == "VOIDED" or _with_payer(claim)):
        if claim.state != "VOIDED" and restoring.is_as_sent(uow, claim):
            return  # it was changed, and changed back
        words = _VOIDED if claim.state == "VOIDED" else _CHANGED
        corrections.line_up(uow, claim, "claims", restoring.CHANGED, words)


def _with_payer(claim: ClaimRow) -> bool:
    """The payer has it or answered it, so that a claim of the visit to another payer would be a second original."""
    return claim.state in WITH_PAYER | ANSWERED | {"VOID_PENDING"} or (
        claim.adjudicated_at is not None and claim.state != "VOIDED"
    )


def _stop(uow: UnitOfWork, claim: ClaimRow) -> None:
    """The visit names another insurance, and this claim of it still stands with the first one."""
    correction = corrections.under_way(uow, claim.id)
    if correction is not None and correction.state in {"OPEN", "READY"}:
        correcting.prepare(uow, claim, correction)  # which finds the same, and keeps it from being sent
    corrections.line_up(uow, claim, "claims", "coverage-changed", _ELSEWHERE)


def _redirect(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> None:
    """A claim that the first insurance does not have goes to the one that the visit names now."""
    assert encounter.coverage_id is not None
    cover = uow.get(CoverageRow, encounter.coverage_id)
    uow.change(
        claim, coverage_id=cover.id, payer_id=cover.payer_id, rank=cover.rank, frequency="1",
        payer_control_sealed=None, control=new_control(),
    )  # fmt: skip
    take_over(uow, claim, encounter)


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

"""A replacement that its payer rejected is given up: the claim stands again by the answer that it had before."""

from __future__ import annotations

from portal.domain.claims import ClaimFacts
from portal.domain.corrections import RECODED, WITH_PAYER, CorrectionFacts
from portal.models.claims import ClaimRow, CorrectionRow
from portal.models.encounters import EncounterRow
from portal.models.queues import TransitionRow
from portal.services import corrections
from portal.services.claims import restoring, standing, verdicts
from portal.services.granted import counting
from portal.services.unit_of_work.work import UnitOfWork

_BEFORE = sorted(WITH_PAYER | {"REJECTED"})


def drop(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow, reason: str, note: str) -> bool:
    """Give a rejected replacement up, for a reason of DROPS; whether its visit stands cleared.

    State, frequency and what was taken of an authorization are those of the answer that stands; a visit that was coded
    anew for the replacement is somebody's to look at. Raises Refused, Conflict.
    """
    actor, went = uow.actor.user_id, corrections.went_at(uow, row)
    about = CorrectionFacts(actor=actor, replacement=True, turned_away=True)
    uow.move(row, "REFUSED", about, reason=reason, note=note)
    facts = ClaimFacts(actor=actor, given_up=True, state_before=row.claim_state)
    uow.move(claim, row.claim_state, facts, reason="given-up", note=note)
    uow.change(claim, state_before_remittance=_before_answer(uow, claim, row))
    verdicts.stand_again(uow, claim, row, "given-up", note)
    counting.restore(uow, claim, went)
    encounter = uow.get(EncounterRow, claim.encounter_id)
    cleared = encounter.state == "CLEARED"
    if cleared and _recoded(uow, claim, encounter):
        corrections.line_up(uow, claim, "claims", restoring.CHANGED, RECODED)
    return cleared


def _before_answer(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> str | None:
    """Where the claim goes if the payer takes its answer back: where it stood when the answer came."""
    move = TransitionRow
    found: str | None = uow.value(
        uow.select(move.from_state)
        .where(
            move.subject_table == ClaimRow.__tablename__,
            move.subject_id == claim.id,
            move.to_state == "ADJUDICATED",
            move.reason == "remittance",
            move.from_state.in_(_BEFORE),
            move.at <= row.created_at,
        )
        .order_by(move.at.desc(), move.subject_version.desc())
        .limit(1)
    )
    return found


def _recoded(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> bool:
    """Whether a visit was coded and cleared again since what stands of its claim went, for whichever replacement."""
    stands = standing.sent_last(uow, [claim.id])[claim.id]
    move = TransitionRow
    anew = uow.select(move.id).where(
        move.subject_table == EncounterRow.__tablename__,
        move.subject_id == encounter.id,
        move.to_state == "CLEARED",
        move.from_state != "PROPOSED",  # that is a visit which nobody touched
        move.at > stands.submitted_at,
    )
    return uow.row(anew) is not None

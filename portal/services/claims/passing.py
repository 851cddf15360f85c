"""A further payer is not billed after all: passed over, with what waits for it; and taken up again."""

from __future__ import annotations

from portal.domain.claim_reasons import EARLIER_BILLED, PASSES
from portal.domain.claims import ClaimFacts
from portal.domain.coverage import RANKS
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.services import ledger, queues
from portal.services.claims import carrying, checking, following, leftovers
from portal.services.claims.building import new_control
from portal.services.unit_of_work.work import UnitOfWork

ANSWERED = ("ADJUDICATED", "CLOSED")


def pass_over(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> ClaimRow | None:
    """Do not bill a further payer, for a reason of PASSES; the claim to the payer behind it, where there is one.

    What waited for it is that one's, or the patient's. Raises Refused (`reason-missing`, `first`, and `guard:unsent`
    for a claim that went), NotFound, Conflict.
    """
    if reason not in PASSES:
        raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if claim.rank == RANKS[0]:
        raise Refused(
            T_("The first payer is not passed over. Correct the coverage of the visit instead."), code="first"
        )
    beside = _beside(uow, claim)
    facts = ClaimFacts(actor=uow.actor.user_id, unsent=not claim.versions)
    uow.move(claim, "WITHDRAWN", facts, reason=reason, note=note)
    uow.change(claim, held_from=None, hold_reason=None, edits=[])
    queues.done(uow, claim)
    leftovers.move_on(uow, [claim, *beside])
    made = None
    for other in _ahead(claim, beside):
        made = following.follow(uow, other.id) or made
    return None if made is None else uow.get(ClaimRow, made)


def take_up(
    uow: UnitOfWork, claim_id: bytes, *, note: str = "", expected_version: int | None = None
) -> checking.Checked:
    """Bill a further payer after all, as long as nothing went to the one behind it and the patient has paid nothing.

    What moved on waits for it again. Raises Refused (`not-passed`, `behind-sent`, `patient-paid`), NotFound, Conflict.
    """
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if not can_take_up(uow, claim):
        raise Refused(T_("This claim was not withdrawn because its payer was passed over."), code="not-passed")
    beside = _beside(uow, claim)
    behind = [other for other in beside if carrying.before(claim.rank, other.rank)]
    if any(other.versions for other in behind) or leftovers.passed_over(uow, behind):
        raise Refused(
            T_("The payer behind it was billed, or passed over too. Settle that first. Nothing was changed."),
            code="behind-sent",
        )
    patients = sum(by.get(None, 0) for by in leftovers.went(uow, claim).values())
    if patients > max(_owed(uow, claim), 0):
        raise Refused(
            T_("The patient has paid of it. Settle that with the patient first. Nothing was changed."),
            code="patient-paid",
        )
    for other in behind:
        if other.state != "WITHDRAWN":  # else the one before it was taken up once before, and it waits since
            uow.move(other, "WITHDRAWN", ClaimFacts(actor=uow.actor.user_id, unsent=True), reason=EARLIER_BILLED)
            uow.change(other, held_from=None, hold_reason=None, edits=[])
            queues.done(uow, other)
    leftovers.move_back(uow, claim)
    uow.move(claim, "DRAFT", ClaimFacts(actor=uow.actor.user_id, billed_after_all=True), reason="after-all", note=note)
    uow.change(claim, control=new_control())
    return checking.run_edits(uow, claim.id)


def can_pass(claim: ClaimRow) -> bool:
    """Whether a claim is to a further payer and never went."""
    return claim.rank != RANKS[0] and not claim.versions and claim.state in {"DRAFT", "READY", "HELD"}


def can_take_up(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether a claim was withdrawn because its payer was passed over."""
    return bool(leftovers.passed_over(uow, [claim]))


def _beside(uow: UnitOfWork, claim: ClaimRow) -> list[ClaimRow]:
    """The other claims of the visit, which waits for whoever works on it at the same time."""
    uow.first(uow.select(EncounterRow).where(EncounterRow.id == claim.encounter_id).with_for_update())
    return uow.entities(
        uow.select(ClaimRow)
        .where(ClaimRow.encounter_id == claim.encounter_id, ClaimRow.id != claim.id)
        .order_by(ClaimRow.id)
    )


def _ahead(claim: ClaimRow, beside: list[ClaimRow]) -> list[ClaimRow]:
    return [one for one in beside if carrying.before(one.rank, claim.rank) and one.state in ANSWERED]


def _owed(uow: UnitOfWork, claim: ClaimRow) -> int:
    of_visit = LedgerLineRow.encounter_id == claim.encounter_id
    return ledger.balance(uow, of_visit, LedgerLineRow.account == "receivable:patient")

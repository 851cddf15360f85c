"""What the answers about a claim decide: of those about its newest version, the latest by time (workflows 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func

from portal.domain.claims import ClaimFacts
from portal.domain.edits.rules import EditFinding
from portal.domain.interchanges import Acknowledgement
from portal.domain.texts import T_
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow
from portal.models.practices import PartnerRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import queues
from portal.services.claims import checking, correcting
from portal.services.unit_of_work.work import UnitOfWork

_AGAIN = T_("Correct what they name, say what was corrected, and send the claim again.")
_DECIDING = ("accepted", "rejected")


def decide(uow: UnitOfWork, claim: ClaimRow, said: Sequence[Acknowledgement]) -> None:
    """Move a claim as all its answers say, after new ones were kept; `said` are the new ones.

    A rejection of the same minute as an acceptance wins: whoever accepted passed the claim on to whoever rejects it.
    Answers about an earlier version are kept and decide nothing, but an earlier version that was accepted after all
    holds a claim that would go again. What is adjudicated, voided or closed is not moved.
    """
    latest = _latest(uow, claim)
    if latest is None:
        return
    if claim.state == "VOID_PENDING":
        _void(uow, claim, accepted=latest.outcome == "accepted")
    elif latest.outcome == "accepted":
        _accept(uow, claim)
    else:
        _reject(uow, claim, said)
    correcting.follow(uow, claim)
    # A rejection's number is none of the claim's, and what came with a remittance is surer.
    taken = [one.payer_control for one in said if one.payer_control and one.outcome == "accepted"]
    number = taken[-1] if taken and claim.adjudicated_at is None else ""
    if number and uow.read(claim, ClaimRow.payer_control_sealed) != number:
        uow.change(claim, payer_control_sealed=number)


def folders(uow: UnitOfWork) -> list[str]:
    """The folders of the practice's partners."""
    return [row.folder for row in uow.rows(uow.select(PartnerRow.folder))]


def _latest(uow: UnitOfWork, claim: ClaimRow) -> Any:
    version = uow.row(
        uow.select(ClaimVersionRow.interchange_id)
        .where(ClaimVersionRow.claim_id == claim.id)
        .order_by(ClaimVersionRow.number.desc())
    )
    if version is None:
        return None
    answers = uow.rows(
        uow.select(AcknowledgementRow.outcome, AcknowledgementRow.made_at, AcknowledgementRow.received_at).where(
            AcknowledgementRow.claim_id == claim.id,
            AcknowledgementRow.about_interchange_id == version.interchange_id,
            AcknowledgementRow.outcome.in_(_DECIDING),
        )
    )
    return max(answers, key=lambda row: (row.made_at, row.outcome == "rejected", row.received_at), default=None)


def _void(uow: UnitOfWork, claim: ClaimRow, *, accepted: bool) -> None:
    """What is said of a void that went; accepted, it is done when none of the payer's money stands on the claim."""
    row = correcting.void_is_out(uow, claim)
    if row is None:
        return
    if not accepted:
        correcting.refused(uow, claim, row)
        return
    of_claim = RemittanceClaimRow.claim_id == claim.id, RemittanceClaimRow.state == "MATCHED"
    paid = uow.value(uow.select(func.coalesce(func.sum(RemittanceClaimRow.paid_cents), 0)).where(*of_claim))
    if not paid:
        uow.move(claim, "VOIDED", ClaimFacts(paid_cents=0), reason="accepted")
        correcting.voided(uow, claim)


def _accept(uow: UnitOfWork, claim: ClaimRow) -> None:
    if claim.state in {"SUBMITTED", "REJECTED"}:
        uow.move(claim, "ACCEPTED", checking.facts(uow, claim), reason="accepted")
        uow.change(claim, accepted_at=uow.now, edits=[])
        queues.done(uow, claim)
    elif claim.state in {"DRAFT", "READY"}:
        frm = claim.state
        uow.change(claim, hold_reason="answered-late")
        uow.move(claim, "HELD", checking.facts(uow, claim), reason="answered-late")
        uow.change(claim, held_from=frm)
        checking.line_up(uow, claim, (), reason="answered-late")


def _reject(uow: UnitOfWork, claim: ClaimRow, said: Sequence[Acknowledgement]) -> None:
    if claim.state in {"SUBMITTED", "ACCEPTED"}:
        uow.move(claim, "REJECTED", checking.facts(uow, claim), reason="rejected")
    if claim.state != "REJECTED":
        return
    rejections = [one for one in said if one.outcome == "rejected"]
    findings = [
        EditFinding(f"{one.kind}:{one.category}", "block", None, text, _AGAIN)
        for one in rejections
        for text in one.reasons
    ]
    if findings:
        checking.keep(uow, claim, findings)
    checking.line_up(uow, claim, findings, reason=rejections[0].category if rejections else "rejected")

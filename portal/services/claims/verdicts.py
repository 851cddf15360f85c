"""What the answers about a claim decide: of those about its newest version, the latest by time (workflows 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func

from portal.domain.claims import ClaimFacts
from portal.domain.corrections import CorrectionFacts
from portal.domain.edits.rules import EditFinding
from portal.domain.interchanges import Acknowledgement
from portal.domain.texts import T_, Text, from_json
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow, CorrectionRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import corrections, queues
from portal.services.claims import checking
from portal.services.unit_of_work.work import UnitOfWork

_AGAIN = T_("Correct what they name, say what was corrected, and send the claim again.")
_DECIDING = ("accepted", "rejected")
_REFUSED = T_("The payer refused the void. The claim stands as it did.")
_LATE = {
    "7": (
        "replacement-taken-late",
        T_("The payer took the replacement in that was given up here. Ask the payer what holds."),
    ),
    "8": (
        "void-taken-late",
        T_("The payer took the void in that was recorded as refused. Ask the payer what holds."),
    ),
}


def decide(uow: UnitOfWork, claim: ClaimRow, said: Sequence[Acknowledgement]) -> None:
    """Move a claim as all its answers say, after new ones were kept; `said` are the new ones.

    A rejection of the same minute as an acceptance wins: whoever accepted passed the claim on to whoever rejects it.
    Answers about an earlier version are kept and decide nothing, but an earlier version that was accepted after all
    holds a claim that would go again. What is adjudicated, voided or closed is not moved. A void that the payer refused
    is no version any more: what was said of the one before it decides again.
    """
    if any(one.outcome == "accepted" for one in said):
        _tell_of_refused(uow, claim)
    latest = latest_of(uow, claim)
    if latest is None:
        return
    if claim.state == "VOID_PENDING":
        _void(uow, claim, accepted=latest.outcome == "accepted")
    elif latest.outcome == "accepted":
        _accept(uow, claim)
    else:
        named = [one for one in said if one.outcome == "rejected"]
        findings = [finding for one in named for finding in _findings(one.kind, one.category, one.reasons)]
        _reject(uow, claim, findings, named[0].category if named else "rejected")
    corrections.follow(uow, claim)
    # A rejection's number is none of the claim's, and what came with a remittance is surer.
    taken = [one.payer_control for one in said if one.payer_control and one.outcome == "accepted"]
    number = taken[-1] if taken and claim.adjudicated_at is None else ""
    if number and uow.read(claim, ClaimRow.payer_control_sealed) != number:
        uow.change(claim, payer_control_sealed=number)


def stand_again(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow, reason: str, note: str = "") -> None:
    """A replacement or void is given up, or a void refused: the claim stands as before, and as was said meanwhile."""
    voided = claim.state == "VOID_PENDING"
    if voided:
        facts = ClaimFacts(void_refused=True, state_before=row.claim_state)
        uow.move(claim, row.claim_state, facts, reason=reason, note=note)
    uow.change(claim, frequency=row.frequency_before, edits=[])
    queues.follow(uow, claim, reason=reason, at_risk_cents=claim.charge_cents, limit=claim.filing_due)
    latest = latest_of(uow, claim) if voided else None
    if latest is not None and latest.outcome == "accepted":
        _accept(uow, claim)
    elif latest is not None:
        row_of = uow.get(AcknowledgementRow, latest.id)
        reasons = [from_json(each) for each in uow.read(row_of, AcknowledgementRow.message_sealed)["reasons"]]
        _reject(uow, claim, _findings(row_of.kind, row_of.category, reasons), row_of.category)


def latest_of(uow: UnitOfWork, claim: ClaimRow) -> Any:
    """The answer that decides about the newest version of a claim that stands; None for none."""
    uow.flush()
    fallen = {number for _, number in corrections.fallen(uow, [claim.id])}
    version = uow.row(
        uow.select(ClaimVersionRow.interchange_id)
        .where(ClaimVersionRow.claim_id == claim.id, ClaimVersionRow.number.not_in(fallen))
        .order_by(ClaimVersionRow.number.desc())
    )
    return None if version is None else _last_said(uow, claim, version.interchange_id)


def _last_said(uow: UnitOfWork, claim: ClaimRow, file_id: bytes | None) -> Any:
    answers = uow.rows(
        uow.select(
            AcknowledgementRow.id, AcknowledgementRow.outcome, AcknowledgementRow.made_at,
            AcknowledgementRow.received_at,
        ).where(
            AcknowledgementRow.claim_id == claim.id,
            AcknowledgementRow.about_interchange_id == file_id,
            AcknowledgementRow.outcome.in_(_DECIDING),
        )
    )  # fmt: skip
    return max(answers, key=lambda row: (row.made_at, row.outcome == "rejected", row.received_at), default=None)


def _tell_of_refused(uow: UnitOfWork, claim: ClaimRow) -> None:
    """A void recorded as refused, or a replacement given up, was taken in after all: a person finds out what holds."""
    if (claim.id, claim.versions) not in corrections.fallen(uow, [claim.id]):
        return
    row = uow.row(
        uow.select(ClaimVersionRow.interchange_id, CorrectionRow.frequency)
        .join(CorrectionRow, CorrectionRow.claim_id == ClaimVersionRow.claim_id)
        .where(
            ClaimVersionRow.claim_id == claim.id,
            ClaimVersionRow.number == claim.versions,
            CorrectionRow.state == "REFUSED",
        )
        .order_by(CorrectionRow.sent_version.desc())
    )
    assert row is not None, "what fell has its correction"
    said = _last_said(uow, claim, row.interchange_id)
    if said is not None and said.outcome == "accepted":
        reason, words = _LATE[row.frequency]
        corrections.line_up(uow, claim, "claims", reason, words)


def _void(uow: UnitOfWork, claim: ClaimRow, *, accepted: bool) -> None:
    """What is said of a void that went; accepted, it is done when none of the payer's money stands on the claim."""
    row = corrections.void_out(uow, claim.id)
    if row is None:
        return
    if not accepted:
        uow.move(row, "REFUSED", CorrectionFacts(), reason="void-refused")
        stand_again(uow, claim, row, "void-refused")
        if claim.state != "REJECTED":
            corrections.line_up(uow, claim, "rejected-claims", "void-refused", _REFUSED)
        return
    uow.change(claim, accepted_at=uow.now)
    if not paid_on(uow, claim):
        uow.move(claim, "VOIDED", ClaimFacts(paid_cents=0), reason="accepted")
        corrections.voided(uow, claim)
    else:
        queues.done(uow, claim)


def paid_on(uow: UnitOfWork, claim: ClaimRow) -> int:
    """What the payer paid on a claim and did not take back, in cents."""
    of_claim = RemittanceClaimRow.claim_id == claim.id, RemittanceClaimRow.state == "MATCHED"
    paid: int = uow.value(uow.select(func.coalesce(func.sum(RemittanceClaimRow.paid_cents), 0)).where(*of_claim))
    return paid


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


def _reject(uow: UnitOfWork, claim: ClaimRow, findings: Sequence[EditFinding], category: str) -> None:
    if claim.state in {"SUBMITTED", "ACCEPTED"}:
        uow.move(claim, "REJECTED", checking.facts(uow, claim), reason="rejected")
    if claim.state != "REJECTED":
        return
    if findings:
        checking.keep(uow, claim, findings)
    checking.line_up(uow, claim, findings, reason=category)


def _findings(kind: str, category: str, reasons: Iterable[Text]) -> list[EditFinding]:
    return [EditFinding(f"{kind}:{category}", "block", None, text, _AGAIN) for text in reasons]

"""A claim that the payer has goes again as a replacement or a void: asked for, approved, prepared, given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, or_

from portal.domain.claims import ClaimFacts
from portal.domain.corrections import (
    CANCELS,
    OPEN_STATES,
    REPLACES,
    VOIDED,
    VOIDS,
    CorrectionFacts,
    Evidence,
    Frequency,
    Way,
    stands,
    ways,
)
from portal.domain.edits.rules import EditFinding
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text, to_json
from portal.models.claims import ClaimRow, CorrectionRow
from portal.models.encounters import EncounterRow
from portal.services import queues
from portal.services.claims import checking
from portal.services.claims.building import new_control
from portal.services.claims.visits import recode, take_over
from portal.services.unit_of_work.work import UnitOfWork

_WORDS = {
    ("7", False): ("replacement", T_("The replacement is ready to be sent.")),
    ("7", True): ("replacement", T_("The replacement is stopped by a finding.")),
    ("8", False): ("void", T_("The void is approved and ready to be sent.")),
    ("8", True): ("void", T_("The void is approved, but a finding stops it.")),
}
_REFUSED = T_("The payer refused the void. The claim stands as it did.")


def sendable(uow: UnitOfWork) -> Any:
    """What sending takes: ready claims, and ready replacements and voids of claims that stand where these may go."""
    ready = uow.select(CorrectionRow.claim_id).where(CorrectionRow.state == "READY")
    fits = or_(
        and_(ClaimRow.state == "ADJUDICATED", ClaimRow.frequency == "7"),
        and_(ClaimRow.state == "VOID_PENDING", ClaimRow.frequency == "8"),
    )
    return or_(ClaimRow.state == "READY", and_(fits, ClaimRow.id.in_(ready)))


def under_way(uow: UnitOfWork, claim_id: bytes) -> CorrectionRow | None:
    """The replacement or void of a claim that is not sent yet; there is one at most."""
    uow.flush()
    return uow.first(
        uow.select(CorrectionRow).where(CorrectionRow.claim_id == claim_id, CorrectionRow.state.in_(OPEN_STATES))
    )


def evidence(uow: UnitOfWork, claim: ClaimRow) -> Evidence:
    """What is known of a claim that may go again."""
    return Evidence(
        state=claim.state,
        adjudicated=claim.adjudicated_at is not None,
        payer_control=bool(uow.read(claim, ClaimRow.payer_control_sealed)),
        under_way=under_way(uow, claim.id) is not None,
    )


def ways_of(uow: UnitOfWork, claim: ClaimRow) -> tuple[Way, ...]:
    """How a claim may go again, each way with the reason for or against it."""
    return ways(evidence(uow, claim))


def start_replacement(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> CorrectionRow:
    """Prepare a replacement of an answered claim, for a reason of REPLACES; wrong codes go back to the coder first.

    Raises Refused (`way` with why it may not be, `reason-missing`), Conflict.
    """
    claim = _claim(uow, claim_id, "7", reason, REPLACES, expected_version)
    row = _begin(uow, claim, "7", reason, "OPEN", note)
    uow.change(claim, frequency="7")
    if reason in CODING_ERRORS:
        recode(uow, claim, reason, note)
    else:
        take_over(uow, claim, uow.get(EncounterRow, claim.encounter_id))
    prepare(uow, claim, row)
    return row


def ask_void(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> CorrectionRow:
    """Ask a manager for a void, for a reason of VOIDS; the claim stays as it is. Raises Refused, Conflict."""
    claim = _claim(uow, claim_id, "8", reason, VOIDS, expected_version)
    row = _begin(uow, claim, "8", reason, "REQUESTED", note)
    _line_up(uow, claim, "void-approvals", reason, VOIDS[reason])
    return row


def approve_void(uow: UnitOfWork, claim_id: bytes, *, note: str = "") -> CorrectionRow:
    """Approve a void that somebody else asked for: the claim waits for it to be sent. Raises Refused."""
    claim = uow.get(ClaimRow, claim_id)
    row = under_way(uow, claim.id)
    if row is None or row.state != "REQUESTED":
        raise Refused(T_("No void of this claim waits for approval. Reload the page."), code="no-request")
    about = CorrectionFacts(actor=uow.actor.user_id, requested_by=row.requested_by)
    uow.move(row, "OPEN", about, reason=row.reason, note=note)
    number = uow.read(claim, ClaimRow.payer_control_sealed) or ""
    facts = checking.facts(uow, claim, payer_control=number, approved_by=uow.actor.user_id)
    uow.change(row, claim_state=claim.state)
    uow.move(claim, "VOID_PENDING", replace(facts, actor=row.requested_by), reason=row.reason)
    uow.change(claim, frequency="8")
    prepare(uow, claim, row)
    return row


def give_up(uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "") -> None:
    """Take a replacement or void back before it is sent, for a reason of CANCELS; the claim stands as it did."""
    _known(reason, CANCELS)
    claim = uow.get(ClaimRow, claim_id)
    row = under_way(uow, claim.id)
    if row is None:
        raise Refused(T_("Nothing is under way that could be given up. Reload the page."), code="no-request")
    if row.state == "REQUESTED" and uow.actor.user_id != row.requested_by and not _manages(uow):
        raise Refused(T_("A void is taken back by who asked for it, or refused by a manager."), code="not-yours")
    uow.move(row, "CANCELLED", CorrectionFacts(actor=uow.actor.user_id), reason=reason, note=note)
    _stand_again(uow, claim, row, "given-up")


def prepare(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> tuple[EditFinding, ...]:
    """Run the edits on a claim as it would go now; ready when nothing stops it, and put where it is worked."""
    findings = checking.findings_of(uow, [claim])[claim.id]
    settle(uow, claim, row, findings)
    return findings


def settle(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow, findings: tuple[EditFinding, ...]) -> None:
    """Keep findings with their claim and move its correction between open and ready as they say."""
    checking.keep(uow, claim, findings)
    stopped = checking.blocking(findings)
    if row.state == "OPEN" and not stopped:
        uow.move(row, "READY", CorrectionFacts(clean=True), reason="clean")
        uow.change(claim, control=new_control())  # every version has a number of its own
    elif row.state == "READY" and stopped:
        uow.move(row, "OPEN", CorrectionFacts(), reason="edits")
    _line_up(uow, claim, "claims", *_WORDS[row.frequency, bool(stopped)])


def went(uow: UnitOfWork, claim: ClaimRow) -> None:
    """A replacement or void was sent."""
    row = under_way(uow, claim.id)
    if row is not None:
        uow.move(row, "SENT", CorrectionFacts(), reason="sent")


def void_is_out(uow: UnitOfWork, claim: ClaimRow) -> CorrectionRow | None:
    """The void that was sent last, where nothing else is under way since; what is answered then is about it."""
    uow.flush()
    row = uow.first(
        uow.select(CorrectionRow)
        .where(CorrectionRow.claim_id == claim.id, CorrectionRow.state != "CANCELLED")
        .order_by(CorrectionRow.created_at.desc(), CorrectionRow.id.desc())
    )
    return row if row is not None and (row.frequency, row.state) == ("8", "SENT") else None


def refused(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> None:
    """The payer rejected a void: the claim stands where it stood, and a person looks at it."""
    _stand_again(uow, claim, row, "void-refused")
    _line_up(uow, claim, "rejected-claims", "void-refused", _REFUSED)


def follow(uow: UnitOfWork, claim: ClaimRow) -> None:
    """After an answer moved a claim: what no longer fits is given up, what still waits for a manager waits on."""
    row = under_way(uow, claim.id)
    if row is None:
        return
    if not stands(row.frequency, row.state, claim.state):
        uow.move(row, "CANCELLED", CorrectionFacts(), reason="answered")
        uow.change(claim, frequency=row.frequency_before)
    elif row.state == "REQUESTED" and not queues.items_of(uow, claim):
        _line_up(uow, claim, "void-approvals", row.reason, VOIDS[row.reason])


def voided(uow: UnitOfWork, claim: ClaimRow) -> None:
    """A void is done; what becomes of the visit's charges is for a person to say."""
    _line_up(uow, claim, "claims", "voided", VOIDED)


def _stand_again(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow, reason: str) -> None:
    if claim.state == "VOID_PENDING":
        to = "ADJUDICATED" if row.claim_state in {"ADJUDICATED", "CLOSED"} else "ACCEPTED"
        uow.move(claim, to, ClaimFacts(void_refused=True, state_before=to), reason=reason)
    uow.change(claim, frequency=row.frequency_before, edits=[])
    queues.follow(uow, claim, reason=reason, at_risk_cents=claim.charge_cents, limit=claim.filing_due)


def _claim(
    uow: UnitOfWork,
    claim_id: bytes,
    frequency: Frequency,
    reason: str,
    among: Mapping[str, Text],
    expected_version: int | None,
) -> ClaimRow:
    _known(reason, among)
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    way = next(way for way in ways_of(uow, claim) if way.frequency == frequency)
    if not way.possible:
        raise Refused(way.why, code="way")
    return claim


def _begin(uow: UnitOfWork, claim: ClaimRow, frequency: Frequency, reason: str, state: str, note: str) -> CorrectionRow:
    row = uow.new(
        CorrectionRow, practice_id=claim.practice_id, patient_id=claim.patient_id, payer_id=claim.payer_id,
        claim_id=claim.id, frequency=frequency, frequency_before=claim.frequency, reason=reason, state=state,
        claim_state=claim.state, requested_by=uow.actor.user_id, created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(row, reason=reason, note=note or None)
    return row


def _line_up(uow: UnitOfWork, claim: ClaimRow, queue: str, reason: str, words: Text) -> None:
    detail: dict[str, Any] = {"number": claim.control, "text": to_json(words)}
    queues.put(uow, queue, claim, reason=reason, detail=detail, at_risk_cents=claim.charge_cents)


def _manages(uow: UnitOfWork) -> bool:
    return "billing-manager" in uow.actor.roles()


def _known(reason: str, among: Mapping[str, Text]) -> None:
    if reason not in among:
        raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")

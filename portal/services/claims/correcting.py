"""A claim that the payer has goes again as a replacement or a void: asked for, approved, prepared, given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, or_

from portal.domain.corrections import (
    CANCELS,
    DROPS,
    REFUSALS,
    REPLACES,
    VOIDS,
    CorrectionFacts,
    Evidence,
    Frequency,
    Way,
    ways,
)
from portal.domain.edits.rules import EditFinding
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow, CorrectionRow
from portal.models.encounters import EncounterRow
from portal.services import corrections, queues
from portal.services.claims import checking, dropping, verdicts
from portal.services.claims.building import new_control
from portal.services.claims.visits import recode, take_over
from portal.services.unit_of_work.work import UnitOfWork

_MOVED_ON = T_("Somebody went on with this replacement or void meanwhile. Nothing was changed; reload the page.")
TO_SEE = frozenset(
    {
        "visit-changed",
        "coverage-changed",
        "earlier-changed",
        "answered",
        "void-refused",
        "void-taken-late",
        "replacement-taken-late",
    }
)
"""Reasons for which a claim lies in a queue until somebody says that it is settled."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The claim and its replacement or void in the versions that a person saw."""

    claim_version: int
    correction_id: bytes
    version: int


def sendable(uow: UnitOfWork) -> Any:
    """What sending takes: ready claims, and ready replacements and voids of claims that stand where these may go."""
    ready = uow.select(CorrectionRow.claim_id).where(CorrectionRow.state == "READY")
    fits = or_(
        and_(ClaimRow.state == "ADJUDICATED", ClaimRow.frequency == "7"),
        and_(ClaimRow.state == "VOID_PENDING", ClaimRow.frequency == "8"),
    )
    return or_(ClaimRow.state == "READY", and_(fits, ClaimRow.id.in_(ready)))


def evidence(uow: UnitOfWork, claim: ClaimRow) -> Evidence:
    """What is known of a claim that may go again."""
    out = claim.state != "VOIDED" and corrections.void_out(uow, claim.id) is not None
    return Evidence(
        state=claim.state,
        adjudicated=claim.adjudicated_at is not None,
        payer_control=bool(uow.read(claim, ClaimRow.payer_control_sealed)),
        under_way=out or corrections.under_way(uow, claim.id) is not None,
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
    encounter = uow.get(EncounterRow, claim.encounter_id)
    if reason in CODING_ERRORS and encounter.state == "CLEARED":
        recode(uow, claim, reason, note)
    else:  # a visit that is being coded already says so as a finding
        take_over(uow, claim, encounter)
    prepare(uow, claim, row)
    return row


def ask_void(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> CorrectionRow:
    """Ask a manager for a void, for a reason of VOIDS; the claim stays as it is. Raises Refused, Conflict."""
    claim = _claim(uow, claim_id, "8", reason, VOIDS, expected_version)
    row = _begin(uow, claim, "8", reason, "REQUESTED", note)
    corrections.wait(uow, claim, row)
    return row


def approve_void(uow: UnitOfWork, claim_id: bytes, *, note: str = "", shown: Shown | None = None) -> CorrectionRow:
    """Approve a void that somebody else asked for: the claim waits for it to be sent. Raises Refused, Conflict."""
    claim, row = _going(uow, claim_id, shown)
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


def give_up(uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", shown: Shown | None = None) -> bool:
    """Take a replacement or void back before it is sent, for a reason of CANCELS; the claim stands exactly as it did.

    A replacement that the payer rejected and never decided about too, for a reason of DROPS: the earlier answer stands.
    Whether the visit does: one that was sent back to coding for it and worked on since stays in its hands.
    Raises Refused, Conflict.
    """
    claim = uow.get(ClaimRow, claim_id)
    row = corrections.under_way(uow, claim.id) or corrections.turned_away(uow, claim)
    _fresh(claim, row, shown)
    _known(reason, CANCELS if row is None or row.state != "SENT" else DROPS)
    if row is not None and row.state == "SENT":
        return dropping.drop(uow, claim, row, reason, note)
    if row is None:
        raise Refused(T_("Nothing is under way that could be given up. Reload the page."), code="no-request")
    if not may_give_up(uow, row):
        raise Refused(T_("A void is taken back by who asked for it, or refused by a manager."), code="not-yours")
    uow.move(row, "CANCELLED", CorrectionFacts(actor=uow.actor.user_id), reason=reason, note=note)
    verdicts.stand_again(uow, claim, row, "given-up", note)
    return row.reason not in CODING_ERRORS or corrections.clear_again(uow, row, "given-up", note)


def may_give_up(uow: UnitOfWork, row: CorrectionRow) -> bool:
    """A void that is only asked for is its asker's, and the managers'."""
    return row.state != "REQUESTED" or uow.actor.user_id == row.requested_by or _manages(uow)


def record_refusal(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", shown: Shown | None = None
) -> None:
    """Record that the payer refused a void that is out, for a reason of REFUSALS; the claim stands where it stood.

    For what the payer says by phone, letter or portal; its 277CA does the same by itself. Raises Refused, Conflict.
    """
    _known(reason, REFUSALS)
    claim = uow.get(ClaimRow, claim_id)
    row = corrections.void_out(uow, claim.id)
    _fresh(claim, row, shown)
    if row is None or claim.state != "VOID_PENDING":
        raise Refused(T_("No void of this claim is with the payer. Reload the page."), code="no-void")
    uow.move(row, "REFUSED", CorrectionFacts(actor=uow.actor.user_id), reason=reason, note=note)
    verdicts.stand_again(uow, claim, row, reason, note)


def check_again(uow: UnitOfWork, claim_id: bytes, *, shown: Shown | None = None) -> checking.Checked:
    """Run the edits once more on a replacement or void that is not sent; raises Refused, Conflict."""
    claim, row = _going(uow, claim_id, shown)
    if row is None or row.state == "REQUESTED":
        raise Refused(T_("Nothing is being prepared that could be checked. Reload the page."), code="no-request")
    if row.frequency == "7":
        take_over(uow, claim, uow.get(EncounterRow, claim.encounter_id))
    return checking.Checked(claim.id, claim.state, prepare(uow, claim, row))


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
    corrections.wait(uow, claim, row)


def went(uow: UnitOfWork, claim: ClaimRow) -> None:
    """A replacement or void is sent as the claim's next version."""
    row = corrections.under_way(uow, claim.id)
    if row is not None:
        uow.move(row, "SENT", CorrectionFacts(), reason="sent")
        uow.change(row, sent_version=claim.versions + 1)


def seen(uow: UnitOfWork, claim_id: bytes, *, expected_version: int | None = None) -> None:
    """What a claim lay in a queue for, only to be looked at, is settled; see TO_SEE. Raises Refused, Conflict."""
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if not to_see(uow, claim):
        raise Refused(T_("Nothing of this claim waits to be looked at. Reload the page."), code="nothing-to-see")
    queues.follow(uow, claim, reason="seen", at_risk_cents=claim.charge_cents, limit=claim.filing_due)


def to_see(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether a claim lies in a queue for something that no step of its own takes out."""
    return any(item.reason in TO_SEE for item in queues.items_of(uow, claim))


def _going(uow: UnitOfWork, claim_id: bytes, shown: Shown | None) -> tuple[ClaimRow, CorrectionRow | None]:
    claim = uow.get(ClaimRow, claim_id)
    row = corrections.under_way(uow, claim.id)
    _fresh(claim, row, shown)
    return claim, row


def _fresh(claim: ClaimRow, row: CorrectionRow | None, shown: Shown | None) -> None:
    """Refuse to act on another correction than the person saw, or on one or a claim that moved on since."""
    if shown is None:
        return
    now = None if row is None else Shown(claim.version, row.id, row.version)
    if now != shown:
        raise Conflict(_MOVED_ON, code="version")


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


def _manages(uow: UnitOfWork) -> bool:
    return "billing-manager" in uow.actor.roles()


def _known(reason: str, among: Mapping[str, Text]) -> None:
    if reason not in among:
        raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")

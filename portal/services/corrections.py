"""Replacements and voids of claims, for whoever moves claims: which are on their way, and whether they still fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_

from portal.domain.claims import ClaimFacts
from portal.domain.corrections import (
    OPEN_STATES,
    OVERTAKEN,
    PAID_MEANWHILE,
    VOIDED,
    VOIDS,
    WITH_PAYER,
    WORDS,
    CorrectionFacts,
    stands,
)
from portal.domain.encounters import CODING_ERRORS, EncounterFacts
from portal.domain.texts import T_, Text, to_json
from portal.models.claims import ClaimRow, ClaimVersionRow, CorrectionRow
from portal.models.encounters import EncounterRow
from portal.models.queues import TransitionRow
from portal.services import queues
from portal.services.granted import counting
from portal.services.intake import visits
from portal.services.unit_of_work.work import UnitOfWork

_BACK = T_("The replacement was given up; the codes stand as they were.")
_MANY = 500
"""Ids in one question: SQLite takes 32,766 parameters, PostgreSQL plans short lists better."""


def under_way(uow: UnitOfWork, claim_id: bytes) -> CorrectionRow | None:
    """The replacement or void of a claim that is not sent yet; there is one at most."""
    uow.flush()
    return uow.first(
        uow.select(CorrectionRow).where(CorrectionRow.claim_id == claim_id, CorrectionRow.state.in_(OPEN_STATES))
    )


def void_out(uow: UnitOfWork, claim_id: bytes) -> CorrectionRow | None:
    """The void of a claim that was sent and not refused; there is one at most."""
    uow.flush()
    return uow.first(
        uow.select(CorrectionRow)
        .where(CorrectionRow.claim_id == claim_id, CorrectionRow.frequency == "8", CorrectionRow.state == "SENT")
        .order_by(CorrectionRow.created_at.desc(), CorrectionRow.id.desc())
    )


def turned_away(uow: UnitOfWork, claim: ClaimRow) -> CorrectionRow | None:
    """The replacement of an answered claim that the payer rejected and never decided about; None where there is none.

    One that was corrected and sent again is the same; a payment or reversal since it first went makes it none.
    """
    if claim.state != "REJECTED" or claim.adjudicated_at is None:
        return None
    uow.flush()
    row = uow.first(
        uow.select(CorrectionRow)
        .where(CorrectionRow.claim_id == claim.id, CorrectionRow.frequency == "7", CorrectionRow.state == "SENT")
        .order_by(CorrectionRow.sent_version.desc())
    )
    return row if row is not None and claim.adjudicated_at <= went_at(uow, row) else None


def went_at(uow: UnitOfWork, row: CorrectionRow) -> datetime:
    """When a replacement or void that was sent first went."""
    found: datetime = uow.value(
        uow.select(ClaimVersionRow.submitted_at).where(
            ClaimVersionRow.claim_id == row.claim_id, ClaimVersionRow.number == row.sent_version
        )
    )
    return found


def fallen(uow: UnitOfWork, claim_ids: Sequence[bytes]) -> set[tuple[bytes, int]]:
    """Claim and number of versions that stand no more: a void that was refused, and all that went of a replacement
    until it was given up.
    """
    version, row, move = ClaimVersionRow, CorrectionRow, TransitionRow
    refused = and_(move.subject_table == "claim_correction", move.subject_id == row.id, move.to_state == "REFUSED")
    among = or_(
        version.number == row.sent_version,
        and_(row.frequency == "7", version.number > row.sent_version, version.submitted_at <= move.at),
    )
    rows = uow.rows(
        uow.select(version.claim_id, version.number)
        .join(row, row.claim_id == version.claim_id)
        .join(move, refused)
        .where(version.claim_id.in_(claim_ids), row.state == "REFUSED", among)
    )
    return {(each.claim_id, each.number) for each in rows}


def concerned(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> set[bytes]:
    """Those of some claims that have a replacement or void on its way, or a void that is out."""
    ids = sorted(set(claim_ids))
    found: set[bytes] = set()
    for start in range(0, len(ids), _MANY):
        rows = uow.rows(
            uow.select(CorrectionRow.claim_id).where(
                CorrectionRow.claim_id.in_(ids[start : start + _MANY]),
                or_(
                    CorrectionRow.state.in_(OPEN_STATES),
                    and_(CorrectionRow.state == "SENT", CorrectionRow.frequency == "8"),
                ),
            )
        )
        found |= {row.claim_id for row in rows}
    return found


def follow(uow: UnitOfWork, claim: ClaimRow) -> None:
    """After an answer or a payment moved a claim: what no longer fits is given up, and a person is told.

    A void that still waits for a manager waits on, and a claim whose void is out waits again for that.
    """
    row = under_way(uow, claim.id)
    if row is None:
        _wait_again(uow, claim)
    elif stands(row.frequency, row.state, claim.state):
        if not queues.items_of(uow, claim):
            wait(uow, claim, row)
    else:
        _overtaken(uow, claim, row)


def wait(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> None:
    """Put a claim where its replacement or void is worked."""
    if row.state == "REQUESTED":
        line_up(uow, claim, "void-approvals", row.reason, VOIDS[row.reason])
    else:
        reason = "void" if row.frequency == "8" else "replacement"
        line_up(uow, claim, "claims", reason, WORDS[row.frequency, row.state])


def line_up(uow: UnitOfWork, claim: ClaimRow, queue: str, reason: str, words: Text) -> None:
    """Put a claim into a queue with words why."""
    detail: dict[str, Any] = {"number": claim.control, "text": to_json(words)}
    queues.put(uow, queue, claim, reason=reason, detail=detail, at_risk_cents=claim.charge_cents)


def voided(uow: UnitOfWork, claim: ClaimRow) -> None:
    """A void is done; what becomes of the visit's charges is for a person to say."""
    counting.give_back(uow, [claim.id])
    line_up(uow, claim, "claims", "voided", VOIDED)


def clear_again(uow: UnitOfWork, row: CorrectionRow, reason: str, note: str = "") -> bool:
    """Bring the visit that a given-up replacement sent back to coding to where it was, when nobody worked on it since.

    Whether the visit is cleared; one that was worked on passes the same hands again, and drafting tells the biller.
    """
    claim = uow.get(ClaimRow, row.claim_id)
    encounter = uow.get(EncounterRow, claim.encounter_id)
    if encounter.state == "PROPOSED" and row.frequency == "7" and row.reason in CODING_ERRORS:
        facts = EncounterFacts(uow.actor.user_id, untouched=_untouched(uow, encounter, row))
        if facts.untouched:
            uow.move(encounter, "CLEARED", facts, reason=reason, note=note)
            visits.follow(uow, encounter, reason, _BACK)
    return encounter.state == "CLEARED"


def _untouched(uow: UnitOfWork, encounter: EncounterRow, row: CorrectionRow) -> bool:
    """The visit's last move is the one of this replacement, and its row was not written since."""
    uow.flush()
    last = uow.row(
        uow.select(TransitionRow.subject_version, TransitionRow.at)
        .where(TransitionRow.subject_table == "encounter", TransitionRow.subject_id == encounter.id)
        .order_by(TransitionRow.subject_version.desc())
    )
    return last is not None and last.at >= row.created_at and encounter.version == last.subject_version + 1


def _overtaken(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> None:
    uow.move(row, "CANCELLED", CorrectionFacts(), reason="answered")
    uow.change(claim, frequency=row.frequency_before)
    _forget_void(uow, claim, row)
    clear_again(uow, row, "answered")
    # What is rejected, pended or voided lies in a queue of its own, with more to say.
    if claim.state in {"SUBMITTED", "ACCEPTED", "ADJUDICATED", "CLOSED"}:
        line_up(uow, claim, "claims", "answered", OVERTAKEN[row.frequency])


def _wait_again(uow: UnitOfWork, claim: ClaimRow) -> None:
    """A payment crossed the void that is out: it is posted, and the claim goes on waiting for it to be taken back."""
    row = void_out(uow, claim.id)
    if row is None or claim.state != "ADJUDICATED":
        return
    facts = ClaimFacts(
        actor=row.requested_by,
        approved_by=_approver(uow, row),
        payer_control=uow.read(claim, ClaimRow.payer_control_sealed) or "",
    )
    uow.move(claim, "VOID_PENDING", facts, reason="void-out")
    _forget_void(uow, claim, row)
    uow.change(row, claim_state="ADJUDICATED")  # there it stands if the payer refuses the void after all
    line_up(uow, claim, "claims", "paid-meanwhile", PAID_MEANWHILE)


def _approver(uow: UnitOfWork, row: CorrectionRow) -> bytes | None:
    found = uow.row(
        uow.select(TransitionRow.actor).where(
            TransitionRow.subject_table == "claim_correction",
            TransitionRow.subject_id == row.id,
            TransitionRow.from_state == "REQUESTED",
            TransitionRow.to_state == "OPEN",
        )
    )
    return bytes.fromhex(found.actor) if found is not None else None


def _forget_void(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> None:
    """A payment that is undone takes its claim back to before the void, not into it."""
    if claim.state_before_remittance in {"VOID_PENDING", "VOIDED"}:
        before = row.claim_state if row.claim_state in WITH_PAYER else None
        uow.change(claim, state_before_remittance=before)

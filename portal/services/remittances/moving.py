"""What a payment does to the claims it answers: their new columns and their moves, one after the other by the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.domain.claims import LIFE, ClaimFacts
from portal.models.claims import ClaimRow
from portal.models.queues import TransitionRow
from portal.services.remittances.cases import move_row
from portal.services.remittances.parts import ClaimPart
from portal.services.unit_of_work.bulk import Batch
from portal.services.unit_of_work.work import UnitOfWork


def ready_claims(
    uow: UnitOfWork,
    parts: Sequence[ClaimPart],
    claims: Mapping[bytes, Mapping[str, Any]],
    standing: Mapping[bytes, int],
) -> tuple[Batch, Batch]:
    """The claims a payment posts to, as swaps and moves made ready.

    `claims` are their columns as read, `standing` how many earlier payments on each are not undone. Every claim posted
    to is swapped, even where its state stays: its version is what makes a second poster wait.
    """
    touched: dict[bytes, list[ClaimPart]] = {}
    for part in parts:
        if part.row["state"] == "MATCHED":
            touched.setdefault(part.row["claim_id"], []).append(part)
    old: list[Mapping[str, Any]] = []
    new: list[Mapping[str, Any]] = []
    moves: list[dict[str, Any]] = []
    for claim_id, its_parts in sorted(touched.items()):
        undone = sum(part.reversed is not None for part in its_parts)
        after, steps = answered(uow, claims[claim_id], standing[claim_id] + len(its_parts) - 2 * undone)
        after |= _payer_control(uow, claims[claim_id], its_parts)
        old.append(claims[claim_id])
        new.append(after)
        moves += steps
    return uow.ready_swap(ClaimRow, old, new), uow.ready(TransitionRow, moves)


def _payer_control(uow: UnitOfWork, claim: Mapping[str, Any], parts: Sequence[ClaimPart]) -> dict[str, Any]:
    """The payer's claim number goes with our claim: a replacement or void must name it (X12 RFI 2110)."""
    given = [part for part in parts if part.reversed is None and part.plain["payer_control_sealed"]]
    if not given or claim["payer_control_index"] == given[-1].row["payer_control_index"]:
        return {}
    text = given[-1].plain["payer_control_sealed"]
    box = uow.seal(ClaimRow.payer_control_sealed, text, row=claim["id"], subject=claim["patient_id"])
    return {"payer_control_sealed": box, "payer_control_index": given[-1].row["payer_control_index"]}


def answered(uow: UnitOfWork, before: Mapping[str, Any], standing: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A claim's columns after a payment, and its moves; `standing` payments on it are not undone by a reversal."""
    after = {**before, "version": before["version"] + 1, "adjudicated_at": uow.now}
    moves: list[dict[str, Any]] = []
    if before["state"] == "VOID_PENDING" and standing <= 0:  # the payer took its money back
        _step(uow, after, moves, "VOIDED", ClaimFacts(paid_cents=0), "reversal")
        after["state_before_remittance"] = None
        return after, moves
    if before["state"] != "ADJUDICATED":
        _step(uow, after, moves, "ADJUDICATED", ClaimFacts(remittance_posted=True), "remittance")
        if before["state_before_remittance"] is None:
            after["state_before_remittance"] = before["state"]
    back = after["state_before_remittance"]
    if standing <= 0 and back is not None:
        _step(uow, after, moves, back, ClaimFacts(undone=True, state_before=back), "reversal")
        after["state_before_remittance"] = None
    return after, moves


def _step(
    uow: UnitOfWork, after: dict[str, Any], moves: list[dict[str, Any]], to: str, facts: ClaimFacts, reason: str
) -> None:
    """One move by the table, which raises Refused for one it does not have."""
    step = LIFE.permit(after["state"], to, facts, reason=reason)
    moves.append(
        move_row(uow, "claim", after, after["state"], to, step.permission, reason, version=after["version"] - 1)
    )
    after["state"] = to

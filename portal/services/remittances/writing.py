"""The one write transaction of a payment: claims by compare-and-swap, everything else inserted in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.domain.claims import LIFE, ClaimFacts
from portal.domain.errors import Conflict
from portal.domain.remittances import Payment
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.queues import TransitionRow
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services import ledger, outbox
from portal.services import queues as work
from portal.services.remittances.cases import move_row, open_cases
from portal.services.remittances.preparing import ClaimPart, Prepared, seal_row
from portal.services.unit_of_work.work import UnitOfWork


def write(uow: UnitOfWork, made: Prepared, interchange_id: bytes) -> bytes:
    """Write a prepared payment and return its id; raises Conflict when anything it rests on has moved on."""
    row = remittance_row(uow, made.key)
    if row is not None and row.state != "HELD":
        raise Conflict(T_("This payment was posted meanwhile. Nothing was posted twice."), code="payment-posted")
    _deposit(uow, made)
    _move_claims(uow, made)
    made.remittance_id = _remittance(uow, made, row, interchange_id)
    ids = ledger.post(uow, made.entries)
    entry_ids = {entry.key: id_ for entry, id_ in zip(made.entries, ids, strict=True)}
    for part in made.parts:
        part.row["remittance_id"] = made.remittance_id
        part.row["entry_id"] = entry_ids.get(f"835:{made.key}:{part.row['position']}")
        if "control_sealed" not in part.row:
            seal_row(uow, part.row, part.plain)
    uow.insert(RemittanceClaimRow, [part.row for part in made.parts])
    uow.insert(RemittanceLineRow, [line for part in made.parts for line in part.lines])
    open_cases(
        uow, made.posted_on, made.cases, {part.row["position"]: part.row for part in made.parts},
        [part.unmatched for part in made.parts if part.unmatched is not None],
    )  # fmt: skip
    outbox.later(
        uow, "remittance.settle", f"remittance.settle:{made.remittance_id.hex()}", {"remittance": made.remittance_id}
    )
    return made.remittance_id


def remittance_row(uow: UnitOfWork, key: str) -> RemittanceRow | None:
    """The row of a payment that came before, by its key."""
    return uow.first(uow.select(RemittanceRow).where(RemittanceRow.payment_key == key))


def payment_values(payment: Payment) -> dict[str, Any]:
    """What a remittance's row says of its payment, posted or held."""
    return {
        "trace": payment.trace, "payer_name": payment.payer_name, "payer_tax": payment.payer_tax,
        "method": payment.method, "amount_cents": payment.amount_cents, "paid_on": payment.paid_on,
        "claim_count": len(payment.claims), "charge_cents": sum(claim.charge_cents for claim in payment.claims),
        "claims_paid_cents": sum(claim.paid_cents for claim in payment.claims),
        "adjustment_cents": sum(one.amount_cents for one in payment.provider_adjustments),
        "set_control": payment.control,
    }  # fmt: skip


def _remittance(uow: UnitOfWork, made: Prepared, row: RemittanceRow | None, interchange_id: bytes) -> bytes:
    values = payment_values(made.payment) | {
        "interchange_id": interchange_id, "payer_id": made.payer_id, "deposit_id": made.deposit_id,
        "state": "POSTED" if made.entries else "RECORDED", "matched_count": made.matched,
    }  # fmt: skip
    if row is None:
        row = uow.new(
            RemittanceRow, id_=made.remittance_id, payment_key=made.key, created_at=uow.now, **values
        )  # fmt: skip
    else:
        uow.change(row, findings_sealed=None, **values)
        work.done(uow, row)
    uow.flush()
    return row.id


def _deposit(uow: UnitOfWork, made: Prepared) -> None:
    if made.deposit_id is None:
        return
    payment = made.payment
    pairs = [
        {"reason": one.reason, "reference": one.reference, "cents": one.amount_cents}
        for one in payment.provider_adjustments
    ]
    if made.deposit_found:
        row = uow.get(DepositRow, made.deposit_id)
        uow.change(row, adjustments=[*row.adjustments, *pairs], payer_id=row.payer_id or made.payer_id)
    else:
        uow.new(
            DepositRow, id_=made.deposit_id, payer_id=made.payer_id, method=payment.method, reference=payment.trace,
            payer_tax=payment.payer_tax, amount_cents=payment.amount_cents, arrived_on=None, adjustments=pairs,
            created_at=uow.now,
        )  # fmt: skip
    uow.flush()


def _move_claims(uow: UnitOfWork, made: Prepared) -> None:
    """Every claim posted to is swapped, even where its state stays: its version is what makes a second poster wait."""
    touched: dict[bytes, list[ClaimPart]] = {}
    for part in made.parts:
        if part.row["state"] == "MATCHED":
            touched.setdefault(part.row["claim_id"], []).append(part)
    old, new, moves = [], [], []
    for claim_id, parts in sorted(touched.items()):
        before = made.found.claims[claim_id]
        posted = sum(part.reversed is None for part in parts)
        undone = len(parts) - posted
        after, made_moves = answered(uow, before, posted + len(made.standing[claim_id].postings) - undone)
        if claim_id in made.payer_controls:
            after["payer_control_sealed"], after["payer_control_index"] = made.payer_controls[claim_id]
        old.append(before)
        new.append(after)
        moves += made_moves
    uow.swap(ClaimRow, old, new)
    uow.insert(TransitionRow, moves)


def answered(uow: UnitOfWork, before: Mapping[str, Any], standing: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A claim's columns after a payment, and its moves; `standing` payments on it are not undone by a reversal."""
    after = {**before, "version": before["version"] + 1, "adjudicated_at": uow.now}
    moves: list[dict[str, Any]] = []
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

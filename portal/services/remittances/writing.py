"""The one write transaction of a payment: what was made ready goes in, claims only where their versions still stand."""

from __future__ import annotations

from typing import Any

from portal.domain.errors import Conflict
from portal.domain.remittances import Payment
from portal.domain.texts import T_
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceRow
from portal.services import ledger, outbox
from portal.services import queues as work
from portal.services.remittances.cases import open_cases
from portal.services.remittances.parts import ClaimPart, seal_row
from portal.services.remittances.preparing import Prepared
from portal.services.unit_of_work.work import UnitOfWork


def write(uow: UnitOfWork, made: Prepared, interchange_id: bytes) -> bytes:
    """Write a prepared payment and return its id; raises Conflict when anything it rests on has moved on."""
    row = remittance_row(uow, made.key)
    if row is not None and (row.state != "HELD" or row.id != made.remittance_id):
        raise Conflict(T_("This payment was posted meanwhile. Nothing was posted twice."), code="payment-posted")
    _deposit(uow, made)
    uow.put(made.swap)
    _remittance(uow, made, row, interchange_id)
    ledger.put(uow, made.books)
    uow.put(made.claims)
    uow.insert(RemittanceClaimRow, [_sealed(uow, part) for part in made.parts if part.sealed_later])
    uow.put(made.lines)
    uow.put(made.moves)
    open_cases(
        uow, made.posted_on, made.cases, {part.row["position"]: part.row for part in made.parts},
        [part.unmatched for part in made.parts if part.unmatched is not None],
    )  # fmt: skip
    outbox.later(
        uow, "remittance.settle", f"remittance.settle:{made.remittance_id.hex()}", {"remittance": made.remittance_id}
    )
    outbox.later(uow, "claim.follow", f"claim.follow:{made.remittance_id.hex()}", {"remittance": made.remittance_id})
    return made.remittance_id


def _sealed(uow: UnitOfWork, part: ClaimPart) -> dict[str, Any]:
    """A claim nobody matched is sealed under the practice's key, which may have to be made: not while reading."""
    seal_row(uow, part.row, part.plain)
    return part.row


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


def _remittance(uow: UnitOfWork, made: Prepared, row: RemittanceRow | None, interchange_id: bytes) -> None:
    values = payment_values(made.payment) | {
        "interchange_id": interchange_id, "payer_id": made.payer_id, "deposit_id": made.deposit_id,
        "state": "POSTED" if made.entries else "RECORDED", "matched_count": made.matched,
    }  # fmt: skip
    if row is None:
        uow.new(RemittanceRow, id_=made.remittance_id, payment_key=made.key, created_at=uow.now, **values)
    else:
        uow.change(row, findings_sealed=None, **values)
        work.done(uow, row)
    uow.flush()


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

"""Settling: what the processor tells or answers becomes states and entries, once, whatever the order it comes in.

A payment is settled under a lock on its row, in one transaction with its ledger entry and with the event it came by: a
posting that fails leaves the event to be taken again.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from portal.access.actors import Actor, system
from portal.domain.disputes import DisputeMove, DisputeState
from portal.domain.errors import Conflict
from portal.domain.payments import (
    LIFE,
    TAKEN,
    CardEvent,
    CardEventKind,
    CardsRefused,
    CheckoutState,
    Means,
    PaymentFacts,
)
from portal.domain.posting.payments import allocate, card_payment_entry, processor_fee_entry
from portal.domain.refunds import RefundState
from portal.domain.texts import T_, Text, to_json
from portal.models.payments import CardEventRow, PaymentRow
from portal.services import ledger, outbox, queues
from portal.services.credits import follow_credits
from portal.services.parts import Parts
from portal.services.payments import returning
from portal.services.payments.owing import held_charges, in_order, meant_for, payable
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

Standing = Literal["open", "waiting", "ended"]
"""Of a checkout: nobody has paid yet; money is on its way; it is over, one way or the other."""


def _settler(practice_id: bytes | None) -> Actor:
    return system("payment.settle", practice_id=practice_id)


_SETTLER = _settler(None)
UNKNOWN = "unknown"
"""What becomes of an event of no payment of ours; of one that is none yet, it is looked at again."""
_ASKED = frozenset({"PENDING", "PROCESSING", "FAILED"})
"""States in which the processor may know more than we do."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_WAITS: Mapping[str, Text] = {
    "card-other-amount": T_("The processor tells of another amount than was asked. Nothing was posted; look there."),
    "card-other-checkout": T_("The processor tells of a page that is not this payment's. Nothing was posted."),
    "paid-too-much": T_("The patient paid more than was owed by then. Apply it or send it back."),
}


def take_event(units: Units, parts: Parts, body: bytes, signature: str) -> None:
    """Take a webhook: verified, then applied once. Raises CardsRefused for a body that is not the processor's."""
    if parts.cards is None:
        raise CardsRefused("no-cards")
    apply(units, parts.cards.verify(body, signature, parts.clock.now()))


def apply(units: Units, event: CardEvent) -> bool:
    """Apply one verified event; False when it was taken before or is of no kind of ours."""
    if event.kind == "other":
        return False
    where = _about(event)
    with units.read(_SETTLER, "payment:settle") as uow:
        known = None if where is None else uow.row(uow.select(PaymentRow.practice_id).where(where))
    try:
        with units.write(_settler(known.practice_id if known else None), "payment:settle") as uow:
            row = _locked(uow, where)
            if uow.row(uow.select(CardEventRow.id).where(CardEventRow.event_id == event.id)) is not None:
                return False
            outcome = UNKNOWN if row is None else _take(uow, row, event)
            uow.new(
                CardEventRow, event_id=event.id, kind=event.kind, payment_id=row.id if row is not None else None,
                outcome=outcome, received_at=uow.now, intent_id=event.intent or None,
                detail=_dump(event) if outcome == UNKNOWN else None,
            )  # fmt: skip
            return True
    except Conflict as error:
        if error.code != "unique":
            raise
        return False  # the same event, of no payment of ours, came at the same moment


def _about(event: CardEvent) -> Any:
    """Which payment an event is about: by our own reference, by the checkout, else by the processor's payment."""
    if len(event.reference) == 32 and set(event.reference) <= set("0123456789abcdef"):
        return PaymentRow.id == bytes.fromhex(event.reference)
    if event.checkout_id:
        return PaymentRow.checkout_id == event.checkout_id
    return PaymentRow.intent_id == event.intent if event.intent else None


def _locked(uow: UnitOfWork, where: Any) -> PaymentRow | None:
    """A payment, held until the end: whoever settles it at the same moment waits, and finds it settled."""
    return None if where is None else uow.first(uow.select(PaymentRow).where(where).with_for_update())


def _take(uow: UnitOfWork, row: PaymentRow, event: CardEvent) -> str:
    """Apply an event to its payment; returns what became of it, one word for the event's row."""
    if event.refund is not None or event.dispute is not None:
        if row.state not in TAKEN:
            return UNKNOWN  # it came before the news that anything was paid: it is taken with that
        return _take_later(uow, row, event)
    if row.checkout_id is not None and event.checkout_id != row.checkout_id:
        return _for_people(uow, row, "card-other-checkout", event.amount_cents)
    if event.currency != "usd" or event.amount_cents != row.amount_cents:
        return _for_people(uow, row, "card-other-amount", event.amount_cents)
    if event.kind == "settled" or (event.kind == "completed" and event.paid):
        came_back = row.state == "FAILED" and row.means == "bank"  # the news that it was returned was first
        said = _succeed(uow, row, event.intent, event.means)
        return returning.take_return(uow, row) if came_back else said
    if event.kind == "completed":
        return _under_way(uow, row, event.intent)
    if event.kind == "failed" and row.state in TAKEN:
        return returning.take_return(uow, row)
    return _end(uow, row, "FAILED" if event.kind == "failed" else "EXPIRED")


def _take_later(uow: UnitOfWork, row: PaymentRow, event: CardEvent) -> str:
    """What comes after the money: a refund or a dispute, as it stood when the event was made."""
    if event.currency not in {"", "usd"}:
        return _for_people(uow, row, "card-other-amount", event.amount_cents)
    if event.refund is not None:
        return returning.take_refund(uow, row, event.refund)
    assert event.dispute is not None  # the only other kind that comes here
    return returning.take_dispute(uow, row, event.dispute)


def _succeed(uow: UnitOfWork, row: PaymentRow, intent: str, means: Means) -> str:
    """Money was taken: post it to the oldest services (or the visits chosen first), number the receipt."""
    if row.state in TAKEN:
        return "known"
    people, visits = meant_for(uow, row)
    owed = payable(uow, row, held_charges(uow, people))
    chosen = in_order(owed, visits)
    uow.move(row, "SUCCEEDED", PaymentFacts(proved=True, amount_cents=row.amount_cents, settled_cents=row.amount_cents))
    uow.change(
        row, intent_id=intent or row.intent_id, settled_at=uow.now, receipt_number=_receipt_number(),
        means=means or row.means or "card",
    )  # fmt: skip
    today = uow.today(row.practice_id)
    entry = card_payment_entry(row.id, row.patient_id, row.amount_cents, owed, today, chosen=chosen)
    ledger.post(uow, [entry], practice_id=row.practice_id)
    _, left = allocate(row.amount_cents, owed, chosen)
    if left and not follow_credits(uow, row.patient_id):
        queues.put(uow, "credits", row, reason="paid-too-much", detail=_words("paid-too-much"), at_risk_cents=left)
    ids = {"payment": row.id, "patient": row.patient_id}
    outbox.later(uow, "payment.settled", f"payment.settled:{row.id.hex()}", ids)
    outbox.later(uow, "receipt.paper", f"receipt.paper:{row.id.hex()}", {"payment": row.id})
    uow.flush()
    _catch_up(uow, row)
    return "settled"


def _catch_up(uow: UnitOfWork, row: PaymentRow) -> int:
    """Take what was told of this payment before anybody knew that it was one; how many events."""
    event = CardEventRow
    if row.intent_id is None:
        return 0
    told = uow.entities(
        uow.select(event).where(event.intent_id == row.intent_id, event.outcome == UNKNOWN).order_by(event.received_at)
    )
    for each in told:
        if each.detail is not None and row.state in TAKEN:
            outcome = _take_later(uow, row, _load(each))
            uow.change(each, outcome=outcome, payment_id=row.id, detail=None)
    return len(told)


def catch_up(units: Units) -> int:
    """Events that were told at the very moment in which their payment was settled, and missed it; how many."""
    event = CardEventRow
    with units.read(_SETTLER, "payment:settle") as uow:
        found = uow.rows(
            uow.select(PaymentRow.id, PaymentRow.practice_id).where(
                PaymentRow.state.in_(TAKEN),
                PaymentRow.intent_id.in_(select(event.intent_id).where(event.outcome == UNKNOWN, uow.within(event))),
            )
        )
    taken = 0
    for each in found:
        with units.write(_settler(each.practice_id), "payment:settle") as uow:
            row = _locked(uow, PaymentRow.id == each.id)
            taken += _catch_up(uow, row) if row is not None else 0
    return taken


def _dump(event: CardEvent) -> dict[str, Any] | None:
    """What a refund or dispute said, until its payment is known: the processor's ids, cents, states and instants."""
    if event.refund is not None:
        return {"refund": asdict(event.refund), "currency": event.currency}
    if event.dispute is not None:
        due = event.dispute.evidence_due
        said = asdict(event.dispute) | {"evidence_due": due.isoformat() if due else None}
        return {"dispute": said, "currency": event.currency}
    return None


def _load(row: CardEventRow) -> CardEvent:
    said: Any = row.detail or {}
    refund = RefundState(**said["refund"]) if "refund" in said else None
    dispute = None
    if "dispute" in said:
        due, moves = said["dispute"]["evidence_due"], said["dispute"]["moves"]
        dispute = DisputeState(
            **{
                **said["dispute"],
                "evidence_due": datetime.fromisoformat(due) if due else None,
                "moves": tuple(DisputeMove(**each) for each in moves),
            }
        )
    kind: CardEventKind = "refund" if refund is not None else "dispute"
    return CardEvent(
        row.event_id, kind, row.received_at, intent=row.intent_id or "", currency=said["currency"],
        refund=refund, dispute=dispute,
    )  # fmt: skip


def _under_way(uow: UnitOfWork, row: PaymentRow, intent: str) -> str:
    """Gone through by bank debit: the money comes, or comes not, in some days."""
    if row.state in TAKEN or row.state == "FAILED":
        return "late"
    if LIFE.allows(row.state, "PROCESSING"):
        uow.move(row, "PROCESSING", PaymentFacts(proved=True))
    uow.change(row, intent_id=row.intent_id or intent or None, means="bank")
    return "waiting"


def _end(uow: UnitOfWork, row: PaymentRow, to: str) -> str:
    if to == "FAILED" and row.state not in TAKEN:
        uow.change(row, means="bank")  # only a debit is told as failed
    if row.state == to or not LIFE.allows(row.state, to):
        return "late"
    uow.move(row, to, PaymentFacts(proved=True), reason="processor")
    return "ended"


def _for_people(uow: UnitOfWork, row: PaymentRow, reason: str, cents: int) -> str:
    """What no rule may decide alone: a person looks at the payment."""
    queues.put(uow, "card-cases", row, reason=reason, detail=_words(reason), at_risk_cents=cents)
    return "queued"


def _words(reason: str) -> dict[str, Any]:
    """Why a payment waits, as the queue's page says it."""
    return {"text": to_json(_WAITS[reason])}


def refresh(units: Units, parts: Parts, payment_id: bytes) -> Standing:
    """Ask the processor what became of a payment's checkout, and settle by the answer.

    Raises CardsUnavailable, CardsRefused.
    """
    with units.read(_SETTLER, "payment:settle") as uow:
        columns = (PaymentRow.checkout_id, PaymentRow.state, PaymentRow.practice_id)
        row = uow.row(uow.select(*columns).where(PaymentRow.id == payment_id))
    if parts.cards is None or row is None or row.checkout_id is None or row.state not in _ASKED:
        return "ended"
    return _learn(units, row.practice_id, payment_id, parts.cards.checkout(row.checkout_id))


def _learn(units: Units, practice_id: bytes, payment_id: bytes, state: CheckoutState) -> Standing:
    """Settle by what the processor answered about a checkout of ours."""
    if state.status == "open":
        return "open"
    with units.write(_settler(practice_id), "payment:settle") as uow:
        row = _locked(uow, PaymentRow.id == payment_id)
        if row is None or row.state in TAKEN:
            return "ended"
        if state.reference != row.id.hex() or state.amount_cents != row.amount_cents:
            _for_people(uow, row, "card-other-amount", state.amount_cents)
            return "ended"
        if state.paid:
            _succeed(uow, row, state.intent, state.means)
        elif state.failed:
            _end(uow, row, "FAILED")
        elif state.status == "complete":
            _under_way(uow, row, state.intent)
            return "waiting"
        else:
            _end(uow, row, "EXPIRED")
        return "ended"


def close(units: Units, parts: Parts, payment_id: bytes) -> None:
    """Close an unpaid page at the processor, then let the payment go; a page paid meanwhile is settled instead."""
    with units.read(_SETTLER, "payment:settle") as uow:
        columns = (PaymentRow.checkout_id, PaymentRow.practice_id)
        known = uow.row(uow.select(*columns).where(PaymentRow.id == payment_id))
    if parts.cards is None or known is None or known.checkout_id is None:
        return
    try:
        parts.cards.expire(known.checkout_id)
    except CardsRefused:  # it is not open any more: paid, or expired by itself
        refresh(units, parts, payment_id)
        return
    with units.write(_settler(known.practice_id), "payment:settle") as uow:
        row = _locked(uow, PaymentRow.id == payment_id)
        if row is not None:
            _end(uow, row, "CANCELLED")


def record_fee(units: Units, parts: Parts, payment_id: bytes) -> None:
    """Post what the processor kept of a payment, as soon as it says; the poll asks again until then."""
    with units.read(_SETTLER, "payment:settle") as uow:
        columns = (PaymentRow.intent_id, PaymentRow.fee_cents, PaymentRow.practice_id)
        row = uow.row(uow.select(*columns).where(PaymentRow.id == payment_id))
    if parts.cards is None or row is None or not row.intent_id or row.fee_cents is not None:
        return
    fee = parts.cards.fee(row.intent_id)
    if fee is None:
        return
    with units.write(_settler(row.practice_id), "payment:settle") as uow:
        found = _locked(uow, PaymentRow.id == payment_id)
        if found is None or found.fee_cents is not None:
            return
        uow.change(found, fee_cents=fee)
        entry = processor_fee_entry(found.id, fee, uow.today(found.practice_id))
        if entry is not None:
            ledger.post(uow, [entry], practice_id=found.practice_id)


def _receipt_number() -> str:
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"R-{signs[:4]}-{signs[4:]}"

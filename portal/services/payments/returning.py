"""Money that goes back after it came: refunds, disputes, returned debits, each told by the processor by itself.

Each is kept as it stands, by the processor's own id; the books follow the sum of what has gone back, so that events may
come in any order and as often as they like, and leave the same books and the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.domain import dates, disputes, refunds
from portal.domain.disputes import BANK_RETURNS, DisputeFacts, DisputeState
from portal.domain.payments import TAKEN, PaymentFacts, standing
from portal.domain.posting.refunds import Cause, Put, credit_recalled_entry, taken_back_entry
from portal.domain.refunds import STATES, RefundFacts, RefundState
from portal.domain.texts import T_, Text, to_json
from portal.models.encounters import ChargeRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payments import CardDisputeRow, CardRefundRow, PaymentRow
from portal.models.practices import PracticeRow
from portal.services import addresses, ledger, outbox, queues
from portal.services.credits import follow_credits
from portal.services.unit_of_work.work import UnitOfWork

_WAITS: Mapping[str, Text] = {
    "card-dispute": T_("The card's holder disputes this payment. Answer the processor before its day is over."),
    "card-inquiry": T_("The holder's bank asks about this payment. No money was taken; answer, and it may stay so."),
    "card-dispute-lost": T_("The bank gave this payment back to the card's holder. The services are owed again."),
    "card-refund-failed": T_("A refund came back to us. The money is the patient's: send it another way."),
    "card-other-amount": T_("The processor tells of another amount than was asked. Nothing was posted; look there."),
}
_ANSWERABLE = {"NEEDS_RESPONSE": "card-dispute", "WARNING": "card-inquiry"}


def take_refund(uow: UnitOfWork, payment: PaymentRow, told: RefundState) -> str:
    """A refund as it stands now; one word for what became of it."""
    row, state = CardRefundRow, STATES[told.status]
    kept = uow.first(uow.select(row).where(row.refund_id == told.id))
    before = kept.state if kept is not None else ""
    if kept is None:
        kept = uow.new(
            row, practice_id=payment.practice_id, patient_id=payment.patient_id, payment_id=payment.id,
            refund_id=told.id, state=state, amount_cents=told.amount_cents, told_at=uow.now,
            ended_at=None if state == "PENDING" else uow.now,
        )  # fmt: skip
        uow.flush()
        uow.begin(kept)
    elif told.amount_cents != kept.amount_cents:
        return wait(uow, payment, "card-other-amount", told.amount_cents)
    elif refunds.RANK.index(state) <= refunds.RANK.index(kept.state):
        return "known"
    else:
        uow.move(kept, state, RefundFacts(proved=True))
        uow.change(kept, ended_at=uow.now)
    key = f"card-refund:{told.id}"
    inputs = {"event": "card-refund", "refund": told.id, "cents": told.amount_cents, "state": state}
    if state == "SUCCEEDED":
        _follow(uow, payment, Cause(kind="card-refund", key=key, inputs=inputs))
    elif state == "FAILED":
        if before == "SUCCEEDED":
            undone = _entry_of(uow, payment, key)
            _follow(
                uow, payment, Cause(kind="card-refund-failed", key=f"{key}:failed", inputs=inputs, reverses_id=undone)
            )
        wait(uow, payment, "card-refund-failed", told.amount_cents)
    _stand(uow, payment)
    return "posted" if state == "SUCCEEDED" else "kept"


def take_dispute(uow: UnitOfWork, payment: PaymentRow, told: DisputeState) -> str:
    """A dispute as it stands now: what it moved is posted, an inquiry moves nothing; one word for what became of it."""
    kept = _dispute(uow, payment, told)
    fresh = [move for move in told.moves if move.id not in kept.moves]
    if fresh and told.reason in BANK_RETURNS and payment.returned_on is None and told.returned:
        uow.change(payment, returned_on=uow.today(payment.practice_id))
        _write_to(uow, payment)
    for move in fresh:
        uow.change(kept, moves={**kept.moves, move.id: [move.cents, move.fee_cents]})
        back = move.cents > 0
        kind = "card-returned" if told.reason in BANK_RETURNS else "card-dispute"
        undone = _entry_of(uow, payment, *(f"card-dispute:{id_}" for id_ in kept.moves if id_ != move.id))
        cause = Cause(
            kind=f"{kind}-won" if back else kind, key=f"card-dispute:{move.id}",
            inputs={"event": kind, "dispute": told.id, "move": move.id, "cents": move.cents, "fee": move.fee_cents},
            reverses_id=undone if back else _paid(uow, payment) if kind == "card-returned" else None,
        )  # fmt: skip
        _follow(uow, payment, cause, fee_cents=move.fee_cents)
    _ask(uow, payment)
    _stand(uow, payment)
    return "posted" if fresh else "kept"


def take_return(uow: UnitOfWork, payment: PaymentRow) -> str:
    """The bank took a settled debit back, told as a failure: its entry is undone. A dispute may tell the same again."""
    if payment.returned_on is not None:
        return "known"
    uow.change(payment, returned_on=uow.today(payment.practice_id))
    cause = Cause(
        kind="card-returned", key=f"card-returned:{payment.id.hex()}", reverses_id=_paid(uow, payment),
        inputs={"event": "card-returned", "payment": payment.id.hex(), "cents": payment.amount_cents},
    )  # fmt: skip
    _follow(uow, payment, cause)
    _write_to(uow, payment)
    _stand(uow, payment)
    return "returned"


def wait(uow: UnitOfWork, payment: PaymentRow, reason: str, cents: int, **more: Any) -> str:
    """What no rule may decide alone: a person looks at the payment."""
    said = {"text": to_json(_WAITS[reason])}
    queues.put(uow, "card-cases", payment, reason=reason, detail=said, at_risk_cents=cents, **more)
    return "queued"


def answered(uow: UnitOfWork, dispute_id: bytes, *, version: int) -> None:
    """A person answered a dispute at the processor. Raises Refused while a refund of the payment is on its way."""
    kept = uow.get(CardDisputeRow, dispute_id)
    payment = uow.get(PaymentRow, kept.payment_id)
    uow.change(kept, expected_version=version)
    on_its_way = uow.row(
        uow.select(CardRefundRow.id).where(CardRefundRow.payment_id == payment.id, CardRefundRow.state == "PENDING")
    )
    uow.move(kept, "ANSWERED", DisputeFacts(refund_in_flight=on_its_way is not None))
    uow.flush()
    _ask(uow, payment)


# Inside


def _dispute(uow: UnitOfWork, payment: PaymentRow, told: DisputeState) -> CardDisputeRow:
    row = CardDisputeRow
    kept = uow.first(uow.select(row).where(row.dispute_id == told.id))
    due = None
    if told.evidence_due is not None:
        zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == payment.practice_id))
        due = dates.today(told.evidence_due, zone)
    if kept is None:
        kept = uow.new(
            row, practice_id=payment.practice_id, patient_id=payment.patient_id, payment_id=payment.id,
            dispute_id=told.id, state=told.state, amount_cents=told.amount_cents, reason=told.reason,
            evidence_due=due, moves={}, told_at=uow.now,
        )  # fmt: skip
        uow.flush()
        uow.begin(kept)
        return kept
    if disputes.later(kept.state, told.state):
        uow.move(kept, told.state, DisputeFacts(proved=True))
    if due is not None and (kept.evidence_due is None or due > kept.evidence_due):
        uow.change(kept, evidence_due=due)  # a bank may give more time, and never less
    return kept


def _follow(uow: UnitOfWork, payment: PaymentRow, cause: Cause, *, fee_cents: int = 0) -> None:
    """Bring the books to what has gone back of a payment in all."""
    uow.flush()
    after, before = _gone(uow, payment), payment.back_cents or 0
    put, held = _put(uow, payment)
    entry = taken_back_entry(
        cause, payment.patient_id, put, held_cents=held, before_cents=before, after_cents=after,
        posted_on=uow.today(payment.practice_id), fee_cents=fee_cents,
    )  # fmt: skip
    if entry is None:
        return
    uow.change(payment, back_cents=after)
    ledger.post(uow, [entry], practice_id=payment.practice_id)
    uow.flush()
    if after > before:
        _recall(uow, payment, cause.key)
    people = {payment.patient_id, *(each.patient_id for each in put if each.patient_id)}
    for each in sorted(people):
        follow_credits(uow, each)
    # The bills of the account stand as the books say now.
    outbox.later(
        uow, "statement.follow", f"statement.follow:{cause.key}", {"account": payment.patient_id}
    )  # fmt: skip


def _gone(uow: UnitOfWork, payment: PaymentRow) -> int:
    """What has gone back of a payment, by all that is known of it.

    A returned debit may be told as a failure and as a dispute: that is the same money.
    """
    row, case = CardRefundRow, CardDisputeRow
    cents: int = sum(
        each.amount_cents
        for each in uow.rows(uow.select(row.amount_cents).where(row.payment_id == payment.id, row.state == "SUCCEEDED"))
    )
    returned = payment.amount_cents if payment.returned_on is not None else 0
    by_bank: int = 0
    for each in uow.rows(uow.select(case.reason, case.moves).where(case.payment_id == payment.id)):
        out = -sum(moved for moved, _ in each.moves.values())
        if each.reason in BANK_RETURNS:
            by_bank += out
        else:
            cents += out
    return max(cents + max(returned, by_bank), 0)


def _stand(uow: UnitOfWork, payment: PaymentRow) -> None:
    """The payment's state follows from all that came after it."""
    uow.flush()
    row, case = CardRefundRow, CardDisputeRow
    back = uow.rows(uow.select(row.amount_cents).where(row.payment_id == payment.id, row.state == "SUCCEEDED"))
    said = uow.rows(uow.select(case.state).where(case.payment_id == payment.id, case.reason.not_in(BANK_RETURNS)))
    to = standing(
        payment.amount_cents, sum(each.amount_cents for each in back), [each.state for each in said],
        returned=payment.returned_on is not None,
    )  # fmt: skip
    if payment.state in TAKEN and payment.state != to:
        uow.move(payment, to, PaymentFacts(proved=True, standing=to))


def _ask(uow: UnitOfWork, payment: PaymentRow) -> None:
    """A dispute that takes an answer waits for a person, until its last day; one that was lost is told once."""
    case = CardDisputeRow
    uow.flush()
    rows = uow.entities(uow.select(case).where(case.payment_id == payment.id, case.reason.not_in(BANK_RETURNS)))
    open_ = [each for each in rows if each.state in _ANSWERABLE]
    if open_:
        first = min(open_, key=lambda each: (each.state == "WARNING", each.evidence_due or uow.today()))
        wait(uow, payment, _ANSWERABLE[first.state], first.amount_cents, due_on=first.evidence_due)
    elif any(each.state == "LOST" for each in rows):
        wait(uow, payment, "card-dispute-lost", sum(each.amount_cents for each in rows if each.state == "LOST"))
    elif any(item.reason in {"card-dispute", "card-inquiry"} for item in queues.items_of(uow, payment)):
        queues.done(uow, payment)


def _put(uow: UnitOfWork, payment: PaymentRow) -> tuple[list[Put], int]:
    """What the payment was put to, by its entry, and what of it was held as credit."""
    lines = ledger.lines_of(
        uow, LedgerEntryRow.key == f"card:{payment.id.hex()}", LedgerEntryRow.practice_id == payment.practice_id
    )
    held = -sum(int(line.amount_cents) for line in lines if line.account == "unapplied:patient")
    return _dated(uow, [line for line in lines if line.account == "receivable:patient"]), held


def _dated(uow: UnitOfWork, lines: list[Any]) -> list[Put]:
    """Lines on charges as they were put, with the days of the services."""
    charges = {line.charge_id for line in lines}
    row = ChargeRow
    days = {
        each.id: each.service_from
        for each in uow.rows(uow.select(row.id, row.service_from).where(row.id.in_(sorted(charges))))
    }
    found: dict[bytes, Put] = {}
    for line in lines:
        sum_ = (found[line.charge_id].cents if line.charge_id in found else 0) - int(line.amount_cents)
        found[line.charge_id] = Put(
            line.charge_id, line.patient_id, line.encounter_id, line.claim_id, days[line.charge_id], sum_
        )
    return list(found.values())


def _recall(uow: UnitOfWork, payment: PaymentRow, key: str) -> None:
    """A credit that went back had been put to services since: they are owed again."""
    short = -ledger.credit_of_patient(uow, payment.patient_id)
    if short <= 0:
        return
    used = ledger.lines_of(
        uow, LedgerLineRow.patient_id == payment.patient_id, LedgerLineRow.account == "receivable:patient",
        LedgerEntryRow.kind.in_(("credit-applied", "credit-recalled")),
    )  # fmt: skip
    entry = credit_recalled_entry(
        payment.patient_id, short, _dated(uow, list(used)), key, uow.today(payment.practice_id)
    )
    if entry is not None:
        ledger.post(uow, [entry], practice_id=payment.practice_id)
        uow.flush()


def _entry_of(uow: UnitOfWork, payment: PaymentRow, *keys: str) -> bytes | None:
    row = LedgerEntryRow
    found = uow.row(
        uow.select(row.id).where(row.practice_id == payment.practice_id, row.key.in_(keys)).order_by(row.created_at)
    )
    return found.id if found else None


def _paid(uow: UnitOfWork, payment: PaymentRow) -> bytes | None:
    return _entry_of(uow, payment, f"card:{payment.id.hex()}")


def _write_to(uow: UnitOfWork, payment: PaymentRow) -> None:
    """Tell the patient, where an address is on record, that a payment did not last; the mail says nothing of it."""
    patient = uow.get(PatientRow, payment.patient_id)
    address = addresses.email_of(uow, patient)
    if address:
        name = uow.get(PracticeRow, patient.practice_id).name
        outbox.mail(
            uow, "payment_returned", recipient=address, subject_id=patient.id, practice_id=patient.practice_id,
            language=patient.language, parameters={"practice": name},
        )  # fmt: skip

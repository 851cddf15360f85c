"""Postings about money from patients and the bank: card payments, the processor's fee, deposits, credits put to use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from portal.domain.charges import Owed
from portal.domain.ledger import Entry, Line, inputs_digest


def allocate(
    amount_cents: int, owed: Sequence[Owed], chosen: Sequence[bytes] | None = None
) -> tuple[tuple[tuple[Owed, int], ...], int]:
    """Share a payment over what is owed: oldest service first, or only the chosen charges in the order chosen.

    Returns the shares, each positive and at most what is open, and what is left over. Ties go by charge id, so the
    same facts always share alike.
    """
    order = sorted(owed, key=lambda item: (item.from_date, item.charge_id))
    if chosen is not None:
        by_id = {item.charge_id: item for item in order}
        order = [by_id[charge_id] for charge_id in dict.fromkeys(chosen) if charge_id in by_id]
    shares: list[tuple[Owed, int]] = []
    for item in order:
        share = min(amount_cents, item.open_cents)
        if share > 0:
            shares.append((item, share))
            amount_cents -= share
    return tuple(shares), amount_cents


def card_payment_entry(
    payment_id: bytes,
    patient_id: bytes,
    amount_cents: int,
    owed: Sequence[Owed],
    posted_on: date,
    *,
    chosen: Sequence[bytes] | None = None,
) -> Entry:
    """+cash:card -receivable:patient by charge, the excess -unapplied:patient; raises ValueError unless positive.

    The digest is over the event (payment, patient, amount), not over how it was shared: the same event arriving twice
    after the balance changed is the same event.
    """
    if amount_cents <= 0:
        raise ValueError("a payment is positive")
    shares, left = allocate(amount_cents, owed, chosen)
    lines = [Line("cash:card", amount_cents, patient_id=patient_id), *_applied(shares)]
    if left:
        lines.append(Line("unapplied:patient", -left, patient_id=patient_id))
    return Entry(
        kind="card-payment",
        posted_on=posted_on,
        key=f"card:{payment_id.hex()}",
        inputs_digest=inputs_digest(
            {
                "event": "card-payment",
                "payment": payment_id.hex(),
                "patient": patient_id.hex(),
                "cents": amount_cents,
            }
        ),
        lines=tuple(lines),
    )


def apply_credit_entry(patient_id: bytes, amount_cents: int, owed: Sequence[Owed], key: str, posted_on: date) -> Entry:
    """+unapplied:patient -receivable:patient: a credit of the patient put to charges that are owed, oldest first.

    Raises ValueError when the amount is not positive or more than is owed.
    """
    shares, left = allocate(amount_cents, owed)
    if left or not shares:
        raise ValueError("a credit is put to what is owed, and to no more")
    return Entry(
        kind="credit-applied",
        posted_on=posted_on,
        key=f"credit:{key}",
        inputs_digest=inputs_digest({"event": "credit-applied", "patient": patient_id.hex(), "cents": amount_cents}),
        lines=(Line("unapplied:patient", amount_cents, patient_id=patient_id), *_applied(shares)),
    )


def processor_fee_entry(payment_id: bytes, fee_cents: int, posted_on: date) -> Entry | None:
    """+processor-fees -cash:card, as the processor reports it; None for no fee, ValueError for a negative one."""
    if fee_cents < 0:
        raise ValueError("a fee is not negative")
    if fee_cents == 0:
        return None
    return Entry(
        kind="processor-fee",
        posted_on=posted_on,
        key=f"fee:{payment_id.hex()}",
        inputs_digest=inputs_digest({"event": "processor-fee", "payment": payment_id.hex(), "cents": fee_cents}),
        lines=(Line("processor-fees", fee_cents), Line("cash:card", -fee_cents)),
    )


def deposit_entry(
    deposit_id: bytes, amount_cents: int, posted_on: date, *, check: bool, payer_id: bytes | None = None
) -> Entry:
    """+cash:eft|check -unapplied:payer: money that came before its remittance; raises ValueError unless positive."""
    if amount_cents <= 0:
        raise ValueError("a deposit is positive")
    return Entry(
        kind="deposit",
        posted_on=posted_on,
        key=f"deposit:{deposit_id.hex()}",
        inputs_digest=inputs_digest(
            {"event": "deposit", "deposit": deposit_id.hex(), "cents": amount_cents, "check": check}
        ),
        lines=(
            Line("cash:check" if check else "cash:eft", amount_cents, payer_id=payer_id, deposit_id=deposit_id),
            Line("unapplied:payer", -amount_cents, payer_id=payer_id, deposit_id=deposit_id),
        ),
    )


def _applied(shares: Sequence[tuple[Owed, int]]) -> list[Line]:
    return [
        Line(
            "receivable:patient",
            -share,
            patient_id=item.patient_id,
            encounter_id=item.encounter_id,
            charge_id=item.charge_id,
            claim_id=item.claim_id,
        )
        for item, share in shares
    ]

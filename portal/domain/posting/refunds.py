"""Postings of patients' money that goes back: refunds, disputes, returned debits, and what of that is undone again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.ledger import Entry, Line, inputs_digest


@dataclass(frozen=True, slots=True)
class Put:
    """What of a payment was put to one charge, as a positive sum."""

    charge_id: bytes
    patient_id: bytes | None
    encounter_id: bytes | None
    claim_id: bytes | None
    from_date: date
    cents: int


def taken_off(put: Sequence[Put], held_cents: int, back_cents: int) -> tuple[int, dict[bytes, int]]:
    """From where a payment's money is taken when so much of it has gone back in all: (credit, cents by charge).

    First what no service had needed and was held as credit: giving that back changes nothing that anybody owes. Then
    the services, the newest first: the payment had gone to the oldest first, so what stays of it stays where it would
    have gone had it been smaller. What went back beyond the payment (a refund, and then the bank took all of it as
    well) is owed on the newest service, or stands against the credit where there is none.

    It depends on the sum alone, so events in any order leave the same books.
    """
    held = min(held_cents, back_cents)
    left, by_charge = back_cents - held, dict[bytes, int]()
    newest = sorted(put, key=lambda each: (each.from_date, each.charge_id), reverse=True)
    for each in newest:
        cents = min(left, each.cents)
        if cents:
            by_charge[each.charge_id] = cents
            left -= cents
    if left and newest:
        by_charge[newest[0].charge_id] = by_charge.get(newest[0].charge_id, 0) + left
        left = 0
    return held + left, by_charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a payment's money moved after it was taken: the entry's kind and key, and what it tells apart."""

    kind: str
    key: str
    inputs: Mapping[str, object]
    reverses_id: bytes | None = None


def taken_back_entry(
    cause: Cause,
    patient_id: bytes,
    put: Sequence[Put],
    *,
    held_cents: int,
    before_cents: int,
    after_cents: int,
    posted_on: date,
    fee_cents: int = 0,
) -> Entry | None:
    """-cash:card +receivable:patient by charge or +unapplied:patient, from what had gone back before to what has now.

    Less than before is money that came again: all signs turn. A fee adds +processor-fees -cash:card (a fee given back,
    negative, the other way). None where nothing moved. Raises ValueError for less than nothing.
    """
    if before_cents < 0 or after_cents < 0:
        raise ValueError("not less than nothing goes back")
    credit_before, before = taken_off(put, held_cents, before_cents)
    credit_after, after = taken_off(put, held_cents, after_cents)
    of = {each.charge_id: each for each in put}
    lines = [
        Line(
            "receivable:patient", after.get(id_, 0) - before.get(id_, 0), patient_id=of[id_].patient_id,
            encounter_id=of[id_].encounter_id, charge_id=id_, claim_id=of[id_].claim_id,
        )
        for id_ in sorted(before.keys() | after.keys())
        if after.get(id_, 0) != before.get(id_, 0)
    ]  # fmt: skip
    if credit_after != credit_before:
        lines.append(Line("unapplied:patient", credit_after - credit_before, patient_id=patient_id))
    if after_cents != before_cents:
        lines.append(Line("cash:card", before_cents - after_cents, patient_id=patient_id))
    if fee_cents:
        lines += [Line("processor-fees", fee_cents), Line("cash:card", -fee_cents)]
    if not lines:
        return None
    return Entry(
        kind=cause.kind, posted_on=posted_on, key=cause.key, inputs_digest=inputs_digest(cause.inputs),
        lines=tuple(lines), reverses_id=cause.reverses_id,
    )  # fmt: skip


def credit_recalled_entry(
    patient_id: bytes, short_cents: int, used: Sequence[Put], key: str, posted_on: date
) -> Entry | None:
    """+receivable:patient -unapplied:patient: a credit went back that had been put to services since.

    They are owed again, the newest first; what no service explains stays a debt on the credit. None for nothing short.
    """
    lines: list[Line] = []
    left = short_cents
    for each in sorted(used, key=lambda put: (put.from_date, put.charge_id), reverse=True):
        cents = min(left, each.cents)
        if cents > 0:
            left -= cents
            lines.append(
                Line(
                    "receivable:patient", cents, patient_id=each.patient_id, encounter_id=each.encounter_id,
                    charge_id=each.charge_id, claim_id=each.claim_id,
                )
            )  # fmt: skip
    if not lines:
        return None
    moved = sum(line.amount_cents for line in lines)
    return Entry(
        kind="credit-recalled", posted_on=posted_on, key=f"credit-recalled:{key}",
        inputs_digest=inputs_digest({"event": "credit-recalled", "patient": patient_id.hex(), "cause": key}),
        lines=(*lines, Line("unapplied:patient", -moved, patient_id=patient_id)),
    )  # fmt: skip

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.charges import Owed
from portal.domain.posting.payments import (
    allocate,
    apply_credit_entry,
    card_payment_entry,
    deposit_entry,
    processor_fee_entry,
)

ON = date(2026, 6, 1)
PATIENT, PAYMENT = b"p" * 16, b"m" * 16


def owed(at: int, cents: int, days: int = 0) -> Owed:
    return Owed(b"%016d" % at, PATIENT, b"e" * 16, date(2026, 5, 1) + timedelta(days=days), cents)


OWED = st.lists(st.tuples(st.integers(-500, 9_000), st.integers(0, 9)), max_size=5).map(
    lambda some: [owed(at, cents, days) for at, (cents, days) in enumerate(some)]
)


@given(st.integers(1, 30_000), OWED)
def test_nothing_is_lost_and_no_charge_gets_more_than_is_open(amount: int, items: list[Owed]) -> None:
    shares, left = allocate(amount, items)
    assert sum(share for _, share in shares) + left == amount
    assert all(0 < share <= item.open_cents for item, share in shares)
    if left:
        assert sum(share for _, share in shares) == sum(max(item.open_cents, 0) for item in items)


@given(st.integers(1, 30_000), OWED)
def test_the_order_of_the_list_does_not_matter(amount: int, items: list[Owed]) -> None:
    assert allocate(amount, items) == allocate(amount, items[::-1])


def test_the_oldest_service_is_paid_first_or_the_chosen_one() -> None:
    items = [owed(1, 500, days=9), owed(2, 500, days=1)]
    assert [item.charge_id for item, _ in allocate(600, items)[0]] == [b"%016d" % 2, b"%016d" % 1]
    shares, left = allocate(600, items, [b"%016d" % 1, b"%016d" % 1, b"unknown"])
    assert ([share for _, share in shares], left) == ([500], 100)


@given(st.integers(1, 30_000), OWED)
def test_a_card_payment_balances_and_the_excess_waits(amount: int, items: list[Owed]) -> None:
    entry = card_payment_entry(PAYMENT, PATIENT, amount, items, ON)
    sums = {"receivable:patient": 0, "unapplied:patient": 0}
    for line in entry.lines:
        sums[line.account] = sums.get(line.account, 0) + line.amount_cents
    assert sums["cash:card"] == amount
    open_cents = sum(max(item.open_cents, 0) for item in items)
    assert sums["receivable:patient"] == -min(amount, open_cents)
    assert sums["unapplied:patient"] == -max(amount - open_cents, 0)


def test_the_same_event_after_a_changed_balance_is_the_same_event() -> None:
    before = card_payment_entry(PAYMENT, PATIENT, 500, [owed(1, 500)], ON)
    after = card_payment_entry(PAYMENT, PATIENT, 500, [], ON + timedelta(days=1))
    other = card_payment_entry(PAYMENT, PATIENT, 501, [], ON)
    assert (before.key, before.inputs_digest) == (after.key, after.inputs_digest)
    assert before.key == other.key
    assert before.inputs_digest != other.inputs_digest


def test_a_fee_lowers_the_cash() -> None:
    entry = processor_fee_entry(PAYMENT, 59, ON)
    assert entry is not None
    assert [(line.account, line.amount_cents) for line in entry.lines] == [("processor-fees", 59), ("cash:card", -59)]
    assert processor_fee_entry(PAYMENT, 0, ON) is None


def test_a_deposit_before_its_remittance_waits_in_unapplied() -> None:
    for check, cash in ((True, "cash:check"), (False, "cash:eft")):
        entry = deposit_entry(b"d" * 16, 5_000, ON, check=check)
        assert [(line.account, line.amount_cents) for line in entry.lines] == [
            (cash, 5_000),
            ("unapplied:payer", -5_000),
        ]
        assert all(line.deposit_id == b"d" * 16 for line in entry.lines)


def test_a_credit_is_put_to_what_is_owed_and_no_more() -> None:
    entry = apply_credit_entry(PATIENT, 400, [owed(1, 500)], "k", ON)
    assert [(line.account, line.amount_cents) for line in entry.lines] == [
        ("unapplied:patient", 400),
        ("receivable:patient", -400),
    ]
    for amount, items in ((600, [owed(1, 500)]), (0, [owed(1, 500)]), (100, [])):
        with pytest.raises(ValueError, match="no more"):
            apply_credit_entry(PATIENT, amount, items, "k", ON)


def test_what_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        card_payment_entry(PAYMENT, PATIENT, 0, [], ON)
    with pytest.raises(ValueError, match="positive"):
        deposit_entry(b"d" * 16, 0, ON, check=True)
    with pytest.raises(ValueError, match="not negative"):
        processor_fee_entry(PAYMENT, -1, ON)

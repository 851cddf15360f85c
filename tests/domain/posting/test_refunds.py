from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.ledger import Entry
from portal.domain.posting.refunds import Cause, Put, credit_recalled_entry, taken_back_entry, taken_off

PATIENT, ON = b"p" * 16, date(2026, 8, 3)
CAUSE = Cause(kind="card-refund", key="card-refund:re_1", inputs={})


def put(*cents: int) -> list[Put]:
    """One charge a sum, each a day later than the one before."""
    first = date(2026, 5, 1)
    return [
        Put(b"%016d" % at, PATIENT, b"e" * 16, None, first + timedelta(days=at), each) for at, each in enumerate(cents)
    ]


PUTS = st.lists(st.integers(1, 5_000), max_size=4).map(lambda some: put(*some))


def entry(puts: list[Put], held: int, before: int, after: int, fee: int = 0) -> Entry | None:
    return taken_back_entry(
        CAUSE, PATIENT, puts, held_cents=held, before_cents=before, after_cents=after, posted_on=ON, fee_cents=fee
    )


@given(PUTS, st.integers(0, 3_000), st.lists(st.integers(0, 30_000), min_size=1, max_size=6))
def test_any_way_to_a_sum_leaves_the_same_books(puts: list[Put], held: int, sums: list[int]) -> None:
    books: dict[tuple[str, bytes | None], int] = {}
    for before, after in pairwise([0, *sums]):
        made = entry(puts, held, before, after)
        for line in made.lines if made else ():
            at = (line.account, line.charge_id)
            books[at] = books.get(at, 0) + line.amount_cents
    at_once = entry(puts, held, 0, sums[-1])
    straight = {(line.account, line.charge_id): line.amount_cents for line in (at_once.lines if at_once else ())}
    assert {at: cents for at, cents in books.items() if cents} == straight


@given(PUTS, st.integers(0, 3_000), st.integers(0, 30_000))
def test_no_charge_is_owed_more_than_was_put_to_it_while_the_payment_lasts(
    puts: list[Put], held: int, back: int
) -> None:
    credit, by_charge = taken_off(puts, held, back)
    assert credit + sum(by_charge.values()) == back
    if back <= held + sum(each.cents for each in puts):
        assert credit <= held
        assert all(by_charge.get(each.charge_id, 0) <= each.cents for each in puts)


def test_what_was_held_goes_first_and_then_the_newest_service() -> None:
    assert taken_off(put(500, 700), 100, 900) == (100, {b"%016d" % 1: 700, b"%016d" % 0: 100})
    assert taken_off(put(500, 700), 0, 1_300)[1] == {b"%016d" % 1: 800, b"%016d" % 0: 500}
    assert taken_off([], 100, 150) == (150, {})


def test_a_fee_alone_is_an_entry_and_nothing_is_none() -> None:
    made = entry(put(500), 0, 500, 500, fee=400)
    assert made is not None
    assert {(line.account, line.amount_cents) for line in made.lines} == {("processor-fees", 400), ("cash:card", -400)}
    assert entry(put(500), 0, 500, 500) is None
    with pytest.raises(ValueError, match="less than nothing"):
        entry(put(500), 0, 0, -1)


def test_a_credit_that_was_used_and_went_back_is_owed_again_newest_first() -> None:
    made = credit_recalled_entry(PATIENT, 600, put(500, 300), "card-refund:re_1", ON)
    assert made is not None
    assert [(line.account, line.amount_cents) for line in made.lines] == [
        ("receivable:patient", 300), ("receivable:patient", 300), ("unapplied:patient", -600),
    ]  # fmt: skip
    assert credit_recalled_entry(PATIENT, 600, [], "k", ON) is None

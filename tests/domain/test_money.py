from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import ZERO, Money, parse_cents, split, total

CENTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)


@given(CENTS, WEIGHTS)
def test_a_split_loses_no_cent_and_keeps_the_sign(cents: int, weights: list[int]) -> None:
    parts = split(Money(cents), weights)
    assert len(parts) == len(weights)
    assert total(parts) == Money(cents)
    assert all(part.cents * cents >= 0 for part in parts)


@given(CENTS, WEIGHTS)
def test_no_part_is_a_cent_or_more_away_from_its_due(cents: int, weights: list[int]) -> None:
    if any(weights):
        for part, weight in zip(split(Money(cents), weights), weights, strict=True):
            assert abs(part.cents * sum(weights) - cents * weight) < sum(weights)
            assert weight or not part


@given(CENTS, WEIGHTS)
def test_the_split_of_a_negative_is_the_negative_of_the_split(cents: int, weights: list[int]) -> None:
    assert split(Money(-cents), weights) == [-part for part in split(Money(cents), weights)]


def test_weights_of_nought_share_alike_and_ties_go_to_the_first() -> None:
    assert split(Money(5), [0, 0]) == [Money(3), Money(2)]
    assert split(Money(100), [1, 1, 1]) == [Money(34), Money(33), Money(33)]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_a_split_without_weights_or_with_a_negative_one_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(Money(1), weights)


@given(CENTS)
def test_what_is_written_plainly_reads_back(cents: int) -> None:
    assert parse_cents(Money(cents).plain()) == cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [("100", 10_000), ("100.0", 10_000), (".5", 50), ("-12.30", -1_230), ("0", 0), ("-0", 0), ("1.500", 150),
     ("+7.", 700)],
)  # fmt: skip
def test_amounts_in_all_their_spellings(text: str, cents: int) -> None:
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    "text", ["", " ", "1 ", "1,000", "1e3", "NaN", "inf", "1.005", "--1", "1.2.3", ".", "-", "\u0661", "9" * 20]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_cents(text)


@given(CENTS, CENTS)
def test_adding_and_taking_away_undo_each_other(one: int, other: int) -> None:
    assert Money(one) + Money(other) - Money(other) == Money(one)
    assert Money(one) + -Money(one) == ZERO
    assert bool(Money(one)) is (one != 0)


@pytest.mark.parametrize(("cents", "words"), [(0, "$0.00"), (-5, "-$0.05"), (123_456_789, "$1,234,567.89")])
def test_english_words(cents: int, words: str) -> None:
    assert str(Money(cents)) == words

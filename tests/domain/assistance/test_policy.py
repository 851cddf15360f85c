"""The arithmetic of help: guidelines, incomes, bands, and shares that lose no cent."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.assistance.incomes import (
    TIMES,
    Household,
    Income,
    dump,
    load,
    percent_of,
    read_incomes,
    read_size,
)
from portal.domain.assistance.levels import Level, newest, region_of
from portal.domain.assistance.policy import Assistance, Discounts, shares, spread
from portal.domain.errors import Refused
from portal.feeds.poverty import HEAD, read_levels, shipped

OPEN = st.dictionaries(st.integers(0, 40), st.integers(-50_000, 5_000_000), max_size=12)


@settings(max_examples=80)
@given(OPEN, st.integers(0, 100))
def test_a_discount_is_shared_without_loss_and_never_beyond_what_is_open(open_cents, percent):
    found = shares(open_cents, percent)
    owed = {charge: each for charge, each in open_cents.items() if each > 0}
    assert sum(found.values()) == -(-sum(owed.values()) * percent // 100)
    assert all(0 < cents <= owed[charge] for charge, cents in found.items())
    if percent == 100:
        assert found == owed


def test_more_than_is_open_cannot_be_taken_off():
    for cents in (-1, 501):
        with pytest.raises(ValueError, match="more is taken off"):
            spread({1: 500, 2: -300}, cents)


@settings(max_examples=80)
@given(st.integers(0, 10**10), st.integers(1, 10**8), st.integers(1, 1_000))
def test_a_band_is_met_exactly_up_to_its_percent(income, level, bound):
    assert (percent_of(income, level) <= bound) == (income * 100 <= bound * level)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(sorted(TIMES)), st.integers(1, 10**7)), max_size=6), st.integers(1, 30))
def test_a_year_is_the_sum_of_what_comes_when(incomes, size):
    made = Household(size, tuple(Income("wages", cents, period) for period, cents in incomes), not incomes)
    assert made.yearly_cents == sum(cents * TIMES[period] for period, cents in incomes)
    assert made.complete
    assert load(dump(made)) == made


def test_no_income_and_none_given_are_two_answers():
    assert not Household(2).complete
    assert Household(2, no_income=True).complete
    assert not Household(2, (Income("wages", 1, "year"),), no_income=True).complete
    assert not Household(0, no_income=True).complete


def test_guidelines_of_the_notice_of_2025():
    states, alaska, hawaii = (newest(shipped(), region, date(2026, 11, 22)) for region in ("US", "AK", "HI"))
    assert None not in (states, alaska, hawaii)
    assert [each.cents(1) for each in (states, alaska, hawaii)] == [1_565_000, 1_955_000, 1_799_000]
    assert [each.cents(4) for each in (states, alaska, hawaii)] == [3_215_000, 4_019_000, 3_698_000]
    assert [each.cents(10) - each.cents(8) for each in (states, alaska, hawaii)] == [1_100_000, 1_376_000, 1_266_000]
    assert newest(shipped(), "US", date(2024, 12, 31)) is None, "no guideline of a later year"
    assert [region_of(state) for state in ("or", "ak", "HI", "PR")] == ["US", "AK", "HI", "US"]
    with pytest.raises(ValueError, match="at least one"):
        states.cents(0)


def test_the_newest_year_that_has_begun_holds():
    newer = Level(2026, "US", tuple(range(16_000, 24_000, 1_000)), 1_000)
    both = (*shipped(), newer)
    assert newest(both, "US", date(2026, 1, 1)) is newer
    assert newest(both, "US", date(2025, 12, 31)).year == 2025


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-codes"),
        (",".join(HEAD), "no-codes"),
        ("year,state\n2026,US", "layout"),
        (",".join(HEAD) + "\n2026,US,1,2,3,4,5,6,7,x,1", "layout"),
        (",".join(HEAD) + "\n2026,TX,1,2,3,4,5,6,7,8,1", "layout"),
        (",".join(HEAD) + "\n2026,US,1,2,3,4,5,6,8,7,1", "layout"),
        (",".join(HEAD) + "\n2026,US,1,2,3,4,5,6,7,8,1\n2026,us,1,2,3,4,5,6,7,8,1", "layout"),
    ],
)
def test_a_list_that_is_none_is_refused(text, code):
    with pytest.raises(Refused) as refused:
        read_levels(enumerate(text.splitlines(), 1))
    assert refused.value.code == code


def test_bands_by_percent():
    rules = Assistance()
    assert [rules.discount(percent) for percent in (0, 200, 201, 300, 301, 400, 401)] == [100, 100, 50, 50, 25, 25, 0]
    assert rules.valid_until(date(2026, 8, 31)) == date(2027, 2, 27)
    assert rules.valid_until(date(2026, 8, 3)) == date(2027, 2, 2)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Assistance(bands=()), "bands"),
        (Assistance(bands=((300, 50), (200, 100))), "bands"),
        (Assistance(bands=((200, 50), (300, 100))), "bands"),
        (Assistance(bands=((200, 101),)), "bands"),
        (Assistance(valid_months=0), "valid_months"),
        (Assistance(papers=("passport",)), "form"),
        (Discounts(prompt_percent=51), "prompt_percent"),
        (Discounts(prompt_days=0), "prompt_days"),
        (Discounts(self_since="soon"), "self_since"),
        (Discounts(self_most_cents=-1), "form"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(rules, code):
    with pytest.raises(Refused) as refused:
        rules.check()
    assert refused.value.code == code


def test_discounts_are_capped_and_none_without_a_rule():
    Assistance().check()
    Discounts().check()
    assert (Discounts().prompt(10_000), Discounts().own(10_000)) == (0, 0)
    rules = Discounts(prompt_percent=10, prompt_most_cents=500, self_percent=30, self_since="2026-08-01")
    assert (rules.prompt(4_009), rules.prompt(90_000), rules.own(10_000)) == (400, 500, 3_000)
    assert rules.begins() == date(2026, 8, 1)


def test_what_is_typed():
    assert read_size(" 4 ") == 4
    assert read_incomes([("wages", "$1,250.50", "week"), ("pension", " ", "month"), ("other", "0", "year")]) == (
        Income("wages", 125_050, "week"),
    )
    for typed in ("", "0", "31", "-1", "two", "\uff14"):
        with pytest.raises(Refused):
            read_size(typed)
    for row in (("wages", "1.234", "week"), ("salary", "5", "week"), ("wages", "5", "day"), ("wages", "-5", "week")):
        with pytest.raises(Refused):
            read_incomes([row])

"""Narrowings of a queue read back from what an address or a filter holds; days within their limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import work
from portal.domain.errors import Refused
from portal.domain.work import SORTS, VIEWS, Narrowing, narrowing

TODAY = date(2026, 8, 3)
IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)
NARROWINGS = st.builds(
    Narrowing, st.sampled_from(sorted(VIEWS)), st.text("ABCZ019-", max_size=8), st.just("") | IDS, st.just("") | IDS,
    st.none() | st.integers(0, 3_650), st.none() | st.integers(0, 10**12), st.sampled_from(sorted(SORTS)),
)  # fmt: skip


@given(NARROWINGS)
@settings(max_examples=100)
def test_what_an_address_holds_reads_back(wanted: Narrowing):
    assert narrowing(wanted.pairs()) == wanted


@given(st.dictionaries(st.sampled_from(["view", "reason", "payer", "owner", "due", "over", "sort"]), st.text()))
@settings(max_examples=200)
def test_whatever_an_address_holds_gives_a_narrowing_that_stands_in_one(given_: dict[str, str]):
    found = narrowing(given_)
    assert narrowing(found.pairs()) == found
    assert "".join(found.pairs().values()).isprintable()
    assert found.view in VIEWS
    assert found.sort in SORTS


def test_what_no_database_takes_is_left_out():
    assert narrowing({"reason": "A\x007", "payer": "\x00" * 32}) == Narrowing(reason="A7")


def test_the_whole_queue_stands_in_no_address():
    assert Narrowing().pairs() == {}
    assert not Narrowing("mine", sort="amount").narrows
    assert Narrowing(reason="A7").narrows


@pytest.mark.parametrize("days", [1, work.MOST_DAYS_OFF])
def test_a_day_to_come_back(days: int):
    day = TODAY + timedelta(days=days)
    assert work.skip_until(day.isoformat(), TODAY) == day


@pytest.mark.parametrize("text", ["", "x", "2026-08-03", "2026-07-01", "2026-10-03", "2026-02-30", "0001-01-01"])
def test_no_day_to_come_back(text: str):
    with pytest.raises(Refused, match="skip-day"):
        work.skip_until(text, TODAY)


def test_a_due_day_lies_between_today_and_a_year_on():
    assert work.new_due("2026-08-03", TODAY) == TODAY
    for text in ("2026-08-02", "2027-08-05", ""):
        with pytest.raises(Refused, match="due-day"):
            work.new_due(text, TODAY)

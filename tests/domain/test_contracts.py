"""Laws of limits: what a last day runs from, that it never moves the wrong way, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import contracts
from portal.domain.contracts import Dated, Filing, Terms, appeal_limit, assumed, filing_limit, medicare_limit
from portal.domain.dates import add_year, federal_holidays

DAYS = st.dates(date(2015, 1, 1), date(2040, 12, 31))
COUNTS = st.integers(1, contracts.MOST_DAYS)
TERMS = st.builds(
    Terms,
    COUNTS,
    st.sampled_from(["service", "discharge"]),
    st.none() | COUNTS,
    st.none() | COUNTS,
    st.none() | COUNTS,
    st.sampled_from(["contract", "payer", "assumed"]),
)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2025, 5, 6), date(2026, 5, 6)),
        (date(2025, 5, 2), date(2026, 5, 4)),  # 2 May 2026 is a Saturday
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2025, 5, 23), date(2026, 5, 26)),  # a Saturday, a Sunday, Memorial Day
        (date(2025, 7, 4), date(2026, 7, 6)),  # a Saturday
        (date(2025, 12, 25), date(2026, 12, 28)),  # Christmas, then a weekend
    ],
)
def test_medicare_gives_a_calendar_year_and_moves_past_days_of_rest(day: date, last: date) -> None:
    assert medicare_limit(day) == last


def test_the_federal_holidays_of_two_years() -> None:
    assert sorted(federal_holidays(2026)) == [
        date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 5, 25), date(2026, 6, 19),
        date(2026, 7, 3), date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26),
        date(2026, 12, 25),
    ]  # fmt: skip
    assert date(2021, 12, 31) in federal_holidays(2021), "New Year's Day of 2022 was a Saturday"
    assert date(2020, 6, 19) not in federal_holidays(2020)


@settings(max_examples=60)
@given(DAYS, TERMS, st.sampled_from(["1", "7"]), st.sampled_from(["P", "S"]), st.none() | DAYS)
def test_medicares_limit_is_a_workday_near_the_year_whatever_a_contract_says(
    day: date, terms: Terms, frequency: str, rank: str, answered: date | None
) -> None:
    about = Filing(day, day, "MB", rank, frequency, answered, answered)
    limit = filing_limit(about, terms)
    assert limit.known
    assert limit.last == medicare_limit(day)
    assert limit.last.weekday() < 5
    assert limit.last not in federal_holidays(limit.last.year)
    assert timedelta() <= limit.last - add_year(day) <= timedelta(days=5)


@settings(max_examples=60)
@given(DAYS, DAYS, st.integers(0, 30), TERMS, COUNTS)
def test_a_limit_runs_from_where_the_contract_says(
    day: date, answered: date, stay: int, terms: Terms, days: int
) -> None:
    discharge = day + timedelta(days=stay)
    start = discharge if terms.filing_from == "discharge" else day
    first = Filing(day, discharge, "CI", earlier_answered=answered, answered=answered)
    assert filing_limit(first, terms).last == start + timedelta(days=terms.filing_days)
    assert filing_limit(first, terms).known == (terms.source != "assumed")
    second, plain = replace(first, rank="S"), replace(terms, secondary_days=None)
    assert filing_limit(second, replace(terms, secondary_days=days)).last == answered + timedelta(days=days)
    assert filing_limit(second, plain).last == answered + timedelta(days=terms.filing_days)
    assert filing_limit(replace(second, earlier_answered=None), plain).last == start + timedelta(days=terms.filing_days)
    again = replace(first, frequency="7")
    assert filing_limit(again, replace(terms, replacement_days=days)).last == answered + timedelta(days=days)
    untold = filing_limit(again, replace(terms, replacement_days=None))
    assert (untold.last, untold.known) == (start + timedelta(days=terms.filing_days), False)


@settings(max_examples=40)
@given(DAYS, TERMS, COUNTS)
def test_more_days_never_end_sooner(day: date, terms: Terms, more: int) -> None:
    longer = replace(
        terms, filing_days=min(terms.filing_days + more, 3000), appeal_days=(terms.appeal_days or 60) + more
    )
    about = Filing(day, day, "CI")
    assert filing_limit(about, longer).last >= filing_limit(about, terms).last
    assert appeal_limit(day, longer).last >= appeal_limit(day, terms).last


def test_an_appeal_runs_from_the_remittance() -> None:
    day = date(2026, 3, 2)
    assert appeal_limit(day, Terms(90, appeal_days=180)).last == date(2026, 8, 29)
    assert appeal_limit(day, assumed(), "MB").last == date(2026, 6, 30)
    assert not appeal_limit(day, assumed()).known
    assert appeal_limit(day, assumed(), "CI").last == day + timedelta(days=contracts.ASSUMED_APPEAL_DAYS)


@settings(max_examples=60)
@given(
    st.lists(st.builds(Dated, DAYS, st.none() | DAYS, TERMS), max_size=5, unique_by=lambda one: one.valid_from), DAYS
)
def test_the_terms_of_a_day_are_of_the_contract_that_began_last(some: list[Dated], day: date) -> None:
    found = contracts.on(some, day)
    holding = [one for one in some if one.valid_from <= day <= (one.valid_to or day)]
    assert (found is None) == (not holding)
    if holding:
        assert found == max(holding, key=lambda one: one.valid_from).terms
        assert contracts.on(list(reversed(some)), day) == found


@pytest.mark.parametrize(
    ("left", "filed", "appealed"),
    [
        (12, "File by 2026-03-14: 12 days left.", "Appeal by 2026-03-14: 12 days left."),
        (1, "File by 2026-03-14: 1 day left.", "Appeal by 2026-03-14: 1 day left."),
        (0, "File by 2026-03-14: today is the last day.", "Appeal by 2026-03-14: today is the last day."),
        (-1, "The limit passed on 2026-03-14, 1 day ago.", "The time to appeal ended on 2026-03-14, 1 day ago."),
    ],
)
def test_limits_are_said_plainly(left: int, filed: str, appealed: str) -> None:
    last = date(2026, 3, 14)
    today = last - timedelta(days=left)
    assert (str(contracts.file_by(last, today)), str(contracts.appeal_by(last, today))) == (filed, appealed)

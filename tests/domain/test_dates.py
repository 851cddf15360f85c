from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.dates import add_year, instant_text, next_workday, parse_x12_date, today, x12_date


@given(st.dates())
def test_a_day_reads_back_from_x12(day: date) -> None:
    assert parse_x12_date(x12_date(day)) == day


@pytest.mark.parametrize("text", ["", "2026050", "202605055", "20260230", "2026-5-5", "٢٠٢٦٠٥٠٥", "00000101"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_x12_date(text)


def test_the_day_is_the_practices() -> None:
    instant = datetime(2026, 6, 1, 3, 30, tzinfo=UTC)
    assert today(instant, "America/Chicago") == date(2026, 5, 31)
    assert today(instant, "UTC") == date(2026, 6, 1)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    east = datetime(2026, 6, 1, 3, 30, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    assert instant_text(east) == "2026-06-01T01:30:00.000007Z"
    with pytest.raises(ValueError, match="naive"):
        instant_text(datetime(2026, 6, 1))  # noqa: DTZ001 - a naive instant is what must be refused


@given(st.dates(max_value=date(9998, 12, 31)))
def test_a_year_on_is_365_or_366_days_on(day: date) -> None:
    assert (add_year(day) - day).days in {365, 366}


def test_the_29th_of_february_counts_to_the_28th() -> None:
    assert add_year(date(2024, 2, 29)) == date(2025, 2, 28)


@given(st.dates(max_value=date(9999, 12, 20)))
def test_the_next_workday_is_no_weekend_and_at_most_two_days_off(day: date) -> None:
    found = next_workday(day)
    assert found.weekday() < 5
    assert 0 <= (found - day).days <= 2

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.payers import filing_deadline


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2025, 5, 6), date(2026, 5, 6)),
        (date(2025, 5, 2), date(2026, 5, 4)),  # 2 May 2026 is a Saturday
        (date(2024, 2, 29), date(2025, 2, 28)),
    ],
)
def test_medicare_gives_a_calendar_year(day: date, last: date) -> None:
    assert filing_deadline(day, "MB", 90) == last


def test_a_federal_holiday_moves_medicares_limit_on() -> None:
    holiday = date(2026, 5, 25)
    assert filing_deadline(date(2025, 5, 23), "MB", None, {holiday}) == date(2026, 5, 26)
    assert filing_deadline(date(2025, 5, 23), "MB", None) == holiday


def test_others_give_days_by_contract_or_none_known() -> None:
    assert filing_deadline(date(2026, 1, 1), "CI", 90, {date(2026, 4, 1)}) == date(2026, 4, 1)
    assert filing_deadline(date(2026, 1, 1), "CI", None) is None

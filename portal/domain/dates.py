"""Days, instants and deadlines: instants are UTC, days are the practice's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

_SATURDAY = 5


class Clock(Protocol):
    """Something that tells the time; a part, handed in."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


def today(instant: datetime, time_zone: str) -> date:
    """The calendar day at an instant in an IANA time zone such as America/Chicago."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def instant_text(instant: datetime) -> str:
    """An instant as YYYY-MM-DDTHH:MM:SS.ffffffZ (SECURITY 2.7); raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("a naive instant has no place here")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_x12_date(text: str) -> date:
    """A D8 date CCYYMMDD; raises ValueError for anything that is not a real day."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        raise ValueError(f"not a date CCYYMMDD: {text!r}")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def x12_date(day: date) -> str:
    """A day as D8, CCYYMMDD."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def add_year(day: date) -> date:
    """The same calendar day a year on; 29 February goes to 28 February (Medicare timely filing, 42 CFR 424.44)."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def next_workday(day: date) -> date:
    """The day itself, or the Monday after a weekend; federal holidays are the caller's data."""
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The federal holidays kept in a year, on the day on which they are kept (5 U.S.C. 6103; Juneteenth since 2021).

    One on a Saturday is kept on the Friday before, one on a Sunday on the Monday after; New Year's Day of the next year
    may so be kept in this one.
    """
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= _JUNETEENTH_SINCE:
        fixed.append(date(year, 6, 19))
    if year < date.max.year:
        fixed.append(date(year + 1, 1, 1))
    third_monday_january, third_monday_february = _nth(year, 1, 0, 3), _nth(year, 2, 0, 3)
    last_monday_may = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    moving = [
        third_monday_january, third_monday_february, last_monday_may, _nth(year, 9, 0, 1), _nth(year, 10, 0, 2),
        _nth(year, 11, 3, 4),
    ]  # fmt: skip
    kept = {_kept(day) for day in fixed} | set(moving)
    return frozenset(day for day in kept if day.year == year)


_JUNETEENTH_SINCE = 2021


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month, Monday being 0."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _kept(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() > _SATURDAY else day

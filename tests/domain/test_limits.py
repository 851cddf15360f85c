"""Visits and days are counted by the days they were on: two lines of one day once, and never more than was granted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import limits
from portal.domain.eligibility import Limit
from portal.domain.granting import BilledService, GrantedCare, GrantedLine, reckoned, take
from portal.domain.limits import Cap, Span, Taken, filled, fits, left, left_in_words, read, used_up, words, written

FIRST = date(2026, 8, 5)
"""A Wednesday."""
PERIODS = ("whole", "day", "week", "month", "year", "calendar-year")
CAPS = st.builds(Cap, st.sampled_from(["visits", "days"]), st.integers(1, 4), st.sampled_from(PERIODS),
                 st.integers(1, 3))  # fmt: skip
SERVICES = st.lists(
    st.builds(
        lambda key, start, long, units: BilledService(
            key, "G0270", (), units, FIRST + timedelta(start), FIRST + timedelta(start + long)
        ),
        st.uuids().map(str), st.integers(0, 40), st.integers(0, 2), st.integers(1, 3_000),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def limit(text: str) -> Limit:
    """A limit as a file writes it, such as VS*12*WK*3*34*1."""
    kind, quantity, unit, rate, period, periods = [*text.split("*"), *[""] * 6][:6]
    number = [Decimal(part) if part else None for part in (quantity, rate, periods)]
    return Limit(kind, number[0], unit, number[1], period, number[2])


def care(*caps: Cap, together: tuple[Cap, ...] = (), last: date | None = None, units: int | None = None) -> GrantedCare:
    line = GrantedLine(b"1", "G0270", (), units, caps=caps)
    return GrantedCare(b"c", "APPROVED", "A1", FIRST, last, (line,), together)


def taken(day: int, key: str = "", long: int = 0, stay: Span | None = None) -> Taken:
    on = FIRST + timedelta(day)
    return Taken(b"1", key or str(day), 1_000, Span(on, on + timedelta(long)), stay)


@given(st.lists(CAPS, min_size=1, max_size=2), SERVICES)
def test_no_period_is_ever_overdrawn_and_what_is_given_back_can_be_taken_again(caps, services):
    start = care(*caps, together=tuple(caps[1:]))
    found = take(start, services)
    for cap in caps:
        assert all(amount <= cap.amount for amount in filled(cap, found, FIRST).values())
    after = start.with_more(found)
    assert take(after, services)[: len(found)] == tuple(one for one in found), "a day that is counted costs nothing"
    assert take(start, services) == found


@given(CAPS, st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(1, 3))
def test_lines_of_one_day_count_once_however_many_there_are(cap, days, lines):
    once = [taken(day) for day in days]
    often = [taken(day, f"{day}-{n}") for day in days for n in range(lines)]
    assert filled(cap, once, FIRST) == filled(cap, often, FIRST)
    assert all(fits(cap, often, one, FIRST) for one in often), "a day that is counted costs nothing"
    assert sum(filled(cap, often, FIRST).values()) == len(set(days))


@pytest.mark.parametrize(
    ("text", "caps", "said"),
    [
        ("VS*10", [Cap("visits", 10)], "10 visits in all"),
        ("VS*1***29", [Cap("visits", 1)], "1 visit in all"),
        ("VS*2***34", [Cap("visits", 2, "month")], "2 visits a month"),
        ("VS*1***34*6", [Cap("visits", 1, "month", 6)], "1 visit every 6 months"),
        ("VS*30***22", [Cap("visits", 30, "year")], "30 visits a year"),
        ("DY*35***23", [Cap("days", 35, "calendar-year")], "35 days a calendar year"),
        ("DY*5", [Cap("days", 5)], "5 days in all"),
        ("FL*1.5***7", [Cap("units", 1_500, "day")], "1.5 units a day"),
        ("VS*12*WK*3*34*1", [Cap("visits", 12, "month"), Cap("visits", 3, "week")],
         "12 visits a month, at most 3 visits a week"),
    ],
)  # fmt: skip
def test_what_payers_write_is_read_and_said_in_plain_words(text: str, caps: list[Cap], said: str):
    found = read(limit(text))
    assert (list(found.caps), found.counted) == (caps, True)
    assert str(words(limit(text))) == said
    assert limits.kept(limits.keep(limit(text))) == limit(text)


@pytest.mark.parametrize(
    "text",
    [
        "HS*10",
        "MN*2",
        "VS*40*WK",
        "VS*10*Q1*2",
        "VS*3***32",
        "VS*3***29*2",
        "VS*2.5",
        "VS*0",
        "",
        "**WK*1",
        "VS*9999999",
    ],
)
def test_what_cannot_be_counted_is_said_as_it_was_written(text: str):
    assert not read(limit(text)).counted
    assert str(words(limit(text))) == f"“{written(limit(text))}”"
    assert written(limit(text)) == f"HSD*{text}".rstrip("*")


def test_weeks_begin_on_sunday_months_on_their_first_and_other_times_with_the_approval():
    week, month, year = Cap("visits", 1, "week"), Cap("visits", 1, "month"), Cap("visits", 1, "year")
    assert not fits(week, [taken(0)], taken(3), FIRST), "Wednesday and Saturday"
    assert fits(week, [taken(0)], taken(4), FIRST), "the Sunday after"
    assert not fits(month, [taken(0)], taken(26), FIRST)
    assert fits(month, [taken(0)], taken(27), FIRST), "1 September"
    assert not fits(year, [taken(0)], taken(364), FIRST)
    assert fits(year, [taken(0)], taken(365), FIRST)
    assert fits(Cap("visits", 1, "calendar-year"), [taken(0)], taken(149), FIRST), "1 January"
    six = Cap("visits", 1, "month", 6)
    assert not fits(six, [taken(0)], taken(160), FIRST)
    assert fits(six, [taken(0)], taken(180), FIRST), "1 February"


def test_days_are_those_of_the_stay_and_visits_those_of_the_service():
    stay = Span(FIRST, FIRST + timedelta(4))
    surgery = taken(1, stay=stay)
    assert filled(Cap("days", 5), [surgery, taken(3, stay=stay)], FIRST) == {0: 5}
    assert filled(Cap("visits", 5), [surgery, taken(3, stay=stay)], FIRST) == {0: 2}
    assert take(care(Cap("days", 4)), [BilledService("1", "G0270", (), 1_000, FIRST, FIRST, stay=stay)]) == ()


def test_units_and_visits_both_hold_where_both_stand():
    visits = [BilledService(str(n), "G0270", (), 1_000, FIRST + timedelta(n), FIRST + timedelta(n)) for n in range(4)]
    assert len(take(care(Cap("visits", 3), units=2_000), visits)) == 2
    assert len(take(care(Cap("visits", 2), units=9_000), visits)) == 2
    assert len(take(care(Cap("visits", 9), together=(Cap("visits", 1),)), visits)) == 1


def test_it_is_used_up_when_no_day_has_anything_left_and_says_what_is_left():
    last = FIRST + timedelta(10)
    weekly = Cap("visits", 1, "week")
    two = care(weekly, last=last).with_more([taken(0), taken(5)])
    assert reckoned("APPROVED", two, FIRST) == "EXHAUSTED"
    assert reckoned("APPROVED", care(weekly, last=last).with_more([taken(0)]), FIRST) == "IN_USE"
    assert not used_up(weekly, two.lines[0].spent, FIRST, None), "without an end there is always another week"
    ten = Cap("visits", 10)
    assert left(ten, two.lines[0].spent, FIRST, FIRST) == 8
    assert str(left_in_words(ten, two.lines[0].spent, FIRST, FIRST)) == "8 of 10 visits left"
    assert str(left_in_words(weekly, two.lines[0].spent, FIRST, FIRST)) == "0 of 1 visit left this week"
    every = Cap("visits", 3, "week", 2)
    assert str(left_in_words(every, [taken(0)], FIRST, FIRST)) == "2 of 3 visits left in these 2 weeks"
    assert reckoned("APPROVED", care(together=(Cap("visits", 1),)).with_more([taken(0)]), FIRST) == "EXHAUSTED"

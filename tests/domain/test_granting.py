"""What was granted is never overdrawn, is counted exactly, and stands where its units and days put it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.granting import (
    LIFE,
    STANDING,
    AuthorizationFacts,
    BilledService,
    GrantedCare,
    GrantedLine,
    answer_due,
    choose,
    obstacle,
    reckoned,
    take,
    warning,
)
from portal.domain.limits import Cap, Span, Taken

DAY = date(2026, 8, 3)
CODES = st.sampled_from(["G0438", "J1885", "A4550"])
CAPS = st.builds(
    Cap, st.sampled_from(["visits", "days"]), st.integers(1, 3),
    st.sampled_from(["whole", "day", "week", "month", "year", "calendar-year"]), st.integers(1, 2),
)  # fmt: skip


def granted(id_: bytes, code: str, most: int | None, used: int, *caps: Cap) -> GrantedLine:
    spent = (Taken(id_, "before", used, Span(DAY, DAY)),) if used else ()
    return GrantedLine(id_, code, (), most, spent, tuple(caps))


LINES = st.lists(
    st.builds(granted, st.binary(min_size=4, max_size=4), CODES, st.one_of(st.none(), st.integers(0, 9_000)),
              st.integers(0, 12_000)),
    min_size=1, max_size=4, unique_by=lambda line: line.id,
)  # fmt: skip
CARES = st.builds(
    GrantedCare, st.binary(min_size=4, max_size=4), st.just("APPROVED"), st.just("A1"),
    st.sampled_from([None, DAY, DAY + timedelta(days=1)]), st.sampled_from([None, DAY, DAY + timedelta(days=9)]),
    LINES.map(tuple),
)  # fmt: skip
SERVICES = st.lists(
    st.builds(BilledService, st.uuids().map(str), CODES, st.just(()), st.integers(1, 5_000), st.just(DAY),
              st.just(DAY), st.booleans()),
    min_size=1, max_size=5,
)  # fmt: skip


@given(CARES, SERVICES)
def test_what_is_taken_is_never_more_than_was_left_and_all_of_a_service_or_none(care, services):
    taken = take(care, services)
    for line in care.lines:
        spent = sum(one.units for one in taken if one.line_id == line.id)
        assert line.left is None or 0 <= spent <= line.left
    units = {one.key: one.units for one in services}
    assert all(one.units == units[one.key] for one in taken)
    assert len({one.key for one in taken}) == len(taken)
    assert not taken or care.holds(DAY, DAY)


@given(CARES, SERVICES)
def test_what_was_taken_is_gone_and_given_back_it_is_there_again(care, services):
    taken = take(care, services)
    gone = care.with_more(taken)
    for line, after in zip(care.lines, gone.lines, strict=True):
        spent = sum(one.units for one in taken if one.line_id == line.id)
        assert replace(after, spent=tuple(one for one in after.spent if one not in taken)) == line
        if line.left is not None and line.granted is not None and line.used <= line.granted:
            assert after.left == line.left - spent


@given(st.lists(CARES, min_size=1, max_size=3), SERVICES)
def test_the_chosen_one_covers_as_much_of_what_is_needed_as_any(cares, services):
    needed = {one.key for one in services if one.needed}
    met = [len({one.key for one in take(care, services)} & needed) for care in cares]
    try:
        _, taken = choose(cares, services)
    except ValueError:
        assert not any(take(care, services) for care in cares)
        return
    assert len({one.key for one in taken} & needed) == max(met)


@given(LINES, st.sampled_from([None, DAY - timedelta(days=1), DAY, DAY + timedelta(days=20)]))
def test_it_stands_where_units_and_days_put_it_and_the_table_has_the_way(lines, last):
    state = reckoned("PARTIAL", GrantedCare(b"1", "APPROVED", "", None, last, tuple(lines)), DAY)
    assert (state == "EXHAUSTED") == all(line.left == 0 for line in lines)
    assert state != "EXPIRED" or (last is not None and last < DAY)
    for frm in STANDING:
        if frm != state:
            assert LIFE.permit(frm, state, AuthorizationFacts(reckoned=state)).who == "system"


@pytest.mark.parametrize(
    ("days", "state", "told"),
    [(14, "APPROVED", "expiring"), (15, "APPROVED", ""), (0, "IN_USE", "expiring"), (-1, "EXPIRED", ""),
     (5, "EXHAUSTED", "exhausted"), (5, "DENIED", "")],
)  # fmt: skip
def test_somebody_is_told_two_weeks_before_the_end_and_when_nothing_is_left(days: int, state: str, told: str):
    assert warning(state, DAY + timedelta(days=days), DAY) == told
    assert warning(state, None, DAY) == ("exhausted" if state == "EXHAUSTED" else "")


@pytest.mark.parametrize(
    ("asked", "urgency", "due"),
    [
        (datetime(2026, 8, 3, 14, tzinfo=UTC), "standard", date(2026, 8, 10)),
        (datetime(2026, 8, 3, 14, tzinfo=UTC), "expedited", date(2026, 8, 6)),
        (datetime(2026, 8, 4, 2, tzinfo=UTC), "expedited", date(2026, 8, 6)),  # still the evening before, over there
        (datetime(2025, 8, 4, 14, tzinfo=UTC), "standard", date(2025, 8, 18)),
        (datetime(2026, 1, 1, 7, 59, tzinfo=UTC), "standard", date(2026, 1, 14)),  # still 2025 over there
    ],
)  # fmt: skip
def test_a_payer_has_three_days_or_seven_and_before_2026_fourteen(asked: datetime, urgency: str, due: date):
    assert answer_due(urgency, asked, "America/Los_Angeles") == due


def test_every_reason_why_a_service_is_not_covered_is_told_apart():
    one = BilledService("L1", "G0438", (), 2_000, DAY, DAY, needed=True)
    line = GrantedLine(b"1", "G0438", (), 1_000)
    held = GrantedCare(b"1", "APPROVED", "", DAY, DAY, (line,))
    later = GrantedCare(b"2", "APPROVED", "", DAY + timedelta(days=1), None, (line,))
    other = GrantedCare(b"3", "APPROVED", "", None, None, (GrantedLine(b"3", "G0438", (), None),))
    assert obstacle([held], {}, one) == "units"
    assert obstacle([later], {}, one) == "dates"
    assert obstacle([other], {}, one) == "elsewhere"
    assert obstacle([], {"PENDED": {"G0438"}}, one) == "asked"
    assert obstacle([], {"DENIED": {"G0438"}}, one) == "denied"
    assert obstacle([], {"DENIED": {"J1885"}}, one) == "missing"


def test_an_approval_needs_a_number_and_a_denial_a_reason():
    with pytest.raises(Exception, match="guard:number"):
        LIFE.permit("SUBMITTED", "APPROVED", AuthorizationFacts())
    with pytest.raises(Exception, match="guard:denial-reason"):
        LIFE.permit("PENDED", "DENIED", AuthorizationFacts())
    with pytest.raises(Exception, match="guard:unused"):
        LIFE.permit("APPROVED", "CANCELLED", AuthorizationFacts(used=True), reason="not-planned")
    assert not LIFE.allows("IN_USE", "CANCELLED")

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.users import (
    LONGEST_WAIT,
    STRICT_LIMITS,
    USUAL_LIMITS,
    SessionLimits,
    is_disabled,
    next_try_at,
    session_end,
    session_limits,
    wait_after,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_waiting_begins_with_the_fifth_failure() -> None:
    assert [wait_after(n) for n in range(5)] == [timedelta(0)] * 5
    assert wait_after(5) == timedelta(seconds=15)
    assert wait_after(6) == timedelta(seconds=30)
    assert next_try_at(4, NOW) is None
    assert next_try_at(0, None) is None
    assert next_try_at(5, NOW) == NOW + timedelta(seconds=15)


@given(st.integers(0, 10_000))
def test_more_failures_never_wait_less_and_never_more_than_the_longest(failures: int) -> None:
    assert wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT


def test_the_fiftieth_failure_disables() -> None:
    assert not is_disabled(49)
    assert is_disabled(50)
    assert is_disabled(51)


@pytest.mark.parametrize(
    ("roles", "minutes", "hours"),
    [(["coder"], 15, 12), (["patient"], 15, 12), (["administrator"], 10, 8), (["coder", "compliance-officer"], 10, 8),
     ([], 15, 12)],
)  # fmt: skip
def test_the_strictest_role_sets_the_limits(roles: list[str], minutes: int, hours: int) -> None:
    limits = session_limits(roles)
    assert (limits.idle, limits.absolute) == (timedelta(minutes=minutes), timedelta(hours=hours))


@pytest.mark.parametrize("limits", [USUAL_LIMITS, STRICT_LIMITS])
def test_a_session_lasts_to_its_very_limit_and_not_a_second_more(limits: SessionLimits) -> None:
    idle_end, last = NOW + limits.idle, NOW + limits.absolute
    assert session_end(limits, NOW, NOW, idle_end) is None
    assert session_end(limits, NOW, NOW, idle_end + SECOND) == "idle"
    assert session_end(limits, NOW, last, last) is None
    assert session_end(limits, NOW, last, last + SECOND) == "absolute"

"""Holds and cycles: what stands on a day, which reason names the state, what no practice means."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.domain.statements import holds
from portal.domain.statements.cycle import Cycle
from portal.domain.statements.holds import KINDS, STATES, Hold, weightiest
from portal.domain.statements.life import SIDES

DAY = date(2026, 11, 2)


def test_every_kind_puts_a_bill_into_a_side_state():
    assert set(STATES) == set(KINDS)
    assert set(STATES.values()) <= set(SIDES)
    assert set(holds.BY_HAND) | holds.BARS_COLLECTION <= set(KINDS)


@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=5))
def test_the_weightiest_names_the_state_whatever_the_order(kinds: list[str]):
    standing = tuple(Hold(kind, DAY + timedelta(days=n)) for n, kind in enumerate(kinds))
    found = weightiest(standing)
    assert found == weightiest(standing[::-1])
    assert (found is None) == (not kinds)
    assert found is None or all(list(KINDS).index(found.kind) <= list(KINDS).index(kind) for kind in kinds)


def test_a_hold_stands_through_its_last_day():
    promise = Hold("PROMISED", DAY, DAY + timedelta(days=2))
    assert [promise.stands(DAY + timedelta(days=n)) for n in (0, 2, 3)] == [True, True, False]
    assert Hold("DISPUTED", DAY).stands(date(2036, 1, 1))
    with pytest.raises(ValueError, match="no such hold"):
        Hold("TIRED", DAY)


@pytest.mark.parametrize(
    "wrong", [{"cycle_days": 6}, {"due_days": 91}, {"least_cents": -1}, {"weekdays": (7,)}, {"weekdays": (1, 1)}]
)
def test_what_no_practice_means_is_refused(wrong: dict[str, Any]):
    with pytest.raises(Refused):
        Cycle(**wrong)


def test_a_cycle_says_its_days():
    cycle = Cycle(cycle_days=30, weekdays=(0,))
    assert cycle.next_on(DAY) == date(2026, 12, 2)
    assert (cycle.writes_on(DAY), cycle.writes_on(DAY + timedelta(days=1))) == (True, False)

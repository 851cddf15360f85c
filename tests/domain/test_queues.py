from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import claims, denials, encounters, granting, payment_plans, people
from portal.domain.assistance.life import LIFE as ASSISTANCE
from portal.domain.lifecycle import Lifecycle
from portal.domain.messages.life import LIFE as CONVERSATIONS
from portal.domain.posting.remittances import CaseKind
from portal.domain.queues import CASE_QUEUES, QUEUES, days_left, due_on, priority, queue_of
from portal.domain.statements import life as statements

LIVES: dict[str, Lifecycle[Any]] = {
    life.name: life
    for life in (
        encounters.LIFE,
        claims.LIFE,
        denials.LIFE,
        granting.LIFE,
        statements.LIFE,
        people.CONTACT_LIFE,
        CONVERSATIONS,
    )
}
SHARED: dict[str, Lifecycle[Any]] = {payment_plans.LIFE.name: payment_plans.LIFE, ASSISTANCE.name: ASSISTANCE}
"""Of these, a queue also shows its workers what waits for a manager, or what has failed and is talked about."""


def test_a_state_lies_in_one_queue_and_is_a_state() -> None:
    feeds = [feed for queue in QUEUES.values() for feed in queue.feeds]
    assert len(feeds) == len(set(feeds))
    for life, state in feeds:
        assert state in (LIVES | SHARED)[life].words


@pytest.mark.parametrize("life", LIVES)
def test_whoever_works_a_queue_may_take_a_move_out_of_it(life: str) -> None:
    for queue in QUEUES.values():
        for name, state in queue.feeds:
            if name == life:
                assert queue.permission in {move.permission for move in LIVES[life].onward(state)}


def test_every_case_of_a_remittance_has_its_queue() -> None:
    assert set(CASE_QUEUES) == set(get_args(CaseKind))
    assert set(CASE_QUEUES.values()) <= set(QUEUES)


def test_nobody_has_to_work_what_is_with_the_payer() -> None:
    assert queue_of("claim", "SUBMITTED") is None
    found = queue_of("claim", "REJECTED")
    assert found is not None
    assert found.name == "rejected-claims"


@given(st.integers(0, 10**16), st.integers(-30, 14), st.integers(15, 400) | st.none())
def test_what_is_pressing_outranks_every_value(value: int, soon: int, late: int | None) -> None:
    assert priority(0, soon) > priority(value, late)


@given(st.integers(-(10**6), 10**16), st.integers(-30, 400))
def test_more_money_or_fewer_days_never_rank_lower(value: int, left: int) -> None:
    assert 0 <= priority(value, left) < 2**53
    assert priority(value + 1, left) >= priority(value, left)
    assert priority(value, left - 1) >= priority(value, left)


@given(st.sampled_from(sorted(QUEUES)), st.dates(date(2025, 1, 1), date(2027, 1, 1)))
def test_an_item_is_due_on_a_workday_after_its_workdays(name: str, day: date) -> None:
    queue = QUEUES[name]
    due = due_on(queue, day)
    assert due.weekday() < 5
    assert due >= day
    workdays = sum((day + timedelta(days=at)).weekday() < 5 for at in range(1, (due - day).days + 1))
    assert workdays == queue.days + (day.weekday() >= 5)


def test_an_item_is_never_due_after_its_limit() -> None:
    friday, monday = date(2026, 6, 5), date(2026, 6, 8)
    assert due_on(QUEUES["claims"], friday) == monday
    assert due_on(QUEUES["claims"], friday, date(2026, 6, 6)) == date(2026, 6, 6)
    assert days_left(date(2026, 6, 6), monday) == -2
    assert days_left(None, monday) is None

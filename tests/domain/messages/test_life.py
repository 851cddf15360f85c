"""Laws of a conversation's life: whoever may close it does so for a reason that fits, and nothing else ends it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.domain.messages.life import (
    ANSWERED,
    CLOSED_WORDS,
    CLOSINGS,
    KINDS,
    LIFE,
    OFFICE,
    PATIENT,
    QUESTION,
    REOPENED_DAYS,
    TASK,
    WITHDRAWN,
    Answering,
    ConversationFacts,
)

REASONS = sorted(CLOSED_WORDS)


def turned_down(frm: str, to: str, facts: ConversationFacts, reason: str = "") -> str | None:
    """The code of a move's refusal; None for one that is allowed."""
    try:
        LIFE.permit(frm, to, facts, reason=reason)
    except Refused as refused:
        return refused.code
    return None


@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from((PATIENT, OFFICE)),
    st.sampled_from(REASONS),
    st.booleans(),
    st.sampled_from(("WITH_OFFICE", "WITH_PATIENT")),
)
def test_only_a_reason_of_its_own_closes_one(kind, side, reason, answered, frm):
    facts = ConversationFacts(side, kind, reason, answered=answered)
    if side == PATIENT:
        fits = reason == (ANSWERED if kind == TASK else WITHDRAWN)
    else:
        fits = reason in CLOSINGS[kind] and (kind != QUESTION or answered or reason == WITHDRAWN)
    assert turned_down(frm, "CLOSED", facts, reason) == (None if fits else "guard:closing")


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 90))
def test_a_closed_one_goes_on_for_thirty_days_and_a_task_never(kind, days):
    goes_on = kind != TASK and days <= REOPENED_DAYS
    for side, to in ((PATIENT, "WITH_OFFICE"), (OFFICE, "WITH_PATIENT")):
        facts = ConversationFacts(side, kind, days_closed=days)
        assert turned_down("CLOSED", to, facts) == (None if goes_on else "guard:reopening")


def test_it_is_closed_by_nobody_without_a_reason():
    with pytest.raises(Refused) as refused:
        LIFE.permit("WITH_OFFICE", "CLOSED", ConversationFacts(OFFICE, "message"))
    assert refused.value.code == "reason-missing"


@settings(max_examples=50)
@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 30))
def test_an_answer_is_promised_for_so_many_workdays_on(today, workdays):
    day = Answering(answer_workdays=workdays).answer_by(today)
    between = [today + timedelta(days=n) for n in range(1, (day - today).days + 1)]
    weekend = today.weekday() >= 5  # what comes then counts as come on Monday
    assert sum(each.weekday() < 5 for each in between) == workdays + weekend
    assert day.weekday() < 5


@pytest.mark.parametrize("days", [{"answer_workdays": 0}, {"task_days": 2}, {"remind_days": 31}])
def test_nobody_promises_what_cannot_be_meant(days):
    with pytest.raises(Refused):
        Answering(**days)

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.domain.statements.life import LADDER, LIFE, SIDES, StatementFacts


@pytest.mark.parametrize("step", LADDER[:-2])
def test_no_step_without_the_statement_before(step: str) -> None:
    to = LADDER[LADDER.index(step) + 1]
    LIFE.permit(step, to, StatementFacts(delivered=True, days_passed=True, owed_cents=5))
    for facts in (
        StatementFacts(days_passed=True, owed_cents=5),
        StatementFacts(delivered=True, owed_cents=5),
        StatementFacts(delivered=True, days_passed=True),
    ):
        with pytest.raises(Refused):
            LIFE.permit(step, to, facts)


def test_collection_needs_a_manager_and_nothing_that_bars_it() -> None:
    good = StatementFacts(delivered=True, days_passed=True, owed_cents=5, manager=True)
    LIFE.permit("PRE_COLLECTION", "COLLECTION", good, reason="final notice unanswered")
    for facts in (
        StatementFacts(delivered=True, days_passed=True, owed_cents=5),
        StatementFacts(delivered=True, days_passed=True, owed_cents=5, manager=True, collection_barred=True),
    ):
        with pytest.raises(Refused):
            LIFE.permit("PRE_COLLECTION", "COLLECTION", facts, reason="x")


@pytest.mark.parametrize("side", SIDES)
def test_a_side_state_goes_back_to_where_the_clock_stopped(side: str) -> None:
    LIFE.permit(side, "PAST_DUE", StatementFacts(came_from="PAST_DUE"), reason="over")
    with pytest.raises(Refused):
        LIFE.permit(side, "FINAL_NOTICE", StatementFacts(came_from="PAST_DUE"), reason="over")


def test_paid_is_paid_from_anywhere_and_only_when_nothing_is_owed() -> None:
    for frm in ("READY", *LADDER, *SIDES):
        LIFE.permit(frm, "PAID", StatementFacts(owed_cents=0))
        with pytest.raises(Refused):
            LIFE.permit(frm, "PAID", StatementFacts(owed_cents=1))

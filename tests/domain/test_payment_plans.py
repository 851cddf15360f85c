"""Plans to pay in parts: no cent is lost, days are days, and the life's guards hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import payment_plans as rules
from portal.domain.errors import Refused
from portal.domain.payment_plans import LIFE, Instalment, PlanFacts, Plans

TODAY = st.dates(date(2024, 1, 1), date(2030, 12, 31))
CENTS = st.integers(2, 5_000_000)


@given(CENTS, st.integers(1, 24), st.integers(1, 31), TODAY)
@settings(max_examples=150)
def test_parts_add_up_and_fall_on_the_day_or_the_last_of_its_month(cents: int, count: int, day: int, on: date) -> None:
    count = min(count, cents)
    parts = rules.schedule(cents, count, day, on)
    assert sum(part.cents for part in parts) == cents
    assert len(parts) == count
    assert {part.cents for part in parts[:-1]} <= {cents // count}
    assert parts[-1].cents >= cents // count > 0
    assert on < parts[0].due_on <= on + timedelta(days=31)
    months = [part.due_on.year * 12 + part.due_on.month for part in parts]
    assert months == list(range(months[0], months[0] + count))
    for part in parts:
        assert part.due_on.day == day or (part.due_on.day < day and (part.due_on + timedelta(days=1)).day == 1)


@given(st.lists(st.integers(1, 9_999), min_size=1, max_size=8), st.integers(-50, 99_999), st.integers(-50, 99_999))
@settings(max_examples=150)
def test_payments_fill_the_first_parts_and_what_was_cut_shortens_the_last(sums: list[int], paid: int, cut: int) -> None:
    agreed = [Instalment(date(2026, 12, 1), cents) for cents in sums]
    standing = rules.stand(agreed, paid_cents=paid, cut_cents=cut)
    whole = sum(sums)
    off = min(max(cut, 0), whole)
    assert sum(part.cut_cents for part in standing) == off
    assert sum(part.paid_cents for part in standing) == min(max(paid, 0), whole - off)
    assert all(0 <= part.open_cents <= part.asked_cents <= part.cents for part in standing)
    untouched = [part.cut_cents == 0 for part in standing]
    assert untouched == sorted(untouched, reverse=True)
    opened = [part.open_cents > 0 for part in standing if part.asked_cents]
    assert opened == sorted(opened), "nothing later is paid while an earlier part is open"


@given(CENTS, TODAY)
@settings(max_examples=60)
def test_offers_are_all_within_the_rules(cents: int, on: date) -> None:
    policy = Plans()
    for offer in rules.offers(cents, 31, on, policy):
        assert min(part.cents for part in offer.instalments) >= policy.least_cents
        assert not rules.check(cents, offer.count, 31, policy)


def test_more_parts_than_four_wait_for_a_manager_and_smaller_ones_are_refused() -> None:
    assert rules.check(60_000, 12, 1, Plans())
    for cents, count, day, code in ((9_999, 4, 1, "count"), (90_000, 25, 1, "count"), (90_000, 1, 1, "count"),
                                    (90_000, 3, 32, "day")):  # fmt: skip
        with pytest.raises(Refused) as said:
            rules.check(cents, count, day, Plans())
        assert said.value.code == code
    with pytest.raises(Refused):
        Plans(most=5)


@pytest.mark.parametrize(
    ("frm", "to", "facts"),
    [
        ("PROPOSED", "PENDING_CONSENT", PlanFacts()),
        ("PENDING_CONSENT", "ACTIVE", PlanFacts(balanced=True, alone=True)),
        ("PENDING_CONSENT", "ACTIVE", PlanFacts(consented=True, alone=True)),
        ("PENDING_CONSENT", "ACTIVE", PlanFacts(consented=True, balanced=True)),
        ("ACTIVE", "LATE", PlanFacts()),
        ("LATE", "ACTIVE", PlanFacts(missed=1)),
        ("LATE", "DEFAULTED", PlanFacts(missed=2, misses=2)),
        ("LATE", "DEFAULTED", PlanFacts(missed=1, misses=2, noticed=True)),
        ("ACTIVE", "COMPLETED", PlanFacts(open_cents=1)),
        ("ACTIVE", "DEFAULTED", PlanFacts(missed=9, misses=2, noticed=True)),
    ],
)
def test_no_step_without_its_reason(frm: str, to: str, facts: PlanFacts) -> None:
    with pytest.raises(Refused):
        LIFE.permit(frm, to, facts)


def test_days_of_grace_count_before_a_payment_is_missed() -> None:
    part = Instalment(date(2026, 2, 28), 100)
    assert [rules.missed([part], date(2026, 3, day), 5) for day in (5, 6)] == [0, 1]
    assert rules.missed([Instalment(part.due_on, 100, paid_cents=100)], date(2026, 9, 1), 5) == 0

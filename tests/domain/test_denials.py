from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.denials import CATEGORIES, LIFE, DenialFacts, category_of, expected_cents
from portal.domain.errors import Refused


def may_route(**facts: object) -> bool:
    try:
        LIFE.permit("ASSIGNED", "ROUTE_TO_PATIENT", DenialFacts(**facts), reason="because")  # type: ignore[arg-type]
    except Refused:
        return False
    return True


def test_a_contractual_obligation_never_goes_to_the_patient() -> None:
    assert not may_route(group="CO")
    assert not may_route(group="CO", notice_on_file=True, covered=False)


def test_only_pr_a_signed_notice_or_no_coverage_lets_the_patient_be_billed() -> None:
    assert may_route(group="PR")
    assert may_route(group="OA", notice_on_file=True)
    assert may_route(group="OA", covered=False)
    assert not may_route(group="OA")
    assert not may_route(group="PI")


@pytest.mark.parametrize(("approved_by", "amount", "passes"), [
    (None, 100, True), (None, 101, False), (b"asker", 101, False), (b"other", 101, True),
])  # fmt: skip
def test_a_write_off_over_the_limit_needs_another_person(approved_by: bytes | None, amount: int, passes: bool) -> None:
    facts = DenialFacts(requested_by=b"asker", approved_by=approved_by, amount_cents=amount, limit_cents=100)
    if passes:
        LIFE.permit("WRITE_OFF_REQUESTED", "RESOLVED", facts)
    else:
        with pytest.raises(Refused):
            LIFE.permit("WRITE_OFF_REQUESTED", "RESOLVED", facts)


def test_a_closed_denial_opens_again_only_on_a_new_remittance() -> None:
    LIFE.permit("CLOSED", "REOPENED", DenialFacts(new_remittance=True))
    with pytest.raises(Refused):
        LIFE.permit("CLOSED", "REOPENED", DenialFacts())


@pytest.mark.parametrize(("reason", "category"), [("29", "timely-filing"), ("18", "duplicate"), ("9999", "other")])
def test_a_reason_suggests_a_category(reason: str, category: str) -> None:
    assert category_of(reason) == category
    assert category in CATEGORIES


@given(st.integers(-100, 10**12), st.integers(0, 1000))
def test_a_denial_is_worth_at_most_its_amount_and_never_less_than_nothing(amount: int, permille: int) -> None:
    assert 0 <= expected_cents(amount, permille) <= max(amount, 0)
    assert expected_cents(amount, 1000) == max(amount, 0)

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.domain.payments import LIFE, PaymentFacts, check_amount, standing
from portal.domain.payments import TAKEN as TAKEN_STATES

TAKEN = PaymentFacts(proved=True, amount_cents=500, settled_cents=500)


@pytest.mark.parametrize("frm", ["CREATED", "PENDING", "FAILED", "CANCELLED", "EXPIRED"])
def test_money_taken_settles_whatever_we_noted_before(frm: str) -> None:
    LIFE.permit(frm, "SUCCEEDED", TAKEN)


@pytest.mark.parametrize(
    "facts",
    [
        PaymentFacts(proved=False, amount_cents=500, settled_cents=500),
        PaymentFacts(proved=True, amount_cents=500, settled_cents=499),
        PaymentFacts(proved=True),
    ],
)
def test_nothing_else_settles(facts: PaymentFacts) -> None:
    with pytest.raises(Refused):
        LIFE.permit("PENDING", "SUCCEEDED", facts)


@pytest.mark.parametrize(
    ("refunded", "disputes", "returned", "state"),
    [
        (0, (), False, "SUCCEEDED"),
        (200, (), False, "PARTLY_REFUNDED"),
        (500, (), False, "REFUNDED"),
        (0, ("WARNING",), False, "SUCCEEDED"),
        (0, ("NEEDS_RESPONSE",), False, "DISPUTED"),
        (200, ("ANSWERED",), False, "DISPUTED"),
        (0, ("WON",), False, "SUCCEEDED"),
        (200, ("LOST", "WON"), False, "DISPUTE_LOST"),
        (200, ("LOST",), True, "RETURNED"),
    ],
)
def test_what_came_after_says_how_a_payment_stands(
    refunded: int, disputes: tuple[str, ...], returned: bool, state: str
) -> None:
    assert standing(500, refunded, disputes, returned=returned) == state
    facts = PaymentFacts(proved=True, standing=state)
    for frm in set(TAKEN_STATES) - {state}:
        LIFE.permit(frm, state, facts)
        with pytest.raises(Refused):
            LIFE.permit(state, frm, facts)


@pytest.mark.parametrize(
    ("amount", "owed", "in_flight", "code"),
    [
        (49, 10_000, 0, "amount-too-small"),
        (-100, 10_000, 0, "amount-too-small"),
        (10_001, 10_000, 0, "amount-too-large"),
        (6_000, 10_000, 5_000, "amount-too-large"),
        (100, 0, 0, "amount-too-large"),
        (100, -500, 0, "amount-too-large"),
        (100, 10_000, 10_000, "payment-in-flight"),
    ],
)
def test_an_amount_out_of_bounds_is_refused(amount: int, owed: int, in_flight: int, code: str) -> None:
    with pytest.raises(Refused) as caught:
        check_amount(amount, owed, in_flight)
    assert caught.value.code == code


@pytest.mark.parametrize(("amount", "owed", "in_flight"), [(50, 50, 0), (10_000, 10_000, 0), (5_000, 10_000, 5_000)])
def test_an_amount_within_bounds_passes(amount: int, owed: int, in_flight: int) -> None:
    check_amount(amount, owed, in_flight)

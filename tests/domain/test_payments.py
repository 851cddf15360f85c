from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.domain.payments import LIFE, PaymentFacts, check_amount

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


def test_refunds_tell_part_from_all() -> None:
    part = PaymentFacts(proved=True, amount_cents=500, refunded_cents=200)
    whole = PaymentFacts(proved=True, amount_cents=500, refunded_cents=500)
    LIFE.permit("SUCCEEDED", "PARTLY_REFUNDED", part)
    LIFE.permit("SUCCEEDED", "REFUNDED", whole)
    with pytest.raises(Refused):
        LIFE.permit("SUCCEEDED", "REFUNDED", part)
    with pytest.raises(Refused):
        LIFE.permit("SUCCEEDED", "PARTLY_REFUNDED", whole)


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

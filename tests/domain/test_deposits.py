from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.deposits import Deposit, find_deposit
from portal.domain.remittances import Payment

PAID = Payment(12_345, "000777", (), (), 1, payer_tax="1999999999")
DEPOSIT = Deposit(b"d", 12_345, "777", "1999999999")


@pytest.mark.parametrize("changes", [{}, {"payer_tax": ""}, {"reference": "000777"}])
def test_a_payment_finds_its_deposit(changes: dict[str, str]) -> None:
    deposit = replace(DEPOSIT, **changes)
    assert find_deposit(PAID, [replace(DEPOSIT, reference="9"), deposit]) == deposit


@pytest.mark.parametrize(
    "changes", [{"amount_cents": 12_344}, {"reference": "778"}, {"reference": ""}, {"payer_tax": "1888888888"}]
)
def test_another_amount_trace_or_payer_is_another_deposit(changes: dict[str, object]) -> None:
    assert find_deposit(PAID, [replace(DEPOSIT, **changes)]) is None  # type: ignore[arg-type]


def test_a_payment_and_a_deposit_without_a_reference_do_not_find_each_other() -> None:
    assert find_deposit(replace(PAID, trace="000"), [replace(DEPOSIT, reference="")]) is None


def test_two_that_fit_are_none() -> None:
    assert find_deposit(PAID, [DEPOSIT, replace(DEPOSIT, deposit_id=b"e")]) is None

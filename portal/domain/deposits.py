"""Deposits: money that reached the bank, and the remittance that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.domain.remittances import Payment


@dataclass(frozen=True, slots=True)
class Deposit:
    """One check or transfer as the bank tells it."""

    deposit_id: bytes
    amount_cents: int
    reference: str
    """Check number or trace."""
    payer_tax: str = ""
    """TRN03 of the CCD+ addenda, when the bank passes it on."""


def find_deposit(payment: Payment, deposits: Iterable[Deposit]) -> Deposit | None:
    """The deposit of a payment: same trace and amount, and the same payer tax id where both give one (x12 facts 3).

    None when there is none or more than one; a match posts nothing.
    """
    found = [
        deposit
        for deposit in deposits
        if deposit.reference.lstrip("0") == payment.trace.lstrip("0")
        and deposit.reference
        and deposit.amount_cents == payment.amount_cents
        and (not deposit.payer_tax or not payment.payer_tax or deposit.payer_tax == payment.payer_tax)
    ]
    return found[0] if len(found) == 1 else None

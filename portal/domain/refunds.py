"""Refunds of card payments: how one stands, and when one may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.money import Money
from portal.domain.texts import T_

RefundStatus = Literal["pending", "succeeded", "failed"]
STATES = {"pending": "PENDING", "succeeded": "SUCCEEDED", "failed": "FAILED"}
RANK = ("PENDING", "SUCCEEDED", "FAILED")
"""In the order in which they can follow each other: a refund may still fail after it succeeded."""


@dataclass(frozen=True, slots=True)
class RefundState:
    """What became of a refund; a card's may still fail after it succeeded."""

    id: str
    status: RefundStatus
    amount_cents: int


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What the guard of a refund may know."""

    proved: bool = False


LIFE: Lifecycle[RefundFacts] = Lifecycle(
    name="card_refund",
    start_states=RANK,
    moves=(
        Move("PENDING", "SUCCEEDED", "payment:settle", "system", guard="proved"),
        Move("PENDING", "FAILED", "payment:settle", "system", guard="proved"),
        Move("SUCCEEDED", "FAILED", "payment:settle", "system", guard="proved"),
    ),
    words={
        "PENDING": T_("On its way back"),
        "SUCCEEDED": T_("Sent back"),
        "FAILED": T_("Could not be sent back"),
    },
    guards={"proved": Guard(lambda facts, _: facts.proved, T_("The card processor has not confirmed this."))},
)


def check_refund(cents: int, left_cents: int, *, dispute_open: bool) -> None:
    """Raise Refused unless so much of a payment may be sent back: at most what is left of it, and not while disputed.

    `left_cents` is the payment less earlier refunds, those on their way, and what a bank took back.
    """
    if dispute_open:
        raise Refused(
            T_("The bank is deciding about this payment. A refund now could send the money back twice."),
            code="dispute-open",
        )
    if not 0 < cents <= left_cents:
        raise Refused(
            T_("At most {left} of this payment can be sent back.", left=Money(max(left_cents, 0))), code="refund-amount"
        )

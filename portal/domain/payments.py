"""A patient's card payment: its life, the bounds of what may be paid, and what a card processor answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from portal.domain.disputes import OPEN as DISPUTES_OPEN
from portal.domain.disputes import DisputeState
from portal.domain.errors import Refused, TradeError
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.money import Money
from portal.domain.refunds import RefundState
from portal.domain.texts import T_

LEAST_CENTS = 50
"""The least amount a card processor takes in US dollars (Stripe's minimum charge)."""


UNDER_WAY = ("CREATED", "PENDING", "PROCESSING")
"""Begun and not yet ended: what is asked of the patient is less by it."""

TAKEN = ("SUCCEEDED", "PARTLY_REFUNDED", "REFUNDED", "DISPUTED", "DISPUTE_LOST", "RETURNED")
"""The money came, whatever became of it later."""


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What the guards of a payment may know, as the processor tells it."""

    proved: bool = False
    """A verified event or a poll of the processor says so; the browser's return page proves nothing."""
    amount_cents: int = 0
    settled_cents: int = 0
    """What the processor says was taken."""
    standing: str = ""
    """To what its refunds, disputes and returns add up; see `standing`."""


def standing(amount_cents: int, refunded_cents: int, disputes: Collection[str], *, returned: bool) -> str:
    """The state of a payment that was taken, from all that came after; the same for any order of the events.

    `disputes` are states of `domain.disputes`; an inquiry changes nothing, for it takes no money.
    """
    if returned:
        return "RETURNED"
    if DISPUTES_OPEN & set(disputes):
        return "DISPUTED"
    if "LOST" in disputes:
        return "DISPUTE_LOST"
    if refunded_cents <= 0:
        return "SUCCEEDED"
    return "REFUNDED" if refunded_cents >= amount_cents else "PARTLY_REFUNDED"


def _money_moved(facts: PaymentFacts, _move: Move) -> bool:
    return facts.proved and 0 < facts.settled_cents == facts.amount_cents


LIFE: Lifecycle[PaymentFacts] = Lifecycle(
    name="payment",
    start_states=("CREATED",),
    moves=(
        Move("CREATED", "PENDING", "payment:make"),
        Move("CREATED", "FAILED", "payment:settle", "system", needs_reason=True),
        # Money taken is money taken: events come late, twice, out of order or before our own note of the checkout.
        *(
            Move(frm, "SUCCEEDED", "payment:settle", "system", guard="money-moved")
            for frm in (*UNDER_WAY, "FAILED", "CANCELLED", "EXPIRED")
        ),
        # Gone through by bank debit: the money comes, or comes not, in some days.
        *(
            Move(frm, "PROCESSING", "payment:settle", "system", guard="proved")
            for frm in ("CREATED", "PENDING", "CANCELLED", "EXPIRED")
        ),
        Move("PROCESSING", "FAILED", "payment:settle", "system", guard="proved"),
        *(Move("PENDING", to, "payment:settle", "system", guard="proved") for to in ("FAILED", "EXPIRED", "CANCELLED")),
        Move("CREATED", "CANCELLED", "payment:settle", "system", guard="proved"),
        Move("CREATED", "EXPIRED", "payment:settle", "system", guard="proved"),
        # A failed try may be followed by another in the same checkout, which then expires.
        Move("FAILED", "EXPIRED", "payment:settle", "system", guard="proved"),
        # What was taken stands as its refunds, disputes and returns say together; they come in any order.
        *(Move(frm, to, "payment:settle", "system", guard="standing") for frm in TAKEN for to in TAKEN if frm != to),
    ),
    words={
        "CREATED": T_("Started"),
        "PENDING": T_("Waiting for the card"),
        "PROCESSING": T_("On its way from the bank"),
        "SUCCEEDED": T_("Paid"),
        "FAILED": T_("Declined"),
        "CANCELLED": T_("Cancelled"),
        "EXPIRED": T_("Not completed in time"),
        "RETURNED": T_("Returned by the bank"),
        "DISPUTED": T_("Disputed"),
        "DISPUTE_LOST": T_("Taken back by the bank"),
        "PARTLY_REFUNDED": T_("Refunded in part"),
        "REFUNDED": T_("Refunded"),
    },
    guards={
        "proved": Guard(lambda facts, _: facts.proved, T_("The card processor has not confirmed this.")),
        "money-moved": Guard(
            _money_moved, T_("The card processor has not confirmed that exactly this amount was paid.")
        ),
        "standing": Guard(
            lambda facts, move: facts.proved and facts.standing == move.to,
            T_("The card processor has not confirmed that this became of the payment."),
        ),
    },
)


def check_amount(amount_cents: int, owed_cents: int, in_flight_cents: int = 0) -> None:
    """Raise Refused unless a card payment of this amount may start.

    `owed_cents` is receivable:patient from the ledger, never the browser's; `in_flight_cents` are payments begun and
    not yet ended, so that two tabs cannot pay one bill twice.
    """
    open_cents = owed_cents - max(in_flight_cents, 0)
    if amount_cents < LEAST_CENTS:
        raise Refused(
            T_(
                "The least a card can pay is {least}. For less, pay at the front desk or by check.",
                least=Money(LEAST_CENTS),
            ),
            code="amount-too-small",
        )
    if open_cents <= 0 < owed_cents:
        raise Refused(
            T_("A payment for this bill is already on its way. Nothing more needs to be done."),
            code="payment-in-flight",
        )
    if amount_cents > open_cents:
        raise Refused(
            T_("You owe {owed} now; a payment cannot be more than that.", owed=Money(max(open_cents, 0))),
            code="amount-too-large",
        )


CheckoutStatus = Literal["open", "complete", "expired"]
Means = Literal["", "card", "bank"]
"""How it was paid: by card or by bank debit; empty while the processor has not said."""
CardEventKind = Literal["completed", "settled", "failed", "expired", "refund", "dispute", "other"]
"""completed: the checkout was gone through, `paid` says whether the money is sure; settled: a bank debit arrived;
failed: a bank debit came back; expired: nobody paid in time; refund: one was made, moved or failed; dispute: the card's
holder disputes the payment, or that moved; other: not ours."""


class CardsUnavailable(TradeError):
    """The processor could not be reached or is not able just now; the same call with the same key may be made again."""

    def __init__(self, code: str) -> None:
        super().__init__(
            T_("The card processor does not answer just now. Try again in a few minutes; you are never charged twice."),
            code=code,
        )


class CardsRefused(TradeError):
    """The processor, or our check of what claims to come from it, said no; the same call will be refused again."""

    def __init__(self, code: str) -> None:
        super().__init__(T_("The card processor refused this request. Nothing was changed by it."), code=code)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page of the processor to pay on, good until it expires."""

    id: str
    url: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """What became of a checkout. `reference` is our payment id, hex; `paid` alone means that the money is sure."""

    status: CheckoutStatus
    paid: bool
    amount_cents: int
    intent: str
    """The processor's id of the payment; empty before anyone tried to pay."""
    reference: str
    means: Means = ""
    failed: bool = False
    """The page is complete, and the bank debit came back."""


@dataclass(frozen=True, slots=True)
class CardEvent:
    """One event told by the processor or found by the poll; its id is unique for ever, its order means nothing."""

    id: str
    kind: CardEventKind
    created: datetime
    checkout_id: str = ""
    intent: str = ""
    reference: str = ""
    """Our payment id, hex; empty for refunds and disputes, whose `intent` names the payment."""
    amount_cents: int = 0
    currency: str = ""
    paid: bool = False
    means: Means = ""
    refund: RefundState | None = None
    dispute: DisputeState | None = None

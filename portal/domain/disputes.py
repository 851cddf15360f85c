"""Disputes of card payments and bank debits: how they stand, what they moved, and the step a person takes.

A bank that returns a settled debit is told by the processor as a dispute too, with a reason of BANK_RETURNS: there is
nothing to answer then, the money is gone (Nacha returns R01 to R33).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_

BANK_RETURNS = frozenset({
    "insufficient_funds", "incorrect_account_details", "bank_cannot_process", "debit_not_authorized",
})  # fmt: skip
"""Reasons with which a bank takes a settled debit back; no bank hears an answer to them."""

RANK = ("WARNING", "NEEDS_RESPONSE", "ANSWERED", "UNDER_REVIEW", "CLOSED", "LOST", "WON")
"""States in the order in which they can follow each other, so that events may come in any order.

Won stands after lost: a processor can still overturn what was lost, and says so with the money.
"""
OPEN = frozenset({"NEEDS_RESPONSE", "ANSWERED", "UNDER_REVIEW"})


@dataclass(frozen=True, slots=True)
class DisputeMove:
    """One movement of money by a dispute; `cents` is negative for what was taken, `fee_cents` positive for a cost."""

    id: str
    cents: int
    fee_cents: int


@dataclass(frozen=True, slots=True)
class DisputeState:
    """How a dispute stands, as the processor tells it. An inquiry (WARNING) has no moves: it takes no money."""

    id: str
    state: str
    amount_cents: int
    reason: str
    evidence_due: datetime | None = None
    moves: tuple[DisputeMove, ...] = ()

    @property
    def returned(self) -> bool:
        """Whether the bank took a settled debit back."""
        return self.reason in BANK_RETURNS and sum(move.cents for move in self.moves) < 0


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What the guards of a dispute may know."""

    proved: bool = False
    """A verified event or a poll of the processor says so."""
    refund_in_flight: bool = False
    """A refund of the same payment is on its way: answering as well could send the money back twice."""


LIFE: Lifecycle[DisputeFacts] = Lifecycle(
    name="card_dispute",
    start_states=RANK,
    moves=(
        *(
            Move(frm, to, "payment:settle", "system", guard="proved")
            for at, frm in enumerate(RANK)
            for to in RANK[at + 1 :]
            if to != "ANSWERED"
        ),
        *(Move(frm, "ANSWERED", "payment:answer", guard="no-refund") for frm in ("WARNING", "NEEDS_RESPONSE")),
    ),
    words={
        "WARNING": T_("The bank asks"),
        "NEEDS_RESPONSE": T_("Waits for an answer"),
        "ANSWERED": T_("Answered"),
        "UNDER_REVIEW": T_("With the bank"),
        "CLOSED": T_("Question closed"),
        "LOST": T_("Lost"),
        "WON": T_("Won"),
    },
    guards={
        "proved": Guard(lambda facts, _: facts.proved, T_("The card processor has not confirmed this.")),
        "no-refund": Guard(
            lambda facts, _: not facts.refund_in_flight,
            T_("A refund of this payment is on its way. Wait until it has arrived or failed: then answer, or do not."),
        ),
    },
)


def later(state: str, told: str) -> bool:
    """Whether what is told is later than what we know; what is older or the same changes nothing."""
    return RANK.index(told) > RANK.index(state)

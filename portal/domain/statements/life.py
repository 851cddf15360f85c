"""A patient's statement: its life through reminders and side states."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_

LADDER = ("STATEMENT_1", "STATEMENT_2", "PAST_DUE", "FINAL_NOTICE", "PRE_COLLECTION", "COLLECTION")
"""The steps of asking, in order."""

SIDES = (
    "ON_PLAN", "DISPUTED", "FINANCIAL_ASSISTANCE_PENDING", "INSURANCE_PENDING", "BANKRUPT", "DECEASED_ESTATE",
    "RETURNED_MAIL", "PROMISED", "SMALL_BALANCE",
)  # fmt: skip
"""Side states: each stops the clock and stores the state and the days that were left."""


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What the guards of a statement may know."""

    delivered: bool = False
    """The statement of the step before, or of this one for the first, was made and delivered."""
    days_passed: bool = False
    """The days of the present step are over."""
    owed_cents: int = 0
    insurance_open: bool = False
    held: bool = False
    came_from: str = ""
    """The state in which a side state stopped the clock."""
    manager: bool = False
    collection_barred: bool = False
    """A dispute of an estimate is open, or 120 days have not passed where 26 CFR 1.501(r)-6 asks for them."""


def _next_step(facts: StatementFacts, _move: Move) -> bool:
    return facts.delivered and facts.days_passed and facts.owed_cents > 0


LIFE: Lifecycle[StatementFacts] = Lifecycle(
    name="statement",
    start_states=("NOT_DUE", "READY"),
    moves=(
        Move("NOT_DUE", "READY", "statement:run", "system", guard="insurance-done"),
        Move("READY", "STATEMENT_1", "statement:run", "either", guard="delivered"),
        Move("STATEMENT_1", "STATEMENT_2", "statement:run", "system", guard="next-step"),
        Move("STATEMENT_2", "PAST_DUE", "statement:run", "system", guard="next-step"),
        Move("PAST_DUE", "FINAL_NOTICE", "statement:run", "system", guard="next-step"),
        Move("FINAL_NOTICE", "PRE_COLLECTION", "statement:run", "system", guard="next-step"),
        Move("PRE_COLLECTION", "COLLECTION", "collection:approve", guard="collection", needs_reason=True),
        Move("PRE_COLLECTION", "FINAL_NOTICE", "collection:approve", needs_reason=True),
        *(Move(frm, "PAID", "statement:run", "system", guard="paid") for frm in ("READY", *LADDER, *SIDES)),
        *(
            Move(
                frm,
                side,
                "statement:run",
                "either",
                needs_reason=True,
            )
            for side in SIDES
            for frm in ("READY", *LADDER)
        ),
        # Back to the very step in which the clock stopped; a reopened insurance starts again from its end.
        *(
            Move(side, back, "statement:run", "either", guard="came-from", needs_reason=True)
            for side in SIDES
            for back in ("READY", *LADDER)
        ),
        # A payment taken back, returned or refunded leaves something owed again.
        Move("PAID", "READY", "statement:run", "system", guard="insurance-done"),
    ),
    words={
        "NOT_DUE": T_("Not due yet"),
        "READY": T_("Ready to send"),
        "STATEMENT_1": T_("Bill sent"),
        "STATEMENT_2": T_("Second bill sent"),
        "PAST_DUE": T_("Past due"),
        "FINAL_NOTICE": T_("Final notice sent"),
        "PRE_COLLECTION": T_("Before collection"),
        "COLLECTION": T_("In collection"),
        "ON_PLAN": T_("On a payment plan"),
        "DISPUTED": T_("Disputed"),
        "FINANCIAL_ASSISTANCE_PENDING": T_("Financial help asked for"),
        "INSURANCE_PENDING": T_("With the insurance"),
        "BANKRUPT": T_("Bankruptcy: no billing"),
        "DECEASED_ESTATE": T_("With the estate"),
        "RETURNED_MAIL": T_("Mail came back"),
        "PROMISED": T_("Payment promised"),
        "SMALL_BALANCE": T_("Too small to bill"),
        "PAID": T_("Paid"),
    },
    guards={
        "insurance-done": Guard(
            lambda facts, _: facts.owed_cents > 0 and not facts.insurance_open and not facts.held,
            T_("Nothing is owed by the patient yet, or the insurance has not finished."),
        ),
        "delivered": Guard(
            lambda facts, _: facts.delivered and facts.owed_cents > 0,
            T_("The statement has not been made and delivered."),
        ),
        "next-step": Guard(_next_step, T_("The statement before must be delivered and its days be over.")),
        "collection": Guard(
            lambda facts, move: facts.manager and not facts.collection_barred and _next_step(facts, move),
            T_("Collection needs a manager, a delivered notice, and no open dispute or waiting period."),
        ),
        "paid": Guard(lambda facts, _: facts.owed_cents <= 0, T_("Something is still owed.")),
        "came-from": Guard(
            lambda facts, move: facts.came_from == move.to,
            T_("It goes back to the step in which its clock was stopped."),
        ),
    },
)

"""Calls about bills: what is said and not said, what can come of one, and promises to pay.

Nothing about a bill is told before two identifiers are confirmed (45 CFR 164.514(h)); a message left says who called
and where to call back, and nothing else (12 CFR 1006.2(j) has the like for collectors).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

MOST_PROMISE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: whether somebody was reached, the hold it opens, and in how many days to call again.

    `again_days` 0 takes the account off the list until its bill moves on.
    """

    text: Text
    reached: bool
    again_days: int
    hold: str = ""


OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType({
    "promised": Outcome(T_("They promise to pay"), reached=True, again_days=0, hold="PROMISED"),
    "paid": Outcome(T_("They say that they paid"), reached=True, again_days=7),
    "disputes": Outcome(T_("They say that the bill is wrong"), reached=True, again_days=0, hold="DISPUTED"),
    "plan": Outcome(T_("They ask to pay in parts"), reached=True, again_days=7),
    "help": Outcome(T_("They ask for financial help"), reached=True, again_days=14),
    "refuses": Outcome(T_("They will not pay, or want no calls"), reached=True, again_days=0),
    "no-answer": Outcome(T_("Nobody answered"), reached=False, again_days=3),
    "message": Outcome(T_("A message was left"), reached=False, again_days=5),
    "wrong-number": Outcome(T_("It is a wrong number"), reached=False, again_days=0),
    "deceased": Outcome(T_("The patient has died"), reached=True, again_days=0, hold="DECEASED_ESTATE"),
    "bankrupt": Outcome(T_("They are in a bankruptcy"), reached=True, again_days=0, hold="BANKRUPT"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromiseFacts:
    """What the guards of a promise may know."""

    kept: bool = False
    """What was promised has come off what was owed, or nothing is owed."""
    over: bool = False
    """Its day has passed."""


PROMISE_LIFE: Final[Lifecycle[PromiseFacts]] = Lifecycle(
    name="payment_promise",
    start_states=("PROMISED",),
    moves=(
        Move("PROMISED", "KEPT", "call:make", "system", guard="kept"),
        Move("PROMISED", "BROKEN", "call:make", "system", guard="over"),
        Move("PROMISED", "REPLACED", "call:make", "either"),
    ),
    words={
        "PROMISED": T_("Promised"), "KEPT": T_("Kept"), "BROKEN": T_("Not kept"),
        "REPLACED": T_("Another one was made"),
    },
    guards={
        "kept": Guard(lambda facts, _: facts.kept, T_("What was promised has not come in.")),
        "over": Guard(lambda facts, _: facts.over and not facts.kept, T_("The day of the promise is not over.")),
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promise:
    """A sum by a day."""

    amount_cents: int
    pay_by: date


def promise(amount_cents: int, pay_by: date | None, owed_cents: int, today: date) -> Promise:
    """A promise that can be meant; raises Refused whose code names the field."""
    if pay_by is None or not today <= pay_by <= today + timedelta(days=MOST_PROMISE_DAYS):
        raise Refused(T_("A promise is for a day within the next {n} days.", n=MOST_PROMISE_DAYS), code="pay_by")
    if not 0 < amount_cents <= owed_cents:
        raise Refused(T_("Write the sum that they promise, at most what is open."), code="amount")
    return Promise(amount_cents, pay_by)

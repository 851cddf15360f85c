"""Paying a balance in parts: what a practice allows, the schedule, what of it is paid, and a plan's life.

Plans are without interest or fee. A written agreement in more than four instalments falls under truth in lending even
so (12 CFR 1026.2(a)(17)(i)); more than four therefore go to a manager first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final

from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.money import Money
from portal.domain.texts import T_

STANDING: Final = ("ACTIVE", "LATE", "SUSPENDED")
"""Agreed to and not over: the account's bills wait."""
OPEN: Final = ("PROPOSED", "PENDING_CONSENT", *STANDING)
LAST_DAY: Final = 31
OFFERED: Final = (2, 3, 4)
"""Numbers of months that a patient is offered, as far as the practice allows them."""


@dataclass(frozen=True, slots=True)
class Plans:
    """What a practice decided about paying in parts; raises Refused `plans` for what cannot be meant."""

    KIND: ClassVar[str] = "plans"

    least_cents: int = 2500
    """No instalment is less, but for a last one that takes the rounding."""
    most: int = 4
    """Instalments that need nobody's review."""
    most_reviewed: int = 24
    """Instalments to which a manager may agree."""
    misses: int = 2
    """Instalments missed, after which a plan fails."""
    grace_days: int = 5
    """Days after which an instalment that is not paid makes a plan late."""
    notice_days: int = 10
    """Days between the notice of that and the end of the plan, at least."""
    retry_days: tuple[int, ...] = (3, 5)
    """Days after which a card that was declined is charged again."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not (
            self.least_cents >= 100 and 1 <= self.most <= 4 <= self.most_reviewed <= 24 and 1 <= self.misses <= 6
            and 1 <= self.grace_days <= 30 and 5 <= self.notice_days <= 60
            and len(self.retry_days) <= 4 and all(1 <= each <= 14 for each in self.retry_days)
        ):  # fmt: skip
            raise Refused(
                T_("At most 4 instalments without a manager, 24 with one, each of a dollar or more."), code="plans"
            )


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a plan: what was agreed, what was cut off it since, what of the rest is paid."""

    due_on: date
    cents: int
    cut_cents: int = 0
    paid_cents: int = 0

    @property
    def asked_cents(self) -> int:
        """What it comes to after what was cut."""
        return self.cents - self.cut_cents

    @property
    def open_cents(self) -> int:
        """What is still to be paid of it."""
        return self.asked_cents - self.paid_cents


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan that a patient may choose."""

    instalments: tuple[Instalment, ...]

    @property
    def count(self) -> int:
        """In how many parts."""
        return len(self.instalments)


def on_day(year: int, month: int, day: int) -> date:
    """A day of a month, or the last one of a month that has no such day; months beyond 12 are of the next years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day, (following - timedelta(days=1)).day))


def schedule(owed_cents: int, count: int, day: int, today: date) -> tuple[Instalment, ...]:
    """Equal parts a month apart on a day of the month, the first after today; the last takes the rounding.

    Raises ValueError for no sum, count or day.
    """
    if not (0 < count <= owed_cents and 1 <= day <= LAST_DAY):
        raise ValueError("a plan has parts of something, on a day of the month")
    first = 0 if on_day(today.year, today.month, day) > today else 1
    each = owed_cents // count
    last = owed_cents - each * (count - 1)
    return tuple(
        Instalment(on_day(today.year, today.month + first + n, day), last if n == count - 1 else each)
        for n in range(count)
    )


def offers(owed_cents: int, day: int, today: date, rules: Plans) -> tuple[Offer, ...]:
    """What a patient may choose without asking anybody; nothing where the balance is too small for two parts."""
    return tuple(
        Offer(schedule(owed_cents, count, day, today))
        for count in OFFERED
        if count <= rules.most and owed_cents // count >= rules.least_cents
    )


def check(owed_cents: int, count: int, day: int, rules: Plans) -> bool:
    """Whether such a plan needs a manager's agreement; raises Refused for one that cannot be."""
    if not 1 <= day <= LAST_DAY:
        raise Refused(T_("Choose a day of the month, from 1 to 31."), code="day")
    if not 2 <= count <= rules.most_reviewed:
        raise Refused(T_("Choose from 2 to {most} payments.", most=rules.most_reviewed), code="count")
    if owed_cents // count < rules.least_cents:
        raise Refused(
            T_("Each payment must be at least {least}. Choose fewer payments.", least=Money(rules.least_cents)),
            code="count",
        )
    return count > rules.most


def stand(agreed: Iterable[Instalment], *, paid_cents: int, cut_cents: int) -> tuple[Instalment, ...]:
    """The schedule as it stands: what came off the balance without a payment shortens the last parts first, payments
    fill the first ones. More than there is of either is left over.
    """
    cut = []
    for each in reversed(tuple(agreed)):
        off = min(max(cut_cents, 0), each.cents)
        cut_cents -= off
        cut.append(replace(each, cut_cents=off, paid_cents=0))
    out = []
    for each in reversed(cut):
        put = min(max(paid_cents, 0), each.asked_cents)
        paid_cents -= put
        out.append(replace(each, paid_cents=put))
    return tuple(out)


def missed(standing: Sequence[Instalment], today: date, grace_days: int) -> int:
    """How many parts are past their day and its grace, and not paid."""
    return sum(each.open_cents > 0 and today > each.due_on + timedelta(days=grace_days) for each in standing)


def next_open(standing: Sequence[Instalment]) -> Instalment | None:
    """The first part of which something is to be paid; None where all is."""
    return next((each for each in standing if each.open_cents > 0), None)


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What the guards of a plan may know."""

    approved: bool = False
    """It has no more parts than need no review, or a manager agreed."""
    consented: bool = False
    """The words of the plan were agreed to, and their text is kept."""
    balanced: bool = False
    """Its parts add up to what is enrolled, and that is what the books say is owed on it."""
    alone: bool = False
    """No other plan stands for the account."""
    missed: int = 0
    misses: int = 0
    """After how many it fails."""
    noticed: bool = False
    """The notice went, and its days are over."""
    open_cents: int = 0


_EDIT, _FOLLOW = "plan:edit", "plan:follow"

LIFE: Final[Lifecycle[PlanFacts]] = Lifecycle(
    name="payment_plan",
    start_states=("PROPOSED",),
    moves=(
        Move("PROPOSED", "PENDING_CONSENT", _EDIT, "either", guard="approved"),
        Move("PENDING_CONSENT", "ACTIVE", _EDIT, "either", guard="agreed"),
        Move("ACTIVE", "LATE", _FOLLOW, "system", guard="missed"),
        Move("LATE", "ACTIVE", _FOLLOW, "system", guard="caught-up"),
        Move("LATE", "DEFAULTED", _FOLLOW, "system", guard="failed"),
        *(Move(frm, "COMPLETED", _FOLLOW, "system", guard="settled") for frm in STANDING),
        *(Move(frm, "MODIFIED", _EDIT, "either") for frm in ("ACTIVE", "LATE")),
        *(Move(frm, "SUSPENDED", _EDIT, "either", needs_reason=True) for frm in ("ACTIVE", "LATE")),
        Move("SUSPENDED", "ACTIVE", _EDIT, "either"),
        *(Move(frm, "CANCELLED", _EDIT, "either", needs_reason=True) for frm in OPEN),
    ),
    words={
        "PROPOSED": T_("Waits for review"),
        "PENDING_CONSENT": T_("Waits for your yes"),
        "ACTIVE": T_("Running"),
        "LATE": T_("Late"),
        "SUSPENDED": T_("Paused"),
        "COMPLETED": T_("Paid in full"),
        "MODIFIED": T_("Replaced by a newer plan"),
        "DEFAULTED": T_("Ended: payments were missed"),
        "CANCELLED": T_("Stopped"),
    },
    guards={
        "approved": Guard(
            lambda facts, _: facts.approved, T_("A plan with so many payments needs a manager's agreement first.")
        ),
        "agreed": Guard(
            lambda facts, _: facts.consented and facts.balanced and facts.alone,
            T_("What is owed has changed since this plan was made, or another plan runs. Choose a plan again."),
        ),
        "missed": Guard(lambda facts, _: facts.missed > 0, T_("No payment of this plan was missed.")),
        "caught-up": Guard(lambda facts, _: facts.missed == 0, T_("A payment of this plan is still missing.")),
        "failed": Guard(
            lambda facts, _: facts.noticed and facts.missed >= facts.misses > 0,
            T_("A plan ends only after the notice, and after so many missed payments."),
        ),
        "settled": Guard(lambda facts, _: facts.open_cents <= 0, T_("Something of this plan is still to be paid.")),
    },
)

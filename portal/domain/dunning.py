"""Following up on bills that nobody pays: the steps, their days, what each sends, what must be true for a collector.

A step is counted in days of its own: a hold stores how many were over and gives them back (workflows 5). Nothing here
reads or writes: `services/dunning` asks and carries out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar, Final

from portal.domain.consents import CHANNELS, EMAIL, LETTER, SMS
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

ONWARD: Final[Mapping[str, str]] = MappingProxyType({
    "STATEMENT_2": "PAST_DUE", "PAST_DUE": "FINAL_NOTICE", "FINAL_NOTICE": "PRE_COLLECTION",
})  # fmt: skip
"""The steps that are taken by day. The second bill is the run's, collection is a person's."""

FIRST_BILL_DAYS, WRITTEN_NOTICE_DAYS, APPLICATION_DAYS = 120, 30, 240
"""Of hospitals exempt from tax: no extraordinary collection before 120 days after the first bill, a written notice 30
days ahead, applications for help for 240 days (26 CFR 1.501(r)-6(c)(3), (c)(4)(i); 1.501(r)-1(b)(3))."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What a practice decided about following up; raises Refused `steps` for what cannot be meant."""

    KIND: ClassVar[str] = "dunning"

    past_due_days: int = 28
    """Days after the second bill until a payment reminder."""
    final_days: int = 21
    """Days after the reminder until the final notice."""
    list_days: int = 30
    """Days after the final notice until the account is laid before a manager."""
    past_due_by: tuple[str, ...] = (EMAIL, SMS)
    """Ways of the reminder, as far as the patient allows; without any that is allowed, a letter."""
    final_by: tuple[str, ...] = (EMAIL, LETTER)
    """Ways of the final notice; a letter is always one: it must be in writing."""
    least_cents: int = 1000
    """What is less than this is not followed up."""
    from_hour: int = 9
    """Messages go and calls are made from this hour, in the practice's time zone."""
    to_hour: int = 20
    """Up to this hour."""
    on_sundays: bool = False
    most_messages: int = 2
    """Messages to one account in seven days."""
    call_cents: int = 5000
    """From this sum on somebody calls."""
    most_calls: int = 3
    """Calls to one account in seven days; Regulation F takes seven as the measure (12 CFR 1006.14(b)(2))."""
    exempt: bool = False
    """Whether this is a hospital exempt from tax, to which 26 CFR 1.501(r)-6 applies."""

    def __post_init__(self) -> None:
        """Refuse days, hours and ways that no practice may mean."""
        if not all(14 <= days <= 120 for days in (self.past_due_days, self.final_days, self.list_days)):
            raise Refused(T_("Give each step from 14 to 120 days."), code="steps")
        if not 8 <= self.from_hour < self.to_hour <= 21:
            raise Refused(T_("Messages go between 8 in the morning and 9 in the evening."), code="steps")
        if not {*self.past_due_by, *self.final_by} <= set(CHANNELS) or not self.past_due_by:
            raise Refused(T_("Choose how notices go."), code="steps")
        if LETTER not in self.final_by:
            raise Refused(T_("The final notice always goes by letter, too."), code="steps")
        if not 1 <= self.most_messages <= 7 or not 1 <= self.most_calls <= 7:
            raise Refused(T_("Turn to an account from one to seven times a week."), code="steps")
        if not 0 <= self.least_cents <= 100_000 or not 0 <= self.call_cents <= 1_000_000:
            raise Refused(T_("Write the sums in dollars."), code="steps")

    def days_of(self, state: str) -> int:
        """How many days a step lasts before the next."""
        return {"STATEMENT_2": self.past_due_days, "PAST_DUE": self.final_days, "FINAL_NOTICE": self.list_days}[state]

    def ways_of(self, state: str) -> tuple[str, ...]:
        """The ways by which the notice of a step goes; none for a step that sends nothing."""
        return {"PAST_DUE": self.past_due_by, "FINAL_NOTICE": self.final_by}.get(state, ())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clock of one bill may know."""

    owed_cents: int
    """Owed now on the services of the bill that no payer decides about."""
    delivered: bool
    """The bill was made and went out, and of a later step its notice."""
    insurance_open: bool = False
    """Payers have not finished with what is open of it, or not any more."""
    held: bool = False


def next_step(state: str, step_on: date, today: date, facts: Facts, steps: Steps) -> str | None:
    """The step to take today, or None: one at a time, never while held, never before the one before was delivered.

    `step_on` is the day the present step began, moved on by as many days as a hold lasted. A later charge is on a bill
    of its own and neither moves nor resets it.
    """
    if state not in ONWARD or facts.held or facts.insurance_open:
        return None
    if not facts.delivered or facts.owed_cents < max(steps.least_cents, 1):
        return None
    return ONWARD[state] if today >= step_on + timedelta(days=steps.days_of(state)) else None


@dataclass(frozen=True, slots=True)
class Referral:
    """What is known of a bill before it may go to a collector."""

    owed_cents: int
    first_billed_on: date
    final_notice_on: date | None
    """The day on which the written final notice was mailed."""
    insurance_open: bool
    holds: frozenset[str]
    """Kinds of `statements.holds` that stand on its account."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of collection: what it asks, whether it is met, and what is known of it."""

    name: str
    text: Text
    met: bool
    told: Text


def gates(referral: Referral, steps: Steps, today: date) -> tuple[Gate, ...]:
    """Every condition that must be met before a bill goes to a collector, one by one, each with what is known.

    45 CFR 149.620(c)(6) bars it while a dispute about an estimate is open, 11 USC 362 in a bankruptcy, and of
    hospitals exempt from tax 26 CFR 1.501(r)-6(c) asks for time, a written notice, and no open application for help.
    """
    notice, first = referral.final_notice_on, referral.first_billed_on
    never = T_("It was not mailed yet.")
    days = WRITTEN_NOTICE_DAYS if steps.exempt else steps.list_days
    noticed = notice is not None and today >= notice + timedelta(days=days)
    found = [
        Gate("owed", T_("Something is still owed"), referral.owed_cents > 0,
             T_("Open now, on the services of this bill.") if referral.owed_cents > 0 else T_("It is settled.")),
        Gate("insurance", T_("No insurance decides about it"), not referral.insurance_open,
             T_("A payer has not finished with one of its services.") if referral.insurance_open
             else T_("Every payer has finished.")),
        Gate("notice", T_("A final notice went by letter at least {n} days ago", n=days), noticed,
             never if notice is None else T_("Mailed on {day}.", day=notice)),
        Gate("estimate", T_("No dispute about an estimate is open"), "GFE_DISPUTED" not in referral.holds,
             _open("GFE_DISPUTED", referral)),
        Gate("question", T_("No question about the bill is open"), "DISPUTED" not in referral.holds,
             _open("DISPUTED", referral)),
        Gate("help", T_("No application for financial help is open"),
             "FINANCIAL_ASSISTANCE_PENDING" not in referral.holds, _open("FINANCIAL_ASSISTANCE_PENDING", referral)),
        Gate("court", T_("No bankruptcy, estate, plan or promise stands"),
             not referral.holds & {"BANKRUPT", "DECEASED_ESTATE", "ON_PLAN", "PROMISED"},
             _open("BANKRUPT", referral, "DECEASED_ESTATE", "ON_PLAN", "PROMISED")),
        Gate("mail", T_("Mail reaches them"), "RETURNED_MAIL" not in referral.holds,
             T_("Mail came back.") if "RETURNED_MAIL" in referral.holds else T_("No mail came back.")),
    ]  # fmt: skip
    if steps.exempt:
        over = first + timedelta(days=FIRST_BILL_DAYS)
        until = first + timedelta(days=APPLICATION_DAYS)
        found.append(
            Gate("first-bill", T_("The first bill went at least {n} days ago", n=FIRST_BILL_DAYS), today >= over,
                 T_("Sent on {day}. Help can be asked for until {until}; an application that comes until then stops "
                    "the collector.", day=first, until=until))
        )  # fmt: skip
    return tuple(found)


def _open(kind: str, referral: Referral, *more: str) -> Text:
    return T_("One is open.") if referral.holds & {kind, *more} else T_("None is open.")

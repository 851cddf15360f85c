"""When a practice bills: its cycle, due days, small balances, and whether a person releases what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from portal.domain.errors import Refused
from portal.domain.statements.arithmetic import CYCLE_DAYS, DUE_DAYS
from portal.domain.texts import T_


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a practice decided about its bills; raises Refused `cycle` for what cannot be meant."""

    KIND: ClassVar[str] = "statements"

    cycle_days: int = CYCLE_DAYS
    """Days after a bill before the same account gets the next one."""
    due_days: int = DUE_DAYS
    """Days from a bill to its due date."""
    least_cents: int = 500
    """Accounts that owe less are not billed until they owe more: a bill costs about as much."""
    weekdays: tuple[int, ...] = ()
    """Days of the week on which bills are written by themselves, Monday is 0; none: when somebody presses."""
    by_hand: bool = False
    """Whether a person looks at what was written and releases it."""

    def __post_init__(self) -> None:
        """Refuse days and sums that no practice means."""
        if not 7 <= self.cycle_days <= 120:
            raise Refused(T_("Write from 7 to 120 days between two bills."), code="cycle")
        if not 7 <= self.due_days <= 90:
            raise Refused(T_("Give from 7 to 90 days to pay."), code="cycle")
        if not 0 <= self.least_cents <= 10_000:
            raise Refused(T_("Leave out at most what is below $100.00."), code="cycle")
        if len(set(self.weekdays)) != len(self.weekdays) or not set(self.weekdays) <= set(range(7)):
            raise Refused(T_("Choose days of the week."), code="cycle")

    def next_on(self, last: date) -> date:
        """The first day on which an account billed on a day may be billed again."""
        return last + timedelta(days=self.cycle_days)

    def writes_on(self, day: date) -> bool:
        """Whether bills are written by themselves on a day."""
        return day.weekday() in self.weekdays

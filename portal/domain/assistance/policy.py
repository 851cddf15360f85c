"""What a practice grants to whom: financial assistance by income, and discounts for paying at once or oneself.

Bands follow the practice's written policy (26 CFR 1.501(r)-4 for tax-exempt hospitals; others as they choose).
Discounts are dated, reasoned and capped; none is given on what a plan asks of its member: a copay or deductible of a
government plan is not waived as a routine (42 USC 1320a-7b(b), OIG Special Fraud Alert of December 1994).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

from portal.domain.errors import Refused
from portal.domain.money import Money, split
from portal.domain.texts import T_, Text

ChargeT = TypeVar("ChargeT", bound=Hashable)

PAPERS: Final[Mapping[str, Text]] = MappingProxyType({
    "pay-stubs": T_("The last two pay stubs"), "tax-return": T_("The last tax return"),
    "benefits": T_("Letters about Social Security, unemployment or other benefits"),
    "bank": T_("The last bank statement"),
})  # fmt: skip
"""What a practice may ask to see."""

GOVERNMENT: Final = frozenset({"MA", "MB", "MC", "16", "CH", "VA", "OF", "TV"})
"""Filing indicators (SBR09) of plans paid by the government: Medicare, Medicaid, military, other federal."""

WHY: Final[Mapping[str, Text]] = MappingProxyType({
    "no-coverage": T_("They have no insurance"), "paid-at-visit": T_("They paid at the visit"),
    "late-billed": T_("We billed them late"), "service": T_("To make something good"),
})  # fmt: skip
"""Why a person gives a discount; what a rule gives has the reason by-rule."""


@dataclass(frozen=True, slots=True)
class Assistance:
    """Financial assistance: up to so many percent of the poverty guideline, so many percent off."""

    KIND: ClassVar[str] = "assistance"

    offered: bool = True
    bands: tuple[tuple[int, int], ...] = ((200, 100), (300, 50), (400, 25))
    look_back_days: int = 240
    """Services of so many days before the application count too (26 CFR 1.501(r)-6(c)(4): 240 for hospitals)."""
    valid_months: int = 6
    answer_days: int = 14
    """By when the office decides."""
    appeal_days: int = 30
    single_cents: int = 50_000
    """Up to this sum one person decides alone."""
    papers: tuple[str, ...] = ("pay-stubs", "tax-return", "benefits")

    def discount(self, percent: int) -> int:
        """Percent off at so many percent of the guideline; 0 above the last band."""
        return next((off for up_to, off in self.bands if percent <= up_to), 0)

    def valid_until(self, day: date) -> date:
        """The last day of help that is granted on a day."""
        months = day.month - 1 + self.valid_months
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1])) - timedelta(days=1)

    def check(self) -> None:
        """Raise Refused for rules that contradict themselves."""
        rises = all(
            one[0] < next_[0] and one[1] > next_[1] for one, next_ in zip(self.bands, self.bands[1:], strict=False)
        )
        within = all(0 < up_to <= 1_000 and 0 < off <= 100 for up_to, off in self.bands)
        if not self.bands or not rises or not within:
            raise Refused(T_("Each band reaches further and takes less off than the one before it."), code="bands")
        for days, most, name in (
            (self.look_back_days, 3_650, "look_back_days"), (self.valid_months, 24, "valid_months"),
            (self.answer_days, 60, "answer_days"), (self.appeal_days, 365, "appeal_days"),
        ):  # fmt: skip
            if not 1 <= days <= most:
                raise Refused(T_("Choose a number from 1 to {n}.", n=most), code=name)
        if self.single_cents < 0 or not set(self.papers) <= set(PAPERS):
            raise Refused(T_("This form is not complete. Open the page again."), code="form")


@dataclass(frozen=True, slots=True)
class Discounts:
    """Discounts by rule; nought percent is none."""

    KIND: ClassVar[str] = "discounts"

    prompt_percent: int = 0
    """Off a bill without a plan that is paid whole within `prompt_days` of its day."""
    prompt_days: int = 20
    prompt_most_cents: int = 100_000
    self_percent: int = 0
    """Off charges without coverage."""
    self_most_cents: int = 500_000
    """The most for one visit."""
    self_since: str = ""
    """Charges entered from this day on get it by themselves (ISO); empty: only by hand."""

    def prompt(self, owed_cents: int) -> int:
        """What is taken off a bill that is paid at once."""
        return min(owed_cents * self.prompt_percent // 100, self.prompt_most_cents)

    def own(self, open_cents: int) -> int:
        """What is taken off a visit without coverage."""
        return min(open_cents * self.self_percent // 100, self.self_most_cents)

    def begins(self) -> date | None:
        """From which day on charges without coverage are discounted by themselves; None for never."""
        return date.fromisoformat(self.self_since) if self.self_since else None

    def check(self) -> None:
        """Raise Refused for more than half, and days that are none."""
        for percent, name in ((self.prompt_percent, "prompt_percent"), (self.self_percent, "self_percent")):
            if not 0 <= percent <= 50:
                raise Refused(T_("Choose a percentage from 0 to 50."), code=name)
        if not 1 <= self.prompt_days <= 90:
            raise Refused(T_("Choose a number from 1 to {n}.", n=90), code="prompt_days")
        try:
            self.begins()
        except ValueError:
            raise Refused(T_("Write a day as a calendar shows it."), code="self_since") from None
        if min(self.prompt_most_cents, self.self_most_cents) < 0:
            raise Refused(T_("This form is not complete. Open the page again."), code="form")


def shares(open_cents: Mapping[ChargeT, int], percent: int) -> dict[ChargeT, int]:
    """So many percent of all that is open, over the charges by what is open on each, without losing a cent.

    The sum is rounded up, in the patient's favor; no charge gets more than is open on it, and none that is not open.
    """
    return spread(open_cents, -(-sum(max(each, 0) for each in open_cents.values()) * percent // 100))


def spread(open_cents: Mapping[ChargeT, int], cents: int) -> dict[ChargeT, int]:
    """A sum of at most what is open, over the charges by what is open on each; raises ValueError for more."""
    owed = {charge: each for charge, each in open_cents.items() if each > 0}
    if not 0 <= cents <= sum(owed.values()):
        raise ValueError("more is taken off than is open")
    if not cents:
        return {}
    parts = split(Money(cents), list(owed.values()))
    return {charge: part.cents for charge, part in zip(owed, parts, strict=True) if part.cents}

"""A household and what it earns, as people know it: by week, by month; put together to a year in whole cents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.texts import T_, Text
from portal.domain.typed import plain

MOST_PEOPLE: Final = 30
MOST_INCOMES: Final = 12
MOST_WORDS: Final = 2_000
_MOST_CENTS: Final = 10**10
"""A hundred million dollars: above it somebody has mistyped."""

PERIODS: Final[Mapping[str, Text]] = MappingProxyType({
    "month": T_("a month"), "week": T_("a week"), "two-weeks": T_("every two weeks"),
    "half-month": T_("twice a month"), "year": T_("a year"),
})  # fmt: skip
TIMES: Final[Mapping[str, int]] = MappingProxyType({"month": 12, "week": 52, "two-weeks": 26, "half-month": 24,
                                                    "year": 1})  # fmt: skip
"""How often each comes in a year."""

KINDS: Final[Mapping[str, Text]] = MappingProxyType({
    "wages": T_("Wages or salary"), "own-business": T_("Own business"), "social-security": T_("Social Security"),
    "unemployment": T_("Unemployment benefits"), "pension": T_("Pension or retirement"),
    "support": T_("Child support or alimony"), "other": T_("Something else"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Income:
    """One income of the household before taxes: `cents` each `period`."""

    kind: str
    cents: int
    period: str

    def __post_init__(self) -> None:
        """Refuse what is no income."""
        if self.kind not in KINDS or self.period not in PERIODS or not 0 < self.cents <= _MOST_CENTS:
            raise ValueError("no such income")

    @property
    def yearly_cents(self) -> int:
        """The same in a year."""
        return self.cents * TIMES[self.period]


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives together and what they earn; no income is an answer too, and is told apart from none given."""

    size: int = 0
    incomes: tuple[Income, ...] = ()
    no_income: bool = False
    words: str = ""

    @property
    def yearly_cents(self) -> int:
        """What all of them earn in a year."""
        return sum(each.yearly_cents for each in self.incomes)

    @property
    def complete(self) -> bool:
        """Whether everything is answered that a decision needs."""
        return 1 <= self.size <= MOST_PEOPLE and (bool(self.incomes) != self.no_income)


def percent_of(yearly_cents: int, level_cents: int) -> int:
    """Income as a percentage of the poverty guideline, rounded up: at most N exactly when income is at most N %."""
    return -(-yearly_cents * 100 // level_cents)


def read_size(typed: str) -> int:
    """The number of people; raises Refused `size`."""
    text = typed.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_PEOPLE):
        raise Refused(T_("Write how many people live in your household, with you: 1, 2, 3 …"), code="size")
    return int(text)


def read_incomes(rows: Sequence[tuple[str, str, str]]) -> tuple[Income, ...]:
    """Incomes as they were typed (kind, amount, period); rows without an amount are left out. Refused `income`."""
    found = []
    for kind, amount, period in rows[:MOST_INCOMES]:
        written = amount.strip().removeprefix("$").replace(",", "").strip()
        if not written:
            continue
        try:
            cents = parse_cents(written)
            if cents:
                found.append(Income(kind, cents, period))
        except ValueError:
            raise Refused(T_("Write each amount as dollars and cents, such as 1250.00."), code="income") from None
    return tuple(found)


def read_words(typed: str) -> str:
    """What people add in their own words; raises Refused `words`."""
    return plain(typed, "words", MOST_WORDS) or ""


def dump(household: Household) -> dict[str, Any]:
    """As it is sealed."""
    incomes = [[each.kind, each.cents, each.period] for each in household.incomes]
    return {"size": household.size, "incomes": incomes, "none": household.no_income, "words": household.words}


def load(body: Mapping[str, Any]) -> Household:
    """What `dump` made."""
    incomes = tuple(Income(kind, cents, period) for kind, cents, period in body["incomes"])
    return Household(body["size"], incomes, body["none"], body["words"])

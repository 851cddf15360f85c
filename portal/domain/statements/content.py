"""What one statement says, frozen when it is made: the page and the paper show this and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from portal.domain.money import ZERO, Money, total
from portal.domain.texts import Text, from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """One line of arithmetic: charged - discount - plan_paid - taken_off - with_plan - you_paid = you_owe."""

    charged: Money = ZERO
    discount: Money = ZERO
    """Taken off by contract with the plan."""
    plan_paid: Money = ZERO
    taken_off: Money = ZERO
    """Taken off by the practice."""
    with_plan: Money = ZERO
    """Not settled with a payer yet; nobody asks the patient for it."""
    you_paid: Money = ZERO
    you_owe: Money = ZERO

    def __post_init__(self) -> None:
        """Refuse a line that does not add up."""
        less = total((self.discount, self.plan_paid, self.taken_off, self.with_plan, self.you_paid))
        if self.charged - less != self.you_owe:
            raise ValueError("a line of a statement adds up")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine(Sums):
    """One service with its arithmetic and the reason for what is owed."""

    charge_id: str
    """Hex; empty for what a payer left on a claim without charges of ours."""
    encounter_id: str
    title: Text | str
    code: str
    day: date
    provider: str
    why: Text
    patient_id: str = ""
    """Hex; whose service it is."""
    person: str = ""
    """Their name, where the statement is about several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Who writes, to whom, and what to call: plain words of the practice and the guarantor."""

    practice_name: str
    practice_lines: tuple[str, ...]
    phone: str
    """Ten digits."""
    remit_lines: tuple[str, ...]
    to_lines: tuple[str, ...]
    """Name and address of whoever is billed."""
    patient_name: str
    account: str
    pay_url: str
    """Where to sign in and pay; names nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementContent:
    """One statement. `opening + asked - paid = owed`, and `owed` is the sum of the lines and of the ages."""

    number: str
    made_on: date
    due_on: date
    letter: Letter
    lines: tuple[StatementLine, ...]
    sums: Sums
    opening: Money
    asked: Money
    """What became the patient's since the last statement, less what is no longer asked."""
    paid: Money
    """What the patient paid since the last statement."""
    owed: Money
    credit: Money
    """What is held of the patient's and put to no service."""
    ages: Mapping[str, int]
    """Open cents by age since the service, by the buckets of `arithmetic.BUCKETS`."""
    sentence: Text
    total_asked: Money
    """Everything that ever became the patient's; with `total_paid`, what the next statement opens with."""
    total_paid: Money
    code: str = ""
    """What somebody types to pay this bill without signing in; empty on bills made before there was one."""

    def __post_init__(self) -> None:
        """Refuse a statement whose balances do not agree."""
        if not (
            self.opening + self.asked - self.paid
            == self.total_asked - self.total_paid
            == self.sums.you_owe
            == total(line.you_owe for line in self.lines)
            == Money(sum(self.ages.values()))
            == self.owed
        ):
            raise ValueError("the balances of a statement agree")


def summed(lines: Iterable[Sums]) -> Sums:
    """All lines together."""
    kept = tuple(lines)
    return Sums(**{each.name: total(getattr(line, each.name) for line in kept) for each in fields(Sums)})


def dump(content: StatementContent) -> dict[str, Any]:
    """A statement as plain JSON, to be sealed."""
    return {each.name: _dump(getattr(content, each.name)) for each in fields(content)}


def load(stored: Mapping[str, Any]) -> StatementContent:
    """The statement that `dump` stored; raises ValueError when it no longer adds up."""
    values = {name: _load(value) for name, value in stored.items()}
    values["letter"] = Letter(**{name: _row(value) for name, value in stored["letter"].items()})
    values["lines"] = tuple(StatementLine(**_loaded(line)) for line in stored["lines"])
    values["sums"] = Sums(**_loaded(stored["sums"]))
    return StatementContent(**values)


def _dump(value: Any) -> Any:
    if isinstance(value, Money):
        return {"cents": value.cents}
    if isinstance(value, Text):
        return {"text": to_json(value)}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, tuple):
        return [_dump(each) for each in value]
    if isinstance(value, Sums | Letter):
        return {each.name: _dump(getattr(value, each.name)) for each in fields(value)}
    return dict(value) if isinstance(value, Mapping) else value


def _loaded(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _load(value) for name, value in stored.items()}


def _load(stored: Any) -> Any:
    if isinstance(stored, dict) and len(stored) == 1:
        ((kind, value),) = stored.items()
        if kind == "cents":
            return Money(value)
        if kind == "text":
            return from_json(value)
        if kind == "date":
            return date.fromisoformat(value)
    return stored


def _row(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

"""What a claim edit is: a rule, what it may know besides the claim, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from portal.domain.claims import Claim
from portal.domain.codes import NO_CODES, CodeRelease
from portal.domain.ncci import NO_NCCI, NcciTables
from portal.domain.texts import Text

Severity = Literal["block", "warn"]


@dataclass(frozen=True, slots=True)
class PriorLine:
    """A line of another claim for the same patient to the same payer, not voided or rejected (`history.line_key`)."""

    npi: str
    """Who did it: the rendering provider, else the billing one."""
    day: date
    code: str
    modifiers: tuple[str, ...]
    """Sorted."""
    units: Decimal
    charge_cents: int


@dataclass(frozen=True, slots=True)
class EditContext:
    """What the rules may know besides the claim itself; `today` is the practice's."""

    today: date
    codes: CodeRelease = NO_CODES
    prior: tuple[PriorLine, ...] = ()
    filing_days: int | None = None
    """The payer's limit by contract; Medicare's rule is known by the filing code."""
    earlier_payer_answered: date | None = None
    """For a second payer: the day of the first one's answer, from which its limit runs."""
    holidays: AbstractSet[date] = field(default_factory=frozenset)
    ncci: NcciTables = NO_NCCI
    """CMS's pairs and unit limits, as far as the services at hand need them."""
    restricted: bool = False
    """The patient paid in full and asked that the plan not be told (45 CFR 164.522(a)(1)(vi))."""


@dataclass(frozen=True, slots=True)
class Found:
    """A rule's bare finding: what is wrong and what to do; `line` counts from 1. Texts carry no protected value."""

    text: Text
    what_to_do: Text
    line: int | None = None


@dataclass(frozen=True, slots=True)
class EditFinding:
    """One thing to mend on a claim, or with severity warn to look at; texts name places, never protected values."""

    code: str
    severity: Severity
    line: int | None
    text: Text
    what_to_do: Text


@dataclass(frozen=True, slots=True)
class Rule:
    """One edit: `code` is short and stable, `example` tells people what trips it."""

    code: str
    title: Text
    severity: Severity
    example: Text
    check: Callable[[Claim, EditContext], Iterable[Found]]

    def findings(self, claim: Claim, context: EditContext) -> Iterator[EditFinding]:
        """What this rule finds on a claim."""
        for found in self.check(claim, context):
            yield EditFinding(self.code, self.severity, found.line, found.text, found.what_to_do)


def service_day(claim: Claim) -> date | None:
    """The first service date of a claim, None when no line has one."""
    return min((line.from_date for line in claim.lines if line.from_date is not None), default=None)

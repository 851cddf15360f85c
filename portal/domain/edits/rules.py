"""What a claim edit is: a rule, what it may know besides the claim, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, Protocol

from portal.domain.claims import Claim
from portal.domain.codes import NO_CODES, CodeRelease
from portal.domain.contracts import Terms, assumed
from portal.domain.coverage_policies import Policy
from portal.domain.facilities import Listed
from portal.domain.global_periods import Surgery
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
class OtherCover:
    """Another coverage of the patient on the day of service."""

    rank: str
    """P, S or T."""
    filing_code: str
    """SBR09."""
    relationship: str
    birthday: tuple[int, int] | None = None
    """Month and day of its subscriber's birth."""
    answered: bool = False
    """Its payer has remitted on this visit."""


class OwnRules(Protocol):
    """A rule that is not built in (`edits.own`)."""

    def findings(self, claim: Claim, context: EditContext) -> Iterable[EditFinding]:
        """What it finds on a claim."""
        ...


@dataclass(frozen=True, slots=True)
class EditContext:
    """What the rules may know besides the claim itself; `today` is the practice's."""

    today: date
    codes: CodeRelease = NO_CODES
    prior: tuple[PriorLine, ...] = ()
    terms: Terms = field(default_factory=assumed)
    """The payer's days for services of these days; Medicare's year is known by the filing code."""
    earlier_payer_answered: date | None = None
    """For a second payer: the day of the first one's remittance, from which its limit runs."""
    answered: date | None = None
    """For a replacement: the day of the remittance that it corrects."""
    covers: tuple[OtherCover, ...] = ()
    """The patient's other coverages that stand on the day of service."""
    fees: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    """What the payer allows for one unit, in cents, by the number of the line; as far as a schedule is loaded."""
    ncci: NcciTables = NO_NCCI
    """CMS's pairs and unit limits, as far as the services at hand need them."""
    unauthorized: tuple[tuple[int, str], ...] = ()
    """Lines, from 1, that need leave of the payer and are not covered, and why (`domain.granting.obstacle`)."""
    unrecorded: bool = False
    """The number of the authorization came with the visit, and none of ours has it."""
    restricted: bool = False
    """The patient paid in full and asked that the plan not be told (45 CFR 164.522(a)(1)(vi))."""
    own: tuple[OwnRules, ...] = ()
    """Rules of the practice itself that are in use, in their order."""
    surgeries: tuple[Surgery, ...] = ()
    """Procedures of the patient at this practice whose payment covers what comes after them."""
    periods: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    """Global periods (000, 010, 090) of the claim's own procedures by the number of the line, as far as loaded."""
    policies: Mapping[str, tuple[Policy, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Coverage policies of the payer by service, as far as the diagnoses at hand need them."""
    notice: bool = False
    """An advance notice (ABN) is attached to the claim or its visit."""
    listed: tuple[Listed, ...] = ()
    """The practice's facilities, with the places of service there."""
    late_alone: bool = False
    """For a facility's late charges: no bill of the stay that went to this payer covers their days."""
    certificate: str = ""
    """The kind of the laboratory's certificate, where its number is one of the practice's (`laboratories.KINDS`)."""


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

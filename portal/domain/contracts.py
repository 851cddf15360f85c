"""Contracts with payers: in how many days a claim must be filed, replaced or appealed, and the days that follow.

The days are data (workflows 3); only Medicare's year is law (42 CFR 424.44).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from portal.domain.dates import add_year, federal_holidays, next_workday
from portal.domain.payers import MEDICARE_FILING
from portal.domain.texts import T_, Text

Basis = Literal["service", "discharge"]
BASES: Final[dict[str, Text]] = {
    "service": T_("the first day of service"),
    "discharge": T_("the last day of service, or discharge"),
}
MOST_DAYS = 1095
"""Three years: no payer takes claims longer."""
SOON_DAYS = 14
"""From so many days before a limit on, people are warned."""

ASSUMED_FILING_DAYS = 90
ASSUMED_APPEAL_DAYS = 60
"""Short enough for nearly every payer: where nobody has said the days, it is better to be early."""
MEDICARE_APPEAL_DAYS = 120
"""Redetermination (42 CFR 405.942): from receipt, five days after the notice; those five are not counted on."""

Source = Literal["contract", "payer", "assumed"]


@dataclass(frozen=True, slots=True)
class Terms:
    """The days of a payer for services of a time, and where they are from."""

    filing_days: int
    filing_from: Basis = "service"
    secondary_days: int | None = None
    """For a second payer, from the earlier payer's remittance; None for the days of an original, from there too."""
    replacement_days: int | None = None
    """From the remittance that is corrected; None where the contract does not say."""
    appeal_days: int | None = None
    """From the remittance; None where neither contract nor payer says."""
    source: Source = "contract"


@dataclass(frozen=True, slots=True)
class Dated:
    """Terms of a contract and the days of service for which they hold; `valid_to` None while they stand."""

    valid_from: date
    valid_to: date | None
    terms: Terms


@dataclass(frozen=True, slots=True)
class Limit:
    """A last day. `known` is False where the days are assumed, so that a claim past it is not stopped for good."""

    last: date
    known: bool = True


@dataclass(frozen=True, slots=True)
class Filing:
    """What a filing limit runs from: the days of service, and what payers have answered."""

    service_from: date
    service_to: date
    filing_code: str
    """SBR09: Medicare's year is law, whatever a contract says."""
    rank: str = "P"
    frequency: str = "1"
    earlier_answered: date | None = None
    """For a second payer: the day of the earlier one's remittance."""
    answered: date | None = None
    """For a replacement: the day of the remittance that it corrects."""


def assumed(filing_days: int | None = None, appeal_days: int | None = None) -> Terms:
    """Terms where no contract stands: what is known of the payer, else days that are short enough for nearly all."""
    return Terms(
        filing_days or ASSUMED_FILING_DAYS,
        appeal_days=appeal_days,
        source="payer" if filing_days else "assumed",
    )


def on(contracts: Iterable[Dated], day: date) -> Terms | None:
    """The terms that hold for a day of service: of those that do, the ones that began last."""
    holding = [one for one in contracts if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)]
    newest = max(holding, key=lambda one: one.valid_from, default=None)
    return newest.terms if newest is not None else None


def medicare_limit(service_from: date) -> date:
    """One calendar year from the service, 29 February counting to the 28th, moved past weekends and federal holidays.

    42 CFR 424.44; claims processing manual ch. 1, 70. It binds replacements and second payers too: no exception is
    made for a first payer's delay (70.7).
    """
    return _workday(add_year(service_from))


def filing_limit(about: Filing, terms: Terms) -> Limit:
    """The last day on which a claim, or its replacement, may reach the payer."""
    if about.filing_code in MEDICARE_FILING:
        return Limit(medicare_limit(about.service_from))
    known = terms.source != "assumed"
    start = about.service_to if terms.filing_from == "discharge" else about.service_from
    if about.frequency == "7":
        if terms.replacement_days is None:  # the payer's rule for replacements is not on record: the original's is told
            return Limit(_after(start, terms.filing_days), known=False)
        return Limit(_after(about.answered or start, terms.replacement_days), known)
    if about.rank != "P" and about.earlier_answered is not None:
        days = terms.filing_days if terms.secondary_days is None else terms.secondary_days
        return Limit(_after(about.earlier_answered, days), known)
    return Limit(_after(start, terms.filing_days), known)


def appeal_limit(remitted_on: date, terms: Terms, filing_code: str = "") -> Limit:
    """The last day on which a denial of a remittance may be appealed at the first level."""
    if terms.appeal_days is not None:
        return Limit(_after(remitted_on, terms.appeal_days))
    if filing_code in MEDICARE_FILING:
        return Limit(_workday(_after(remitted_on, MEDICARE_APPEAL_DAYS)))
    return Limit(_after(remitted_on, ASSUMED_APPEAL_DAYS), known=False)


def _after(start: date, days: int) -> date:
    return start + timedelta(days=days) if days <= (date.max - start).days else date.max


def _workday(day: date) -> date:
    """The day itself, or the next that is neither on a weekend nor a federal holiday."""
    last = next_workday(day)
    while last in federal_holidays(last.year):
        last = next_workday(last + timedelta(days=1))
    return last


def file_by(last: date, today: date) -> Text:
    """A filing limit in plain words."""
    left = (last - today).days
    if left < 0:
        return T_(
            "The limit passed on {day}, {n} day ago.", "The limit passed on {day}, {n} days ago.", day=last, n=-left
        )
    if left == 0:
        return T_("File by {day}: today is the last day.", day=last)
    return T_("File by {day}: {n} day left.", "File by {day}: {n} days left.", day=last, n=left)


def appeal_by(last: date, today: date) -> Text:
    """An appeal limit in plain words."""
    left = (last - today).days
    if left < 0:
        return T_(
            "The time to appeal ended on {day}, {n} day ago.",
            "The time to appeal ended on {day}, {n} days ago.",
            day=last,
            n=-left,
        )
    if left == 0:
        return T_("Appeal by {day}: today is the last day.", day=last)
    return T_("Appeal by {day}: {n} day left.", "Appeal by {day}: {n} days left.", day=last, n=left)

"""The filing clock of a claim in plain words, and the payer's acceptance that proves it was filed in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain import contracts, dates
from portal.domain.contracts import Limit
from portal.domain.payers import MEDICARE_FILING
from portal.domain.texts import T_, Text
from portal.models.claims import AcknowledgementRow, ClaimRow
from portal.services.claims.checking import zone_of
from portal.services.contracts import limits
from portal.services.contracts.limits import Clock
from portal.services.unit_of_work.work import UnitOfWork

_UNFILED = frozenset({"DRAFT", "READY", "HELD", "REJECTED"})
RUNNING = _UNFILED | {"SUBMITTED"}
"""The filing clock runs: what was sent counts as filed only when it is accepted."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An accepted 277CA, kept as proof of timely filing, and the file it came in."""

    text: Text
    interchange_id: str


@dataclass(frozen=True, slots=True)
class ClaimClock:
    """`text` says until when and how long that is; `tone` is stop, wait or empty; `why` where the days are from."""

    text: Text
    tone: str
    why: Text
    proof: Proof | None
    replace: Text | None
    """Until when it can be replaced, where the payer has answered it."""


def clock_of(uow: UnitOfWork, claim: ClaimRow) -> ClaimClock:
    """The clock of one claim as its page shows it."""
    today = uow.today(claim.practice_id)
    clock = limits.clocks_of(uow, [claim])[claim.id]
    proof, filed_on = _proof(uow, claim, clock.limit)
    running = claim.state in _UNFILED or (claim.frequency == "7" and claim.state == "ADJUDICATED")
    left = (clock.limit.last - today).days
    text, tone = contracts.file_by(clock.limit.last, today), ""
    late = "stop" if left < 0 else "wait" if left < contracts.SOON_DAYS else ""
    if running:
        tone = late
    elif filed_on is not None and claim.frequency != "7":
        text = _filed(filed_on, clock.limit.last)
        tone = "" if filed_on <= clock.limit.last else "stop"
    elif claim.state == "SUBMITTED":
        text, tone = T_("Sent. It counts as filed once the payer accepts it: {limit}", limit=text), late
    elif claim.state == "WITHDRAWN":
        text = T_("It is not billed, so there is nothing to file.")
    else:
        text = T_("The limit was {day}.", day=clock.limit.last)
    return ClaimClock(text, tone, _why(clock), proof, _replacement(claim, clock, today))


def _filed(on: date, last: date) -> Text:
    left = (last - on).days
    if left >= 0:
        return T_(
            "Filed in time: accepted on {day}, {n} day before the limit.",
            "Filed in time: accepted on {day}, {n} days before the limit.",
            day=on,
            n=left,
        )
    return T_("Filed late: accepted on {day}, the limit was {last}.", day=on, last=last)


def _why(clock: Clock) -> Text:
    """Where the days are from."""
    about, terms = clock.about, clock.terms
    if about.filing_code in MEDICARE_FILING:
        return T_("Medicare: one calendar year from the service.")
    if terms.source == "assumed":
        return T_("No contract is on record: {n} days are assumed.", n=terms.filing_days)
    if about.frequency == "7":
        if terms.replacement_days is None:
            return T_("The contract says nothing of replacements: this is the limit of originals.")
        return T_("{n} days from the remittance that it corrects.", n=terms.replacement_days)
    if about.rank != "P" and about.earlier_answered is not None:
        days = terms.filing_days if terms.secondary_days is None else terms.secondary_days
        return T_("{n} days from the first payer's remittance of {day}.", n=days, day=about.earlier_answered)
    start = contracts.BASES[terms.filing_from]
    if terms.source == "payer":
        return T_("{n} days from {start}, as loaded with the payer.", n=terms.filing_days, start=start)
    return T_("{n} days from {start}, by the contract.", n=terms.filing_days, start=start)


def _replacement(claim: ClaimRow, clock: Clock, today: date) -> Text | None:
    """Until when an answered original may be replaced."""
    if claim.state != "ADJUDICATED" or claim.frequency != "1":
        return None
    about = limits.as_replacement(clock.about)
    limit: Limit = contracts.filing_limit(about, clock.terms)
    if not limit.known:
        return None
    left = (limit.last - today).days
    if left < 0:
        return T_("The time to replace it ended on {day}.", day=limit.last)
    return T_("Replace by {day}: {n} day left.", "Replace by {day}: {n} days left.", day=limit.last, n=left)


def _proof(uow: UnitOfWork, claim: ClaimRow, limit: Limit) -> tuple[Proof | None, date | None]:
    """The first acceptance of a version that was not rejected after all: what is rejected does not count as filed."""
    zone = zone_of(uow, claim.practice_id)
    rows = uow.rows(
        uow.select(
            AcknowledgementRow.interchange_id, AcknowledgementRow.answered_on, AcknowledgementRow.received_at,
            AcknowledgementRow.category, AcknowledgementRow.outcome, AcknowledgementRow.about_interchange_id,
        ).where(
            AcknowledgementRow.claim_id == claim.id,
            AcknowledgementRow.kind == "277CA",
            AcknowledgementRow.outcome.in_(("accepted", "rejected")),
        )
    )  # fmt: skip
    rejected = {row.about_interchange_id for row in rows if row.outcome == "rejected"}
    taken = [row for row in rows if row.outcome == "accepted" and row.about_interchange_id not in rejected]
    first: Any = min(taken, key=lambda row: row.received_at, default=None)
    if first is None:
        return None, None
    on = first.answered_on or dates.today(first.received_at, zone)
    text = T_("Proof of timely filing: accepted on {day} (277CA, {category}).", day=on, category=first.category)
    if on > limit.last:
        text = T_("Accepted on {day} (277CA, {category}), after the limit.", day=on, category=first.category)
    return Proof(text, first.interchange_id.hex()), on

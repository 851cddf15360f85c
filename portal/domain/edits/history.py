"""Edits about when and whether: duplicates, filing limits, frequency, and what the plan must not hear of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from portal.domain.claims import Claim, ServiceLine
from portal.domain.contracts import SOON_DAYS, Filing, Limit, filing_limit
from portal.domain.edits.rules import EditContext, Found, PriorLine, Rule
from portal.domain.texts import T_

CONTROL_LENGTH = 20
"""What a payer must keep and return of CLM01 (X12 RFI 525)."""

_OF_FACILITIES = frozenset("01234578") | frozenset("9ABCDEQ")
"""Without payment, from admission to discharge, the parts of a stay, late charges, replacement and void; the last bill
of home health, the notices of home health and hospice, a bill to be opened again (NUBC, form locator 4)."""
_BASIC = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")


def line_key(claim: Claim, line: ServiceLine) -> PriorLine | None:
    """A line as later claims compare with it; None for a line without a date."""
    if line.from_date is None:
        return None
    npi = claim.rendering.npi if claim.rendering is not None else claim.billing.npi
    return PriorLine(npi, line.from_date, line.code, tuple(sorted(line.modifiers)), line.units, line.charge_cents)


def _like(key: PriorLine) -> tuple[str, date, str]:
    return (key.npi, key.day, key.code)


def _duplicate(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.frequency == "8":
        return
    prior = set(context.prior)
    seen: set[PriorLine] = set()
    for number, line in enumerate(claim.lines, start=1):
        key = line_key(claim, line)
        if key is None:
            continue
        if key in prior:
            yield Found(
                T_("Line {line} was already billed on another claim.", line=number),
                T_("Void or replace that claim, or say by modifier 76 or 77 that it was done again."),
                number,
            )
        elif key in seen:
            yield Found(
                T_("Line {line} stands twice on this claim.", line=number),
                T_("Join the lines with more units, or say by modifier 76 or 77 that it was done again."),
                number,
            )
        seen.add(key)


def _near_duplicate(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.frequency == "8" or not context.prior:
        return
    exact, like = set(context.prior), {_like(key) for key in context.prior}
    for number, line in enumerate(claim.lines, start=1):
        key = line_key(claim, line)
        if key is not None and key not in exact and _like(key) in like:
            yield Found(
                T_("Line {line} is much like a line of another claim on the same day.", line=number),
                T_("Compare the two before you send it."),
                number,
            )


def _frequency(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None:
        if claim.frequency not in _OF_FACILITIES:
            yield Found(
                T_("The frequency of the bill is none that a facility may give."),
                T_("Correct it in the facility's system and import the visit again."),
            )
    elif claim.frequency not in {"1", "7", "8"}:
        yield Found(
            T_("The claim is neither original (1), replacement (7) nor void (8)."), T_("Choose one of the three.")
        )


def _payer_control(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.frequency in {"7", "8"} and not claim.payer_control:
        yield Found(
            T_("A replacement or void needs the payer's claim number."),
            T_("Take it from the remittance; without one, the claim was never adjudicated and goes as an original."),
        )
    elif claim.frequency not in {"7", "8"} and claim.payer_control:
        yield Found(
            T_("An original claim must not carry the payer's claim number."),
            T_("Send it as a replacement, or take the number away."),
        )


def _control(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if not 0 < len(claim.control) <= CONTROL_LENGTH or not set(claim.control) <= _BASIC:
        yield Found(
            T_("The claim's number is missing, too long, or has characters that X12 does not carry."),
            T_("Make the claim anew; it gets a number of its own."),
        )


def _limits(claim: Claim, context: EditContext) -> Iterator[tuple[int, Limit]]:
    """The last day for each line: the first line that is late makes the claim late."""
    if claim.frequency == "8":  # money is given back at any time
        return
    for number, line in enumerate(claim.lines, start=1):
        if line.from_date is None:
            continue
        about = Filing(
            line.from_date, line.to_date or line.from_date, claim.cover.filing_code, claim.cover.rank, claim.frequency,
            context.earlier_payer_answered, context.answered,
        )  # fmt: skip
        yield number, filing_limit(about, context.terms)


def _late(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, limit in _limits(claim, context):
        if limit.known and claim.frequency != "7" and context.today > limit.last:
            yield Found(
                T_("Line {line}: the payer took claims until {day}.", line=number, day=limit.last),
                T_("Look for proof of earlier filing; else ask a manager for an exception or a write-off."),
                number,
            )


def _late_assumed(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, limit in _limits(claim, context):
        if not limit.known and claim.frequency != "7" and context.today > limit.last:
            yield Found(
                T_("Line {line}: the payer's limit is not on record, and may have passed on {day}.", line=number,
                   day=limit.last),
                T_("Look the payer's days up and keep them as its contract; then check the claim again."),
                number,
            )  # fmt: skip


def _replaced_late(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, limit in _limits(claim, context):
        if limit.known and claim.frequency == "7" and context.today > limit.last:
            yield Found(
                T_("Line {line}: the payer took replacements until {day}.", line=number, day=limit.last),
                T_("Ask the payer for an exception, or appeal; else ask a manager for a write-off."),
                number,
            )


def _replaced_assumed(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, limit in _limits(claim, context):
        if not limit.known and claim.frequency == "7" and context.today > limit.last:
            yield Found(
                T_("Line {line}: the payer took originals until {day}.", line=number, day=limit.last),
                T_("Look up until when this payer takes replacements, and keep it as its contract."),
                number,
            )


def _soon(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, limit in _limits(claim, context):
        if context.today <= limit.last < context.today + timedelta(days=SOON_DAYS):
            yield Found(
                T_("Line {line}: the payer takes claims only until {day}.", line=number, day=limit.last),
                T_("Send this claim before the others."),
                number,
            )


def _restricted(_claim: Claim, context: EditContext) -> Iterator[Found]:
    if context.restricted:
        yield Found(
            T_("The patient paid for this in full and asked that the plan not be told."),
            T_("Do not bill it. The charges stay on the patient's own account."),
        )


RULES = (
    Rule("control", T_("Claim number can travel"), "block", T_("A number of 21 characters."), _control),
    Rule("frequency", T_("Original, replacement or void"), "block", T_("A claim of frequency 2."), _frequency),
    Rule(
        "payer-control",
        T_("Payer's number goes with a replacement"),
        "block",
        T_("A replacement without the payer's claim number."),
        _payer_control,
    ),
    Rule(
        "duplicate",
        T_("Nothing is billed twice"),
        "block",
        T_("The same service, day, units and charge on another claim."),
        _duplicate,
    ),
    Rule(
        "near-duplicate",
        T_("Nothing is nearly billed twice"),
        "warn",
        T_("The same service and day on another claim, with other units."),
        _near_duplicate,
    ),
    Rule("filing-passed", T_("Filing limit has not passed"), "block", T_("A Medicare visit of 13 months ago."), _late),
    Rule(
        "filing-assumed",
        T_("Filing limit is on record"),
        "warn",
        T_("A visit of half a year ago, to a payer without a contract."),
        _late_assumed,
    ),
    Rule(
        "replacement-passed",
        T_("Limit for replacements has not passed"),
        "block",
        T_("A replacement 120 days after the remittance, where the contract gives 90."),
        _replaced_late,
    ),
    Rule(
        "replacement-late",
        T_("Replacement after the filing limit"),
        "warn",
        T_("A replacement of a claim of a year ago, where the contract says nothing of replacements."),
        _replaced_assumed,
    ),
    Rule("filing-soon", T_("Filing limit is near"), "warn", T_("A limit that ends in a week."), _soon),
    Rule("restricted", T_("Plan may be told"), "block", T_("A visit paid in full, kept from the plan."), _restricted),
)

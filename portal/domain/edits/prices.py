"""Edits about charges beside what the payer allows, from the fee schedule that is loaded for it."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.money import Money
from portal.domain.texts import T_

FAR_ABOVE = 5
"""Charges stand above what payers allow as a rule; so many times as much is rather a slip of the keys."""


def _fees(claim: Claim, context: EditContext) -> Iterator[tuple[int, ServiceLine, int]]:
    """(Number, line, what the payer allows for all its units in cents) of lines whose fee is known."""
    if not context.fees:
        return
    for number, line in enumerate(claim.lines, start=1):
        fee = context.fees.get(number)
        if fee is not None and fee > 0 and line.unit == "UN" and line.units > 0:
            yield number, line, round(fee * line.units)


def _below(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line, allowed in _fees(claim, context):
        if line.charge_cents < allowed:
            yield Found(
                T_("Line {line} charges less than the {fee} that the payer allows.", line=number, fee=Money(allowed)),
                T_("Payers pay the lower of the two. Compare the practice's price and the units."),
                number,
            )


def _above(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line, allowed in _fees(claim, context):
        if line.charge_cents > FAR_ABOVE * allowed:
            yield Found(
                T_(
                    "Line {line} charges more than {times} times the {fee} that the payer allows.",
                    line=number,
                    times=FAR_ABOVE,
                    fee=Money(allowed),
                ),
                T_("Compare the units and the charge with the practice's price."),
                number,
            )


RULES = (
    Rule("fee-below", T_("Charge is not below the fee"), "warn", T_("$80.00 charged where $96.00 is allowed."), _below),
    Rule("fee-above", T_("Charge is not far above the fee"), "warn", T_("$900.00 where $96.00 is allowed."), _above),
)

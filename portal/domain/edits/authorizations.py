"""Edits about what payers want to be asked in advance: a number on the claim, with units and days that hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.professional import EMERGENCY, EXCEPTIONS
from portal.domain.texts import T_, Text

_ASK = T_("Ask the payer, after the service if need be, or enter the number it gave by phone. The claim follows.")
_OBSTACLES: Final[Mapping[str, tuple[Text, Text]]] = MappingProxyType({
    "missing": (T_("the payer wants to be asked for it in advance, and nobody did."), _ASK),
    "asked": (
        T_("the payer was asked for it and has not decided."),
        T_("Wait for the payer, or hold the claim. It follows by itself once it is approved."),
    ),
    "denied": (
        T_("the payer denied it in advance."),
        T_("Appeal, let the clinicians talk, or bill it to the patient only where a signed notice allows that."),
    ),
    "dates": (
        T_("it was given on a day that the approval does not cover."),
        T_("Ask the payer for other days, or correct the day of the service if it is wrong."),
    ),
    "units": (
        T_("more units, visits or days are billed than are left of the approval."),
        T_("Ask the payer for more, or correct units and days if they are wrong."),
    ),
    "elsewhere": (
        T_("another approval than the rest of the claim has covers it, and a facility's claim carries one number."),
        T_("Bill it on a claim of its own."),
    ),
})  # fmt: skip


_EXCUSED = frozenset({"missing", "asked"})
"""What an exception (REF*4N) is told for; it undoes no denial, and adds nothing to an approval."""


def _missing(claim: Claim, context: EditContext) -> Iterator[Found]:
    excused = claim.exception in EXCEPTIONS
    for number, why in context.unauthorized:
        if not (excused and why in _EXCUSED):
            wrong, todo = _OBSTACLES[why]
            yield Found(T_("Line {line}: {wrong}", line=number, wrong=wrong), todo, number)


def _exception(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.exception not in EXCEPTIONS:
        return
    for number, why in context.unauthorized:
        if why in _EXCUSED:
            text = (
                T_("Line {line} has no approval; the payer is told that it was an emergency.", line=number)
                if claim.exception == EMERGENCY
                else T_("Line {line} has no approval; the payer is told why it was not asked.", line=number)
            )
            yield Found(text, T_("Keep the record at hand, and send it when the payer asks."), number)


def _exception_shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.exception and claim.exception not in EXCEPTIONS:
        yield Found(
            T_("The reason why the payer was not asked is none of the seven that a claim can tell."),
            T_("Choose it in the visit's details, or take it out."),
        )


def _unrecorded(claim: Claim, context: EditContext) -> Iterator[Found]:
    if context.unrecorded and (claim.authorization or any(line.authorization for line in claim.lines)):
        yield Found(
            T_("The number of the payer's approval came with the visit, and is not among our authorizations."),
            T_("Enter it with its units and days, so that they are counted; the claim may go as it is."),
        )


RULES = (
    Rule(
        "authorization-exception",
        T_("Payer was not asked, and is told why"),
        "warn",
        T_("An emergency: a service on the payer's list, with exception 3 and no approval."),
        _exception,
    ),
    Rule(
        "authorization-exception-shape",
        T_("Reason for not asking is one of seven"),
        "block",
        T_("Exception 9."),
        _exception_shape,
    ),
    Rule(
        "authorization-missing",
        T_("Payer was asked where it wants to be"),
        "block",
        T_("A service on the payer's list, with no approval, or more units, visits or days than were approved."),
        _missing,
    ),
    Rule(
        "authorization-unrecorded",
        T_("Approval is on record"),
        "warn",
        T_("A number that the practice wrote on its bill."),
        _unrecorded,
    ),
)

"""Edits about what only facilities' claims (837I) have: the bill, the statement, revenue codes, who attended."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.practices import is_npi
from portal.domain.texts import T_

_AT_HOME = T_("Correct it in the facility's system and import the visit again.")
_RECHARGE = T_("Return the claim to charge entry.")
_INPATIENT = frozenset({"11", "12", "18", "21", "28", "41"})
"""Types of bill whose claims tell how the patient was admitted."""


def _digits(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) == most


def _bill(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None and not _digits(claim.place, 2):
        yield Found(T_("The type of bill does not have its shape: two digits and a frequency."), _AT_HOME)


def _statement(claim: Claim, context: EditContext) -> Iterator[Found]:
    stay = claim.institutional
    if stay is None:
        return
    if stay.statement_from is None:
        yield Found(T_("The days of the statement are missing."), _AT_HOME)
        return
    last = stay.statement_to or stay.statement_from
    if last < stay.statement_from or last > context.today:
        yield Found(T_("The statement ends before it begins, or in the future."), _AT_HOME)
    for number, line in enumerate(claim.lines, 1):
        if line.from_date is not None and not stay.statement_from <= line.from_date <= last:
            yield Found(T_("Line {line} lies outside the days of the statement.", line=number), _AT_HOME, number)


def _status(claim: Claim, _context: EditContext) -> Iterator[Found]:
    stay = claim.institutional
    if stay is None:
        return
    if not stay.admission_type or not stay.patient_status:
        yield Found(T_("The type of admission or the patient's status at the end is missing."), _AT_HOME)
    if claim.place in _INPATIENT and (stay.admitted_on is None or not stay.admitting):
        yield Found(T_("An inpatient claim needs the day of admission and the admitting diagnosis."), _AT_HOME)


def _revenue(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is None:
        return
    for number, line in enumerate(claim.lines, 1):
        if not _digits(line.revenue_code, 4):
            text = T_("Line {line} has no revenue code of four digits.", line=number)
            yield Found(text, _RECHARGE, number)


def _attending(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None and (claim.attending is None or not is_npi(claim.attending.npi)):
        yield Found(T_("The attending provider is not named, or the NPI is none."), _AT_HOME)


RULES = (
    Rule("bill-type", T_("Type of bill has its shape"), "block", T_("A facility's claim of type 1."), _bill),
    Rule(
        "statement",
        T_("Statement has its days"),
        "block",
        T_("A service of 9 May on a statement that ends on 8 May."),
        _statement,
    ),
    Rule(
        "patient-status",
        T_("Admission and status are told"),
        "block",
        T_("An inpatient claim without the day of admission."),
        _status,
    ),
    Rule("revenue-code", T_("Line has its revenue code"), "block", T_("A line without revenue code."), _revenue),
    Rule(
        "attending",
        T_("Attending provider is named"),
        "block",
        T_("A hospital's claim that names nobody who attended."),
        _attending,
    ),
)

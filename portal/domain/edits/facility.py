"""Edits about what only facilities' claims (837I) have: the bill, the statement, revenue codes, who attended."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.practices import is_npi
from portal.domain.texts import T_

_DETAILS = T_("Correct it in the visit's facility details: while it is coded, or when its charges are entered.")
_INPATIENT = frozenset({"11", "12", "18", "21", "28", "41"})
"""Types of bill whose claims tell how the patient was admitted."""
STAYS = _INPATIENT - {"12"}
"""Those of which a bill covers a stay or a part of one."""
_WITHOUT_HOUR = frozenset({"21"})
"""Nursing facilities tell no hour of discharge (005010X223A2, DTP*096)."""
_AMBULANCE = "054"
"""Revenue codes of transport, which nobody attends (005010X223A2, loop 2310A)."""
STILL_THERE = "30"
_PARTS, _ENDS = frozenset({"2", "3"}), frozenset({"1", "4"})
"""Frequency: the first and further parts of a stay; the whole of it and its last part."""


def _digits(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) == most


def _bill(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None and not _digits(claim.place, 2):
        yield Found(T_("The type of bill does not have its shape: two digits and a frequency."), _DETAILS)


def _statement(claim: Claim, context: EditContext) -> Iterator[Found]:
    stay = claim.institutional
    if stay is None:
        return
    if stay.statement_from is None:
        yield Found(T_("The days of the statement are missing."), _DETAILS)
        return
    last = stay.statement_to or stay.statement_from
    if last < stay.statement_from or last > context.today:
        yield Found(T_("The statement ends before it begins, or in the future."), _DETAILS)
    for number, line in enumerate(claim.lines, 1):
        if line.from_date is not None and not stay.statement_from <= line.from_date <= last:
            yield Found(T_("Line {line} lies outside the days of the statement.", line=number), _DETAILS, number)


def _status(claim: Claim, _context: EditContext) -> Iterator[Found]:
    stay = claim.institutional
    if stay is None:
        return
    if not stay.admission_type or not stay.patient_status:
        yield Found(T_("The type of admission or the patient's status at the end is missing."), _DETAILS)
    if claim.place in _INPATIENT and (stay.admitted_on is None or not stay.admitting):
        yield Found(T_("An inpatient claim needs the day of admission and the admitting diagnosis."), _DETAILS)


def _frequency(claim: Claim, _context: EditContext) -> Iterator[Found]:
    stay = claim.institutional
    if stay is None or claim.place not in STAYS or not stay.patient_status:
        return
    if stay.patient_status == STILL_THERE and claim.frequency in _ENDS:
        text = T_("The patient is still there by the status, and the bill says that the stay has ended.")
        yield Found(
            text, T_("A part of a stay is billed with frequency 2 or 3. Correct it in the visit's facility details.")
        )
    elif stay.patient_status != STILL_THERE and claim.frequency in _PARTS:
        text = T_("The patient has left by the status, and the bill says that the stay goes on.")
        yield Found(
            text, T_("The last part of a stay has frequency 4, a whole one 1. Correct it in the facility details.")
        )


def _discharge(claim: Claim, _context: EditContext) -> Iterator[Found]:
    stay = claim.institutional
    if stay is None:
        return
    hour = stay.discharge_hour
    if hour and not (_digits(hour, 4) and hour[:2] < "24" and hour[2:] < "60"):
        yield Found(T_("The hour of discharge is no time of day."), _DETAILS)
    if stay.patient_status == STILL_THERE:
        if hour:
            yield Found(T_("There is an hour of discharge, and the patient is still there by the status."), _DETAILS)
    elif not hour and stay.patient_status and claim.place in STAYS - _WITHOUT_HOUR and claim.frequency in _ENDS:
        yield Found(T_("The bill that ends a stay needs the hour of discharge."), _DETAILS)


def _revenue(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is None:
        return
    for number, line in enumerate(claim.lines, 1):
        if not _digits(line.revenue_code, 4):
            text = T_("Line {line} has no revenue code of four digits.", line=number)
            yield Found(text, _DETAILS, number)


def _late(_claim: Claim, context: EditContext) -> Iterator[Found]:
    if context.late_alone:
        yield Found(
            T_("These are late charges, and no bill for the stay went to this payer that covers their days."),
            T_("Send the bill of the stay first; or, where nothing was billed yet, put these services on it."),
        )


def _attending(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.institutional is None or all(line.revenue_code.startswith(_AMBULANCE) for line in claim.lines):
        return
    if claim.attending is None or not is_npi(claim.attending.npi):
        yield Found(T_("The attending provider is not named, or the NPI is none."), _DETAILS)


RULES = (
    Rule(
        "late-charges",
        T_("Late charges follow a bill"),
        "block",
        T_("Type of bill 135 for days that no bill of 131 covers."),
        _late,
    ),
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
    Rule(
        "stay-frequency",
        T_("Frequency goes with the patient's status"),
        "block",
        T_("Status 30, still a patient, on a bill from admission to discharge."),
        _frequency,
    ),
    Rule(
        "discharge-hour",
        T_("Discharge has its hour"),
        "block",
        T_("A whole hospital stay without the hour of discharge."),
        _discharge,
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

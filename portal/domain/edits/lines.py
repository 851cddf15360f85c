"""Edits about what: the claim's sums, its diagnoses, and every service line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from portal.domain.claims import Claim, ServiceLine
from portal.domain.codes import (
    ICD_10_START,
    PLACES,
    CodeRelease,
    is_icd_9_cm,
    is_icd_10_cm,
    is_modifier,
    is_procedure,
    modifier_sets,
    procedure_set,
)
from portal.domain.edits.rules import EditContext, Found, Rule, service_day
from portal.domain.texts import T_, Text

MOST_LINES = 50
FACILITY_LINES = 999
"""837P and 837D loop 2400; 837I."""
MOST_DIAGNOSES = 12
FACILITY_DIAGNOSES = 25
MOST_POINTERS = 4
MOST_MODIFIERS = 4
MOST_UNITS = Decimal(10_000)

_RECODE = T_("Return the claim to coding.")
_RECHARGE = T_("Return the claim to charge entry.")


def _numbered(claim: Claim) -> Iterator[tuple[int, ServiceLine]]:
    return enumerate(claim.lines, start=1)


def _line_count(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if not claim.lines:
        yield Found(T_("The claim has no service line."), _RECHARGE)
    elif len(claim.lines) > (most := FACILITY_LINES if claim.institutional else MOST_LINES):
        yield Found(
            T_("The claim has {n} service lines; a claim takes {most}.", n=len(claim.lines), most=most),
            T_("Split it into two claims."),
        )


def _sum(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.charge_cents != claim.lines_cents:
        yield Found(T_("The claim's charge is not the sum of its lines."), _RECHARGE)


def _zero(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.lines and claim.charge_cents == 0:
        yield Found(T_("The claim charges nothing; payers reject that."), _RECHARGE)


def _charge(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        if line.charge_cents < 0:
            yield Found(T_("Line {line} has a negative charge.", line=number), _RECHARGE, number)


def _place_known(place: str, codes: CodeRelease, claim: Claim) -> bool:
    day = service_day(claim)
    standing = "unloaded" if day is None else codes.standing("pos", place, day)
    return place in PLACES if standing == "unloaded" else standing == "valid"


def _place(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.institutional is not None:  # it has a type of bill instead
        return
    text = T_("The place of service is missing or not valid on the day.")
    if not _place_known(claim.place, context.codes, claim):
        yield Found(text, _RECHARGE)
    for number, line in _numbered(claim):
        if line.place and line.place != claim.place and not _place_known(line.place, context.codes, claim):
            yield Found(
                T_("Line {line}: the place of service is not valid on the day.", line=number), _RECHARGE, number
            )


def _diagnosis_count(claim: Claim, _context: EditContext) -> Iterator[Found]:
    most = FACILITY_DIAGNOSES if claim.institutional else MOST_DIAGNOSES
    if not claim.diagnoses and claim.dental is None:  # dentists need not tell one
        yield Found(T_("The claim has no diagnosis."), _RECODE)
    elif len(claim.diagnoses) > most:
        yield Found(T_("The claim has more than {most} diagnoses.", most=most), _RECODE)
    if len(set(claim.diagnoses)) != len(claim.diagnoses):
        yield Found(T_("A diagnosis stands twice on the claim."), _RECODE)


def _diagnosis_shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    shaped = is_icd_9_cm if claim.code_qualifier == "BK" else is_icd_10_cm
    for number, code in enumerate(claim.diagnoses, start=1):
        if not shaped(code):
            yield Found(T_("Diagnosis {number} does not have the shape of a code.", number=number), _RECODE)


def _diagnosis_set(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.code_qualifier not in {"ABK", "BK"}:
        yield Found(T_("It is not said whether the diagnoses are ICD-10-CM or ICD-9-CM."), _RECODE)
        return
    days = [line.from_date for line in claim.lines if line.from_date is not None]
    early = [day < ICD_10_START for day in days]
    if any(early) and not all(early):
        yield Found(
            T_("Services before and after {day} are on one claim.", day=ICD_10_START), T_("Split it into two claims.")
        )
    elif days and early[0] != (claim.code_qualifier == "BK"):
        yield Found(T_("Services before {day} take ICD-9-CM, later ones ICD-10-CM.", day=ICD_10_START), _RECODE)


def _diagnosis_valid(claim: Claim, context: EditContext) -> Iterator[Found]:
    day = service_day(claim)
    if day is None:
        return
    code_set = "icd9cm" if claim.code_qualifier == "BK" else "icd10cm"
    for number, code in enumerate(claim.diagnoses, start=1):
        standing = context.codes.standing(code_set, code, day)
        if standing == "heading":
            yield Found(T_("Diagnosis {number} is a heading; a more specific code is needed.", number=number), _RECODE)
        elif standing not in {"valid", "unloaded"}:
            yield Found(T_("Diagnosis {number} is not valid on the service date.", number=number), _RECODE)


def _line_dates(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        if line.from_date is None and claim.institutional is None:
            yield Found(T_("Line {line} has no service date.", line=number), _RECHARGE, number)
        elif line.from_date is not None and line.to_date is not None and line.to_date < line.from_date:
            yield Found(T_("Line {line} ends before it begins.", line=number), _RECHARGE, number)


def _future(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        if line.from_date is not None and max(line.from_date, line.to_date or line.from_date) > context.today:
            yield Found(T_("Line {line} lies in the future.", line=number), _RECHARGE, number)


def _pointers(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        text: Text | None = None
        if not line.pointers and (claim.institutional is not None or claim.dental is not None):
            continue
        if not line.pointers:
            text = T_("Line {line} points to no diagnosis.", line=number)
        elif len(line.pointers) > MOST_POINTERS or len(set(line.pointers)) != len(line.pointers):
            text = T_("Line {line} points to more than four diagnoses or to one twice.", line=number)
        elif not all(1 <= pointer <= min(len(claim.diagnoses), MOST_DIAGNOSES) for pointer in line.pointers):
            text = T_("Line {line} points to a diagnosis that is not on the claim.", line=number)
        if text is not None:
            yield Found(text, _RECODE, number)


def _procedure_shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        if claim.institutional is not None and not line.code:  # the revenue code says it all
            continue
        if line.qualifier != ("HC" if claim.dental is None else "AD") or not is_procedure(line.code):
            yield Found(
                T_("Line {line}: the service code does not have the five characters of HCPCS.", line=number),
                _RECODE,
                number,
            )


def _procedure_valid(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        code_set = procedure_set(line.code)
        if line.from_date is None or not code_set:
            continue
        if context.codes.standing(code_set, line.code, line.from_date) not in {"valid", "unloaded"}:
            yield Found(T_("Line {line}: the service code is not valid on that day.", line=number), _RECODE, number)


def _modifier_shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        some = line.modifiers
        if len(some) > MOST_MODIFIERS or len(set(some)) != len(some) or not all(map(is_modifier, some)):
            yield Found(
                T_("Line {line}: modifiers are at most four, all different, of two characters.", line=number),
                _RECODE,
                number,
            )


def _modifier_stands(modifier: str, codes: CodeRelease, day: date) -> bool:
    found = {codes.standing(code_set, modifier, day) for code_set in modifier_sets(modifier)} - {"unloaded"}
    return not found or "valid" in found


def _modifier_valid(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        day = line.from_date
        if day is not None and not all(_modifier_stands(one, context.codes, day) for one in line.modifiers):
            yield Found(T_("Line {line}: a modifier is not valid on that day.", line=number), _RECODE, number)


def _units(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in _numbered(claim):
        if line.unit not in {"UN", "DA" if claim.institutional else "MJ"} or not 0 < line.units < MOST_UNITS:
            yield Found(T_("Line {line}: the units are missing or out of bounds.", line=number), _RECHARGE, number)


RULES = (
    Rule("line-count", T_("One to fifty lines"), "block", T_("A claim without a line."), _line_count),
    Rule("sum", T_("Charge is the sum of the lines"), "block", T_("$100.00 charged, lines of $90.00."), _sum),
    Rule("zero", T_("Charge is not nought"), "block", T_("A claim whose lines all cost nothing."), _zero),
    Rule("charge", T_("No negative charge"), "block", T_("A line of -$5.00."), _charge),
    Rule("place", T_("Place of service is valid"), "block", T_("Place of service 00."), _place),
    Rule("diagnosis-count", T_("One to twelve diagnoses"), "block", T_("Thirteen diagnoses."), _diagnosis_count),
    Rule("diagnosis-shape", T_("Diagnosis has its shape"), "block", T_("A diagnosis with its dot."), _diagnosis_shape),
    Rule(
        "diagnosis-set",
        T_("ICD-9-CM before October 2015, ICD-10-CM since"),
        "block",
        T_("ICD-9-CM for a visit in 2026."),
        _diagnosis_set,
    ),
    Rule(
        "diagnosis-valid",
        T_("Diagnosis is valid on the service date"),
        "block",
        T_("A code retired last October."),
        _diagnosis_valid,
    ),
    Rule("line-date", T_("Line has its dates"), "block", T_("A line without a service date."), _line_dates),
    Rule("future", T_("Service is not in the future"), "block", T_("A service of next week."), _future),
    Rule(
        "pointers", T_("Line points to diagnoses"), "block", T_("A pointer to the third of two diagnoses."), _pointers
    ),
    Rule("procedure-shape", T_("Service code has its shape"), "block", T_("A code of four digits."), _procedure_shape),
    Rule(
        "procedure-valid",
        T_("Service code is valid on its day"),
        "block",
        T_("A code that begins next January."),
        _procedure_valid,
    ),
    Rule("modifier-shape", T_("Modifiers have their shape"), "block", T_("A modifier of one letter."), _modifier_shape),
    Rule(
        "modifier-valid",
        T_("Modifiers are valid on their day"),
        "block",
        T_("A modifier that is in no list."),
        _modifier_valid,
    ),
    Rule("units", T_("Units are within bounds"), "block", T_("A line of nought units."), _units),
)

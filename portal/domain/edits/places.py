"""Edits about where and why a patient was seen: facility, hospital days, accident, onset, who sent the patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, Rule, service_day
from portal.domain.facilities import ELSEWHERE, HOSPITAL, INPATIENT, is_own
from portal.domain.laboratories import is_test
from portal.domain.payers import MEDICARE_FILING
from portal.domain.practices import is_npi, is_zip
from portal.domain.professional import CAUSES, WITH_DAY
from portal.domain.texts import T_

_DETAILS = T_("Correct it in the visit's details: while it is coded, or when its charges are entered.")
_LIST = T_("Name it in the visit's details, or let an administrator put it on the practice's list of facilities.")
_MEDICARE, _STATE = "MB", 2
_INTERPRETED = "26"
"""The professional component: its day is that of the reading, its place is where the patient was (CMS SE17023)."""


def _facility(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.facility is None and claim.institutional is None:
        for number, line in enumerate(claim.lines, 1):
            place = line.place or claim.place
            if place in ELSEWHERE:
                text = T_("Line {line} was at a facility (place of service {place}), and the claim does not say which.",
                          line=number, place=place)  # fmt: skip
                yield Found(text, _LIST, number)
                return  # the claim names one for all lines


def _shape(claim: Claim, _context: EditContext) -> Iterator[Found]:
    place = claim.facility
    if place is None or is_own(place, claim.billing):
        return
    if not place.name or (place.npi and not is_npi(place.npi)):
        yield Found(T_("The facility has no name, or its NPI is none."), _DETAILS)
    where = place.address
    if where is None or not (where.line1 and where.city and where.state):
        yield Found(T_("The facility's address is missing or incomplete."), _DETAILS)
    elif not is_zip(where.postal_code, nine=True):
        yield Found(T_("The facility's ZIP code has not all nine digits."), _DETAILS)


def _own(claim: Claim, _context: EditContext) -> Iterator[Found]:
    place = claim.facility
    if place is None or not is_own(place, claim.billing):
        return
    if all((line.place or claim.place) not in ELSEWHERE for line in claim.lines):
        yield Found(
            T_("The facility is the billing provider at its own address; it is not sent."),
            T_("Take it out of the visit's details, unless another facility is meant."),
        )


def _listed(claim: Claim, context: EditContext) -> Iterator[Found]:
    place, day = claim.facility, service_day(claim)
    if place is None or day is None or not place.npi or claim.institutional is not None:
        return  # a facility's own claim has a type of bill where others have the place
    entries = [one for one in context.listed if one.facility.npi == place.npi and one.holds(day)]
    known = {each for one in entries for each in one.places}
    if not known:
        return
    for number, line in enumerate(claim.lines, 1):
        at = line.place or claim.place
        if at not in known:
            yield Found(
                T_("Line {line}: the practice's list does not have place of service {place} for this facility.",
                   line=number, place=at),
                T_("Correct the place or the facility; or let an administrator add the place to the list."), number,
            )  # fmt: skip


def _inpatient(claim: Claim) -> list[tuple[int, str]]:
    """Lines, from 1, of a professional claim that were done to an inpatient, with their places."""
    if claim.institutional is not None or claim.dental is not None:
        return []
    places = [(number, line.place or claim.place) for number, line in enumerate(claim.lines, 1)]
    return [(number, place) for number, place in places if place in INPATIENT]


def _admission(claim: Claim, _context: EditContext) -> Iterator[Found]:
    told = claim.professional
    if any(place == HOSPITAL for _, place in _inpatient(claim)) and (told is None or told.admitted_on is None):
        yield Found(T_("A service in the hospital needs the day on which the patient was admitted."), _DETAILS)


def _admission_elsewhere(claim: Claim, _context: EditContext) -> Iterator[Found]:
    told, places = claim.professional, {place for _, place in _inpatient(claim)}
    if places and HOSPITAL not in places and (told is None or told.admitted_on is None):
        yield Found(T_("An inpatient's claim usually has the day on which the patient was admitted."), _DETAILS)


def _stay(claim: Claim, context: EditContext) -> Iterator[Found]:
    told = claim.professional
    if told is None or (told.admitted_on is None and told.discharged_on is None):
        return
    first, last = told.admitted_on, told.discharged_on
    if first is not None and last is not None and last < first:
        yield Found(T_("The patient was discharged before being admitted."), _DETAILS)
    if any(day is not None and day > context.today for day in (first, last)):
        yield Found(T_("A day of the hospital stay lies in the future."), _DETAILS)
    for number, _ in _inpatient(claim):
        line = claim.lines[number - 1]
        begun, ended = line.from_date, line.to_date or line.from_date
        if begun is not None and first is not None and begun < first:
            yield Found(T_("Line {line} was done before the patient was admitted.", line=number), _DETAILS, number)
        read_later = _INTERPRETED in line.modifiers
        if ended is not None and last is not None and last < ended and not read_later:
            yield Found(T_("Line {line} was done after the patient was discharged.", line=number), _DETAILS, number)


def _last_day(claim: Claim) -> date | None:
    """The last day of a claim's services: what led to some of them may have come after the others."""
    return max((line.to_date or line.from_date for line in claim.lines if line.from_date is not None), default=None)


def _accident(claim: Claim, _context: EditContext) -> Iterator[Found]:
    told, day = claim.professional, _last_day(claim)
    if told is None:
        return
    if not WITH_DAY.isdisjoint(told.causes) and told.accident_on is None:
        yield Found(T_("The claim says that an accident was the cause, and not when it was."), _DETAILS)
    if "AA" in told.causes and len(told.accident_state) != _STATE:
        yield Found(T_("A car accident needs the state in which it was."), _DETAILS)
    if any(cause not in CAUSES for cause in told.causes) or (told.accident_on is not None and not told.causes):
        yield Found(T_("The day of an accident is there, and not what kind of accident it was."), _DETAILS)
    if day is not None and told.accident_on is not None and told.accident_on > day:
        yield Found(T_("The accident was after the service."), _DETAILS)


def _onset(claim: Claim, _context: EditContext) -> Iterator[Found]:
    told, day = claim.professional, _last_day(claim)
    if told is None or day is None:
        return
    if any(began is not None and began > day for began in (told.illness_on, told.menstrual_on)):
        yield Found(T_("The illness began after the service, or the last menstrual period did."), _DETAILS)


def _who(claim: Claim, _context: EditContext) -> Iterator[Found]:
    # The guide takes a name alone of whoever has no NPI (2310A, 2310D: NM109); Medicare does not (42 CFR 424.507).
    unnumbered = claim.cover.filing_code not in MEDICARE_FILING
    for one in (claim.referring, claim.supervising):
        if one is not None and not (one.last and (is_npi(one.npi) or (unnumbered and not one.npi))):
            yield Found(T_("The referring or supervising clinician has no name, or the NPI is none."), _DETAILS)
            return


def _sent(claim: Claim, _context: EditContext) -> Iterator[Found]:
    professional = claim.institutional is None and claim.dental is None
    if not professional or claim.cover.filing_code != _MEDICARE or claim.referring is not None:
        return
    if any(is_test(line.code, line.modifiers) for line in claim.lines):
        yield Found(
            T_("Medicare wants to know who ordered a test, even where it is the clinician who made it."),
            T_("Name who ordered it as the referring clinician in the visit's details."),
        )


RULES = (
    Rule(
        "facility-missing", T_("Facility is named"), "block", T_("A hospital visit that names no hospital."), _facility
    ),
    Rule(
        "facility-shape",
        T_("Facility has name, NPI and address"),
        "block",
        T_("A hospital with a ZIP code of five digits."),
        _shape,
    ),
    Rule("facility-own", T_("Facility is another than the practice"), "warn", T_("The practice's own office."), _own),
    Rule(
        "facility-place",
        T_("Place of service fits the facility"),
        "warn",
        T_("An office visit at a hospital that is on the list for inpatients only."),
        _listed,
    ),
    Rule("admission-missing", T_("Hospital visit has its admission"), "block", T_("Place 21 without it."), _admission),
    Rule(
        "admission-unsaid",
        T_("Inpatient's visit has its admission"),
        "warn",
        T_("A rehabilitation stay without the day of admission."),
        _admission_elsewhere,
    ),
    Rule("stay-days", T_("Service lies within the stay"), "block", T_("A visit after the discharge."), _stay),
    Rule("accident", T_("Accident has its day and state"), "block", T_("A car accident without the state."), _accident),
    Rule("onset", T_("Illness began before the service"), "block", T_("An onset on the day after."), _onset),
    Rule(
        "referring-npi",
        T_("Referring and supervising NPIs are right"),
        "block",
        T_("A referring clinician whose NPI has a wrong digit."),
        _who,
    ),
    Rule(
        "referring-missing",
        T_("Test says who ordered it"),
        "warn",
        T_("A laboratory test for Medicare with nobody who ordered it."),
        _sent,
    ),
)

"""Edits from CMS's NCCI tables: services that are not paid together, and more units than are likely.

Both hold for one patient, one provider and one day, whatever claim a service stands on (NCCI Policy Manual, chapter I).
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.ncci import A_DAY, A_LINE, ABSOLUTE, EITHER_CODE_START, MODIFIERS, NEVER, SEPARATE, PairEdit
from portal.domain.texts import T_, Text

_TAKE_OFF = T_("Take the line off, or return the claim to coding.")
_DISTINCT = T_("If the record shows a distinct service, let coding add the modifier; else take the line off.")
_FEWER = T_("Check the units against the record and return the claim to charge entry.")
_SPLIT = T_("Check the units; if the record bears them out, coding puts the rest on a line with a modifier.")
_SHOWN = T_("Check the units; if the record bears them out, have it at hand for an appeal and send the claim.")


class _Service(NamedTuple):
    """A service of the claim (`number` from 1) or, with number 0, of an earlier claim for the patient."""

    number: int
    code: str
    modifiers: tuple[str, ...]
    day: date


def _of_claim(claim: Claim) -> list[_Service]:
    return [
        _Service(number, line.code, line.modifiers, line.from_date)
        for number, line in enumerate(claim.lines, start=1)
        if line.from_date is not None and line.qualifier == "HC"
    ]


def _npi(claim: Claim) -> str:
    return claim.rendering.npi if claim.rendering is not None else claim.billing.npi


def _pairs(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.frequency == "8" or not context.ncci.pairs:
        return
    ours = _of_claim(claim)
    prior = [_Service(0, one.code, one.modifiers, one.day) for one in context.prior if one.npi == _npi(claim)]
    for service in ours:
        found: tuple[PairEdit, _Service] | None = None
        for other in (*ours, *prior):
            if other.number == service.number or other.day != service.day:
                continue
            edit = _standing(other, service, context)
            if edit is None and other.number == 0:  # what was sent before cannot be changed here: this line can
                edit = _standing(service, other, context)
            if edit is not None and (found is None or edit.indicator == NEVER != found[0].indicator):
                found = edit, other
        if found is not None:
            yield _together(service.number, *found)


def _standing(column_one: _Service, column_two: _Service, context: EditContext) -> PairEdit | None:
    """The edit of two services, unless a modifier sets them apart."""
    edit = context.ncci.pair(column_one.code, column_two.code, column_two.day)
    if edit is None or (edit.indicator != NEVER and _apart(column_one, column_two)):
        return None
    return edit


def _apart(column_one: _Service, column_two: _Service) -> bool:
    either = column_two.day >= EITHER_CODE_START and bool(SEPARATE & set(column_one.modifiers))
    return either or bool(MODIFIERS & set(column_two.modifiers))


def _together(line: int, edit: PairEdit, other: _Service) -> Found:
    never = edit.indicator == NEVER
    if other.number:
        text = (
            T_("Line {line} is never paid with line {other} of the same day.", line=line, other=other.number)
            if never
            else T_("Line {line} is paid with line {other} only with a modifier.", line=line, other=other.number)
        )
    elif never:
        text = T_("Line {line} is never paid with a service of that day on another claim.", line=line)
    else:
        text = T_("Line {line} is paid with a service of that day on another claim only with a modifier.", line=line)
    return Found(text, _TAKE_OFF if never else _DISTINCT, line)


def _a_day(line: ServiceLine) -> Decimal:
    """Units of a line on each of its days."""
    if line.from_date is None or line.to_date is None or line.to_date <= line.from_date:
        return line.units
    return line.units / ((line.to_date - line.from_date).days + 1)


def _over(claim: Claim, context: EditContext, indicators: AbstractSet[str]) -> Iterator[tuple[int, int, str]]:
    """(Line, most units, indicator) of each excess; one of a day is told at the last line of the service."""
    if claim.frequency == "8" or not context.ncci.limits:
        return
    sums: dict[tuple[str, date], Decimal] = {}
    for one in context.prior:
        if one.npi == _npi(claim):
            sums[one.code, one.day] = sums.get((one.code, one.day), Decimal(0)) + one.units
    told: dict[tuple[str, date], tuple[int, int, str]] = {}
    for number, line in enumerate(claim.lines, start=1):
        if line.from_date is None or line.qualifier != "HC" or line.unit != "UN":
            continue
        limit = context.ncci.limit(line.code, line.from_date)
        if limit is None or limit.indicator not in indicators:
            continue
        key, units = (line.code, line.from_date), _a_day(line)
        sums[key] = sums.get(key, Decimal(0)) + units
        if limit.indicator == A_LINE:
            if units > limit.units:
                yield number, limit.units, limit.indicator
        elif sums[key] > limit.units:
            told[key] = number, limit.units, limit.indicator
    yield from told.values()


def _absolute(claim: Claim, context: EditContext) -> Iterator[Found]:
    for line, most, _ in _over(claim, context, {ABSOLUTE}):
        text = T_("Line {line}: more than {most} units a day are never paid for this service.", line=line, most=most)
        yield Found(text, _FEWER, line)


def _unlikely(claim: Claim, context: EditContext) -> Iterator[Found]:
    for line, most, indicator in _over(claim, context, {A_LINE, A_DAY}):
        text: Text = T_("Line {line}: more than {most} units a day of this service are unlikely.", line=line, most=most)
        if indicator == A_LINE:
            text = T_(
                "Line {line}: more than {most} units on a line are denied for this service.", line=line, most=most
            )
        yield Found(text, _SPLIT if indicator == A_LINE else _SHOWN, line)


RULES = (
    Rule(
        "ncci-ptp",
        T_("Services are paid together (NCCI)"),
        "block",
        T_("A tray billed beside a procedure that includes it."),
        _pairs,
    ),
    Rule(
        "mue",
        T_("Units of a day are possible (MUE)"),
        "block",
        T_("Two yearly wellness visits on one day."),
        _absolute,
    ),
    Rule(
        "mue-review",
        T_("Units are likely (MUE)"),
        "warn",
        T_("Nine units of an injection of which eight a day are likely."),
        _unlikely,
    ),
)
"""MUE indicator 2 is policy and cannot be appealed, so it blocks; 1 and 3 can be right, so they warn."""

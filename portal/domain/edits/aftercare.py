"""Edits about what comes after a procedure: what its payment covers is paid again only with a modifier that says why.

Medicare Claims Processing Manual, chapter 12, sections 30.6.6 and 40 to 40.4, in our words. The procedures are those of
the practice itself; their periods are CMS's, as far as they are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.global_periods import MAJOR, NOT_ALL_OF_IT, Surgery
from portal.domain.texts import T_

UNRELATED: Final = frozenset({"24", "57", "FT"})
"""An evaluation for another reason, one that decided for a further operation, critical care for another reason."""

RETURNED: Final = frozenset({"58", "78", "79"}) | NOT_ALL_OF_IT
"""Planned or further, back to the operating room, for another reason; and who is not paid for all of it."""
_BEFORE, _AFTER = "99200", "99500"


def is_evaluation(code: str) -> bool:
    """Whether a number of level I lies where evaluations lie: 99200 to 99500, and four among those of the eye."""
    if not (len(code) == len(_BEFORE) and code.isdecimal()):
        return False
    return _BEFORE < code < _AFTER or (code[:4] in {"9200", "9201"} and code[4] in "24")


def _met(claim: Claim, line: ServiceLine, context: EditContext) -> Iterator[tuple[int, Surgery]]:
    """(Days after it, procedure) of procedures whose payment covers the day of a line by the same surgeon."""
    if line.from_date is None:
        return
    who = claim.rendering or claim.billing
    for surgery in context.surgeries:
        apart = surgery.after(line.from_date)
        if apart is not None and surgery.same(who.npi, who.taxonomy):
            yield apart, surgery


def _last(claim: Claim, line: ServiceLine, context: EditContext) -> tuple[int, Surgery] | None:
    """The last of those that lie before the day of a line."""
    return min((one for one in _met(claim, line, context) if one[0] > 0), key=lambda one: one[0], default=None)


def _evaluations(claim: Claim, context: EditContext) -> Iterator[tuple[int, ServiceLine]]:
    if context.surgeries:
        for number, line in enumerate(claim.lines, start=1):
            if is_evaluation(line.code):
                yield number, line


def _after(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line in _evaluations(claim, context):
        covered = _last(claim, line, context)
        if covered is not None and UNRELATED.isdisjoint(line.modifiers):
            apart, surgery = covered
            text = T_(
                "Line {line}: an evaluation on day {n} after a procedure whose payment covers {days} days.",
                line=number, n=apart, days=surgery.days,
            )  # fmt: skip
            todo = T_("If its reason is another one, coding adds modifier 24; else it is paid already: take it out.")
            yield Found(text, todo, number)


def _decided(claim: Claim, context: EditContext) -> Iterator[Found]:
    for number, line in _evaluations(claim, context):
        major = [apart for apart, surgery in _met(claim, line, context) if surgery.days == MAJOR and apart <= 0]
        if major and UNRELATED.isdisjoint(line.modifiers):
            text = T_(
                "Line {line}: an evaluation on the day of a major procedure, or the day before, is a part of it.",
                line=number,
            )
            todo = T_("If it was then that the procedure was decided on, coding adds modifier 57; 25 is not enough.")
            yield Found(text, todo, number)


def _again(claim: Claim, context: EditContext) -> Iterator[Found]:
    if not context.surgeries or not context.periods:
        return
    for number, line in enumerate(claim.lines, start=1):
        if number not in context.periods or not RETURNED.isdisjoint(line.modifiers):
            continue
        covered = _last(claim, line, context)
        if covered is not None:
            apart, surgery = covered
            text = T_(
                "Line {line}: a procedure on day {n} after another whose payment covers {days} days.",
                line=number, n=apart, days=surgery.days,
            )  # fmt: skip
            todo = T_("Coding says why: 58 planned or further, 78 back to the operating room, 79 another reason.")
            yield Found(text, todo, number)


RULES = (
    Rule(
        "global-evaluation",
        T_("Aftercare is paid with the procedure"),
        "warn",
        T_("A visit to the surgeon 30 days after a fracture was set (G0412), without modifier 24."),
        _after,
    ),
    Rule(
        "global-decision",
        T_("Evaluation beside a major procedure says why"),
        "warn",
        T_("An evaluation the day before a major procedure, without modifier 57."),
        _decided,
    ),
    Rule(
        "global-return",
        T_("A further procedure says why"),
        "warn",
        T_("A wound closed (G0168) two weeks after a major procedure, without 58, 78 or 79."),
        _again,
    ),
)

"""A payer's decision as people type it, in the office or at the payer: units by service, days, number, reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from portal.domain.eligibility import Limit
from portal.domain.errors import Refused
from portal.domain.granting import REASONS, is_number
from portal.domain.limits import MEASURES, MOST, PATTERNS, PERIODS
from portal.domain.texts import T_
from portal.domain.work import day_of
from portal.services.authorizations.deciding import Answer

_UNITS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")
_GRANTS = frozenset({"approved", "modified", "partial"})
_LONGEST = 1_000


def read_answer(form: Mapping[str, str], channel: str) -> Answer:
    """Read a form with action, number, from, to, reason, note and units-<position>; empty units grant none.

    Raises Refused with what is wrong.
    """
    action, note = form.get("action", ""), form.get("note", "").strip()
    if not action:
        raise Refused(T_("Nothing is decided yet: choose the decision."), code="action")
    number = "".join(form.get("number", "").split())
    if len(note) > _LONGEST or "\0" in note + number:
        raise Refused(T_("The note has at most {n} letters.", n=_LONGEST), code="note")
    if number and not is_number(number):
        raise Refused(T_("The number has letters, digits and hyphens, fifty at most."), code="number")
    reason = form.get("reason", "")
    return Answer(
        action,
        channel,
        number if action in _GRANTS else "",
        (reason,) if action == "denied" and reason in REASONS else (),
        _day(form.get("from", "")) if action in _GRANTS else None,
        _day(form.get("to", "")) if action in _GRANTS else None,
        _units(form) if action in _GRANTS else {},
        _limits(form) if action in _GRANTS else {},
        frozenset(position for name in form if (position := _position("dropped-", name)) is not None),
        note=note,
    )


def _units(form: Mapping[str, str]) -> dict[int, int | None]:
    """Thousandths by position; the tick "no limit" grants as many as are needed, and so do visits or days alone.

    So does a limit that no form can say and that goes on as it stands (stands-<position>).
    """
    found: dict[int, int | None] = {}
    for name, text in form.items():
        position = _position("units-", name)
        if position is None:
            continue
        given = text.strip()
        if form.get(f"unlimited-{position}"):
            found[position] = None
        elif given:
            if not _UNITS.fullmatch(given):
                raise Refused(T_("Service {line}: the units are a number.", line=position), code="units")
            units = int(Decimal(given) * 1000)
            if units:
                found[position] = units
            elif form.get(f"limit-{position}", "").strip():
                both = T_("Service {line}: no units and a limit do not go together. Leave the units empty where only "
                          "visits or days count.", line=position)  # fmt: skip
                raise Refused(both, code="units")
        elif form.get(f"limit-{position}", "").strip() or _stands(form, position):
            found[position] = None
    return found


def _stands(form: Mapping[str, str], position: int) -> bool:
    return bool(form.get(f"stands-{position}")) and not form.get(f"dropped-{position}")


def _limits(form: Mapping[str, str]) -> dict[int, Limit]:
    """Visits or days by position, 0 for all services together: limit-, measure-, per-, most- and each-<position>."""
    found = {}
    for name, text in form.items():
        position = _position("limit-", name)
        most = form.get(f"most-{position}", "").strip()
        if position is None or not (text.strip() or most):
            continue
        measure, per = form.get(f"measure-{position}", "VS"), form.get(f"per-{position}", "")
        each = form.get(f"each-{position}", "WK")
        if measure not in MEASURES or per not in PERIODS or each not in PATTERNS:
            raise Refused(T_("This form is not complete. Open the page again."), code="form")
        limit = Limit(measure, _whole(text), each if most else "", _whole(most) if most else None, per)
        if limit.rate is not None and limit.quantity is not None and limit.rate > limit.quantity:
            raise Refused(T_("More in each part of the time than in all of it. Correct the limit."), code="limit")
        found[position] = limit
    return found


def _whole(text: str) -> Decimal:
    given = text.strip()
    if not (given.isascii() and given.isdigit() and 0 < int(given[:9]) <= MOST and len(given) < 9):
        raise Refused(T_("Visits and days are whole numbers, and at least one."), code="limit")
    return Decimal(int(given))


def _position(prefix: str, name: str) -> int | None:
    rest = name.removeprefix(prefix)
    found = name.startswith(prefix) and rest.isascii() and rest.isdigit() and len(rest) < 4
    return int(rest) if found else None


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    day = day_of(text)
    if day is None:
        raise Refused(T_("“{day}” is no day.", day=text[:12]), code="days")
    return day

"""A payer's decision as people type it, in the office or at the payer: units by service, days, number, reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from portal.domain.errors import Refused
from portal.domain.granting import REASONS, is_number
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
        note=note,
    )


def _units(form: Mapping[str, str]) -> dict[int, int | None]:
    """Thousandths by position; the tick "no limit" grants as many as are needed."""
    found: dict[int, int | None] = {}
    for name, text in form.items():
        position = name.removeprefix("units-")
        if not name.startswith("units-") or not (position.isascii() and position.isdigit() and len(position) < 4):
            continue
        given = text.strip()
        if form.get(f"unlimited-{position}"):
            found[int(position)] = None
        elif given:
            if not _UNITS.fullmatch(given):
                raise Refused(T_("Service {line}: the units are a number.", line=int(position)), code="units")
            units = int(Decimal(given) * 1000)
            if units:
                found[int(position)] = units
    return found


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    day = day_of(text)
    if day is None:
        raise Refused(T_("“{day}” is no day.", day=text[:12]), code="days")
    return day

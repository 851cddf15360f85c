"""Global periods as CMS publishes them, in its physician fee schedule's relative value file, as pure text."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Final

from portal.domain.codes import is_modifier, is_procedure
from portal.domain.errors import Refused
from portal.domain.global_periods import PERIODS, PROCEDURES
from portal.domain.texts import T_
from portal.feeds.published import wrong

MOST_PREAMBLE: Final = 40
"""Lines of title and copyright before the head; CMS's files have nine."""
_DAYS: Final = ("GLOB DAYS", "DAYS")


def read_periods(lines: Iterable[tuple[int, str]]) -> dict[str, str]:
    """The period of each procedure that has one in days (000, 010, 090).

    CMS's PPRRVU file as CSV: titles, a head over several lines of which the last begins with HCPCS and MOD and names
    DAYS, and a line a service; those of a modifier are passed over. Raises Refused `layout` with the line, `no-codes`.
    """
    found: dict[str, str] = {}
    at = -1
    for number, line in lines:
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
        except csv.Error as error:
            raise wrong(number, T_("this is no line of CMS's relative value file")) from error
        if not any(cells):
            continue
        if at < 0:
            at = _head(number, cells)
            continue
        code, modifier, period = (cells[0], cells[1], cells[at]) if len(cells) > at else ("", "", "")
        if not is_procedure(code) or (modifier and not is_modifier(modifier)) or (period and period not in PERIODS):
            raise wrong(number, T_("this is no line of CMS's relative value file"))
        if modifier or not period:
            continue
        if found.setdefault(code, period) != period:
            raise wrong(number, T_("the service {code} has two global periods", code=code))
    if not found:
        raise Refused(T_("The file holds no global periods. Nothing was loaded."), code="no-codes")
    return {code: period for code, period in found.items() if period in PROCEDURES}


def _head(number: int, cells: list[str]) -> int:
    """The place of the global days, once the head is met; below nought before."""
    names = [" ".join(cell.upper().split()) for cell in cells]
    if names[:2] == ["HCPCS", "MOD"]:
        found = next((names.index(name) for name in _DAYS if name in names), -1)
        if found >= 0:
            return found
    if number > MOST_PREAMBLE or names[:2] == ["HCPCS", "MOD"]:
        raise wrong(number, T_("a head line with HCPCS, MOD and DAYS is missing; of CMS's archive take the CSV"))
    return -1

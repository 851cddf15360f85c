"""CMS's quarterly NCCI files as pure text: PTP edits of practitioners, and medically unlikely edits.

Source: CMS, Medicare NCCI Procedure to Procedure (PTP) Edits and Medicare NCCI Medically Unlikely Edits.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal, cast

from portal.domain.codes import is_procedure
from portal.domain.dates import parse_x12_date
from portal.domain.ncci import PairEdit
from portal.domain.texts import T_
from portal.feeds.published import wrong

MOST_PREAMBLE: Final = 30
"""Lines of copyright and headings before the first row; CMS's files have six of pairs, nine or so of units."""
MOST_UNITS: Final = 100_000

_NO_PAIRS = T_("this is no file of NCCI PTP edits: code, code, mark, two days, indicator, between tabs")
_NO_LIMITS = T_("this is no file of medically unlikely edits: code, units, indicator, rationale")


@dataclass(frozen=True, slots=True)
class ListedLimit:
    """One row of the MUE table."""

    units: int
    indicator: Literal["1", "2", "3"]
    rationale: str


def read_pairs(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[str, str, PairEdit]]:
    """Column 1, column 2 and their edit, row by row, from a file of ccipra-vXXXrY-fN.txt.

    Between tabs: column 1, column 2, * when in existence before 1996, effective, deletion (* while it stands),
    modifier indicator 0, 1 or 9, rationale. Raises Refused `layout`.
    """
    begun = False
    headings = ""
    number = 0
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) < 6 or not (is_procedure(cells[0]) and is_procedure(cells[1])):
            if (begun and line.strip()) or number > MOST_PREAMBLE:
                raise wrong(number, _NO_PAIRS)
            headings += line.casefold()
            continue
        if not begun and not ("column 1" in headings and "modifier" in headings):
            raise wrong(number, T_("the headings of NCCI PTP edits are missing above"))
        begun = True
        starts, ends, indicator = _day(cells[3]), _day(cells[4]), cells[5].strip()
        if starts is None or indicator not in {"0", "1", "9"} or (ends is None and cells[4].strip() not in {"*", ""}):
            raise wrong(number, _NO_PAIRS)
        if ends is not None and ends < starts:
            raise wrong(number, T_("the edit ends before it begins"))
        yield cells[0], cells[1], PairEdit(starts, ends, cast("Literal['0', '1', '9']", indicator))
    if not begun:
        raise wrong(max(1, number), _NO_PAIRS)


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    try:
        return parse_x12_date(text.strip())
    except ValueError:
        return None


def read_limits(lines: Iterable[tuple[int, str]]) -> dict[str, ListedLimit]:
    """The most units by code, from the table of practitioners' services (CSV), which has no days in it.

    Columns: HCPCS/CPT code, MUE value, adjudication indicator (its digit, with words behind it or none), rationale.
    Raises Refused `layout`.
    """
    held = _Counting(lines)
    begun = False
    found: dict[str, ListedLimit] = {}
    try:
        for row in csv.reader(held):
            cells = [cell.strip() for cell in row]
            if not begun:
                begun = _is_head(cells)
                if not begun and held.number > MOST_PREAMBLE:
                    break
                continue
            if not any(cells):
                continue
            if len(cells) < 3 or not is_procedure(cells[0]) or not _is_limit(cells[1], cells[2]):
                raise wrong(held.number, _NO_LIMITS)
            if cells[0] in found:
                raise wrong(held.number, T_("the code {code} stands in the file a second time", code=cells[0]))
            rationale = cells[3] if len(cells) > 3 else ""
            found[cells[0]] = ListedLimit(int(cells[1]), cast("Literal['1', '2', '3']", cells[2][0]), rationale[:120])
    except csv.Error as error:
        raise wrong(held.number, _NO_LIMITS) from error
    if not found:
        raise wrong(max(1, held.number), _NO_LIMITS)
    return found


class _Counting:
    """Lines as `csv` takes them, with the number of the last one."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self.number = 0
        self._lines = iter(lines)

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            self.number = number
            yield f"{line}\n"


def _is_head(cells: list[str]) -> bool:
    first = cells[0].casefold() if cells else ""
    return "hcpcs" in first and "code" in first and any("mue value" in cell.casefold() for cell in cells)


def _is_limit(units: str, indicator: str) -> bool:
    stated = units.isascii() and units.isdigit() and len(units) <= 6 and int(units) <= MOST_UNITS
    return stated and indicator[:1] in {"1", "2", "3"} and not indicator[1:2].isdigit()

"""Federal poverty guidelines as a list, and those that come with the house.

Shipped: 2025, from HHS's notice in the Federal Register of 17 January 2025 (90 FR 5917), a work of the federal
government. Later years are loaded from the next notices, which HHS publishes each January.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Final

from portal.domain.assistance.levels import LISTED, Level
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.feeds.published import wrong

HEAD: Final = ["year", "region", *(str(size) for size in range(1, LISTED + 1)), "extra"]


def read_levels(lines: Iterable[tuple[int, str]]) -> tuple[Level, ...]:
    """Guidelines by year and region: a head line, then whole dollars for 1 to 8 people and for each further one.

    Raises Refused `layout` with the line, `no-codes` for none.
    """
    found: dict[tuple[int, str], Level] = {}
    headed = False
    for number, line in lines:
        cells = [cell.strip() for cell in next(csv.reader([line]), [])]
        if not any(cells):
            continue
        if not headed:
            if [cell.lower() for cell in cells] != HEAD:
                raise wrong(number, T_("the head line must be: {head}", head=",".join(HEAD)))
            headed = True
            continue
        level = _level(number, cells)
        if found.setdefault((level.year, level.region), level) is not level:
            raise wrong(number, T_("year and region stand in it twice"))
    if not found:
        raise Refused(T_("The file holds no poverty guidelines. Nothing was loaded."), code="no-codes")
    return tuple(found.values())


def _level(number: int, cells: list[str]) -> Level:
    digits = [cell for at, cell in enumerate(cells) if at != 1]
    if len(cells) != len(HEAD) or not all(each.isascii() and each.isdigit() and len(each) < 8 for each in digits):
        raise wrong(number, T_("a year, a region and nine sums in whole dollars are needed"))
    year, *sums = (int(each) for each in digits)
    try:
        return Level(year, cells[1].upper(), tuple(sums[:LISTED]), sums[LISTED])
    except ValueError:
        raise wrong(number, T_("no region of HHS (US, AK, HI), or sums that do not rise")) from None


@lru_cache(maxsize=1)
def shipped() -> tuple[Level, ...]:
    """The guidelines that come with the house."""
    text = resources.files("portal.feeds").joinpath("poverty.csv").read_text(encoding="utf-8")
    return read_levels(enumerate(text.splitlines(), 1))

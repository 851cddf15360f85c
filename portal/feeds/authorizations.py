"""Which services payers want to be asked for in advance, as pure text: a CSV with named columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from typing import Final, NamedTuple

from portal.domain.codes import is_place
from portal.domain.errors import Refused
from portal.domain.requirements import codes_of
from portal.domain.texts import T_
from portal.feeds.published import wrong

MOST_RULES: Final = 20_000
EVERY_PAYER: Final = "*"
_NEEDED: Final = {"": True, "yes": True, "y": True, "no": False, "n": False}
_COLUMNS: Final = frozenset({"payer", "code", "place", "from", "to", "needed"})


class RuleKey(NamedTuple):
    """What makes a rule the same rule in another file."""

    payer: str
    """The payer's code; `*` for every payer."""
    first: str
    last: str
    place: str
    """Empty for every place."""
    since: date


class RuleValue(NamedTuple):
    """What a rule says."""

    needed: bool
    until: date | None


def read_rules(lines: Iterable[tuple[int, str]]) -> dict[RuleKey, tuple[int, RuleValue]]:
    """Line number and rule by key. The head line names payer, code and from, and if it likes place, to and needed.

    `code` is one code or a range such as L1000-L1499, `from` and `to` are days as 2026-01-31, `needed` is yes or no
    (an exception). Raises Refused `layout` with the line, `too-many`, `no-rules`.
    """
    found: dict[RuleKey, tuple[int, RuleValue]] = {}
    for number, cells in _rows(lines):
        key, value = _rule(number, cells)
        if found.setdefault(key, (number, value))[1] != value:
            raise wrong(number, T_("this rule stands in line {other} with another value", other=found[key][0]))
        if len(found) > MOST_RULES:
            raise Refused(T_("The file has more than {most} rules. Nothing was loaded.", most=MOST_RULES),
                          code="too-many")  # fmt: skip
    if not found:
        raise Refused(T_("The file holds no rule. Nothing was loaded."), code="no-rules")
    return found


def _rows(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    names: list[str] = []
    for number, line in lines:
        if not line.strip():
            continue
        if "\0" in line:
            raise wrong(number, T_("the line has signs that no text has"))
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
        except csv.Error as error:
            raise wrong(number, T_("this is no line of a CSV")) from error
        if not names:
            names = [" ".join(cell.casefold().split()) for cell in cells]
            if (
                not {"payer", "code", "from"} <= set(names)
                or not set(names) <= _COLUMNS
                or len(set(names)) < len(names)
            ):
                raise wrong(number, T_("the head line names payer, code, place, from, to and needed, each once"))
        elif len(cells) > len(names):
            raise wrong(number, T_("there are more cells than columns"))
        else:
            yield number, dict(zip(names, cells, strict=False))


def _rule(number: int, cells: dict[str, str]) -> tuple[RuleKey, RuleValue]:
    payer, codes = cells.get("payer", ""), codes_of(cells.get("code", ""))
    if not payer or len(payer) > 80:
        raise wrong(number, T_("the payer's code is missing; * stands for every payer"))
    if codes is None:
        raise wrong(
            number, T_("“{code}” is neither a service code nor a range of them", code=cells.get("code", "")[:20])
        )
    place = cells.get("place", "")
    if place and not is_place(place):
        raise wrong(number, T_("“{place}” is no place of service", place=place[:12]))
    needed = _NEEDED.get(cells.get("needed", "").casefold())
    if needed is None:
        raise wrong(number, T_("needed is yes or no"))
    since, until = _day(number, cells.get("from", "")), None
    if cells.get("to", ""):
        until = _day(number, cells["to"])
        if until < since:
            raise wrong(number, T_("it ends before it begins"))
    return RuleKey(payer, *codes, place, since), RuleValue(needed, until)


def _day(number: int, text: str) -> date:
    found: date | None = None
    with suppress(ValueError):
        found = date.fromisoformat(text)
    if found is None or len(text) != len("2026-01-31"):
        raise wrong(number, T_("“{day}” is no day as 2026-01-31", day=text[:12]))
    return found

"""Coverage policies as pure text: a plain CSV of our own layout. Their texts name CPT codes: the user loads them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from portal.domain.codes import is_icd_10_cm, is_procedure
from portal.domain.coverage_policies import PREFIX, Covered
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.feeds.published import wrong

COLUMNS: Final = ("payer", "policy", "procedure", "diagnosis", "from", "to")
MOST_ROWS: Final = 500_000
"""A policy covers up to some thousand diagnoses for each of its services."""
_LONGEST = 20
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST = date(1900, 1, 1)
"""An earlier day is a year that was mistyped."""


class PolicyKey(NamedTuple):
    """One policy of one payer about one service."""

    payer: str
    policy: str
    code: str


def read_policies(lines: Iterable[tuple[int, str]], payers: frozenset[str]) -> dict[PolicyKey, tuple[Covered, ...]]:
    """What each policy covers each service for, in order.

    A head line names the columns payer, policy, procedure, diagnosis, from and to, and nothing else. A payer is one of
    `payers`; a diagnosis is an ICD-10-CM code with or without its dot, or its beginning and an asterisk; a day is
    2026-01-31 or empty. Raises Refused `layout` with the line, `too-many`, `no-codes`.
    """
    found: dict[PolicyKey, set[Covered]] = {}
    columns: list[str] = []
    count = 0
    for number, line in lines:
        if not line.strip():
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
        except csv.Error as error:
            raise wrong(number, T_("this is no line of a coverage policy")) from error
        if not columns:
            columns = [cell.casefold() for cell in cells]
            if sorted(columns) != sorted(COLUMNS):
                raise wrong(
                    number, T_("the head line has not the columns payer, policy, procedure, diagnosis, from, to")
                )
            continue
        if len(cells) != len(columns):
            raise wrong(number, T_("it has {n} columns instead of six", n=len(cells)))
        key, covered = _row(number, dict(zip(columns, cells, strict=True)), payers)
        found.setdefault(key, set()).add(covered)
        count += 1
        if count > MOST_ROWS:
            raise Refused(
                T_("The file has more than {most} lines. Nothing was loaded.", most=MOST_ROWS), code="too-many"
            )
    if not found:
        raise Refused(T_("The file holds no coverage policy. Nothing was loaded."), code="no-codes")
    return {
        key: tuple(sorted(some, key=lambda one: (one.diagnosis, one.first or date.min, one.last or date.max)))
        for key, some in found.items()
    }


def _row(number: int, cells: dict[str, str], payers: frozenset[str]) -> tuple[PolicyKey, Covered]:
    payer = cells["payer"].casefold() if cells["payer"].casefold() in payers else cells["payer"]
    if payer not in payers:
        raise wrong(number, T_("there is no payer {code}; every payer of Medicare is “medicare”", code=payer[:40]))
    policy, code = cells["policy"], cells["procedure"].upper()
    if not policy or len(policy) > _LONGEST or not policy.isprintable():
        raise wrong(number, T_("the number of the policy is missing, or longer than {most} signs", most=_LONGEST))
    if not is_procedure(code):
        raise wrong(number, T_("the procedure is no service code"))
    diagnosis = cells["diagnosis"].replace(".", "").upper()
    shape = diagnosis.removesuffix(PREFIX)
    if not is_icd_10_cm(shape if shape == diagnosis else shape.ljust(3, "0")):
        raise wrong(number, T_("the diagnosis is no ICD-10-CM code, and no beginning of one with an asterisk"))
    first, last = _day(number, cells["from"]), _day(number, cells["to"])
    if first is not None and last is not None and last < first:
        raise wrong(number, T_("it ends before it begins"))
    return PolicyKey(payer, policy, code), Covered(diagnosis, first, last)


def _day(number: int, text: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else date.min
    except ValueError:
        found = date.min
    if found < _EARLIEST:
        raise wrong(number, T_("a day is not written as 2026-01-31"))
    return found

"""Fee schedules as pure text: a payer's CSV with named columns, or CMS's physician fee schedule amounts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from portal.domain.codes import is_modifier, is_procedure
from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.texts import T_
from portal.feeds.published import wrong

MOST_FEES: Final = 300_000
"""Fees of one file that are kept; CMS's has a million for the whole country, of which a practice needs one locality."""
FACILITY, NON_FACILITY, ANYWHERE = "facility", "non-facility", ""
_SETTINGS: Final = {
    "": ANYWHERE, "f": FACILITY, "facility": FACILITY, "nf": NON_FACILITY, "non-facility": NON_FACILITY,
    "nonfacility": NON_FACILITY,
}  # fmt: skip
_CMS_FIELDS: Final = 16

_NO_FEES = T_("this is no line of fees: code, modifier, setting, locality, amount")
_NO_CMS = T_("this is no line of CMS's physician fee schedule amounts")


class FeeKey(NamedTuple):
    """What a fee is for; empty strings where the schedule makes no difference."""

    code: str
    modifier: str
    setting: str
    locality: str


def read_fees(lines: Iterable[tuple[int, str]], *, locality: str = "") -> dict[FeeKey, int]:
    """Cents by service. With `locality`, only fees of that one, and of everywhere.

    A payer's CSV has a head line with code and amount, and if it likes modifier, setting (facility, non-facility, or
    empty for both) and locality. CMS's PFALL and PFREV files (layout: PFxxPD, CMS) have 16 quoted fields a line and no
    head: year, carrier, locality, code, modifier, amount outside and inside a facility, and ten that are passed over.
    A service that CMS prices at nought (it is priced by the carrier, or not at all) has no fee.
    Raises Refused `layout` with the line, `too-many`, `no-codes`.
    """
    found: dict[FeeKey, int] = {}
    for number, key, cents in _rows(lines):
        if locality and key.locality not in {"", locality}:
            continue
        if found.setdefault(key, cents) != cents:
            raise wrong(number, T_("the service {code} has two fees", code=key.code))
        if len(found) > MOST_FEES:
            raise Refused(
                T_(
                    "The file has more than {most} fees. Name the carrier and locality of the practice.", most=MOST_FEES
                ),
                code="too-many",
            )
    if not found:
        raise Refused(T_("The file holds no fees of that locality. Nothing was loaded."), code="no-codes")
    return found


def _rows(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, FeeKey, int]]:
    columns: dict[str, int] = {}
    for number, line in lines:
        if not line.strip():
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
        except csv.Error as error:
            raise wrong(number, _NO_FEES) from error
        if not columns and len(cells) == _CMS_FIELDS and cells[0].isdigit():
            yield from _cms(number, cells)
        elif not columns:
            columns = {" ".join(name.casefold().split()): at for at, name in enumerate(cells)}
            if not {"code", "amount"} <= columns.keys():
                raise wrong(number, T_("a head line with the columns code and amount is missing"))
        else:
            yield _named(number, cells, columns)


def _cms(number: int, cells: list[str]) -> Iterator[tuple[int, FeeKey, int]]:
    carrier, place, code, modifier = cells[1:5]
    if not (len(carrier) == 5 and len(place) == 2 and is_procedure(code) and (not modifier or is_modifier(modifier))):
        raise wrong(number, _NO_CMS)
    for setting, amount in ((NON_FACILITY, cells[5]), (FACILITY, cells[6])):
        cents = _cents(number, amount)
        if cents:
            yield number, FeeKey(code, modifier, setting, f"{carrier}-{place}"), cents


def _named(number: int, cells: list[str], columns: dict[str, int]) -> tuple[int, FeeKey, int]:
    def cell(name: str) -> str:
        at = columns.get(name)
        return cells[at] if at is not None and at < len(cells) else ""

    code, modifier = cell("code").upper(), cell("modifier").upper()
    setting = _SETTINGS.get((cell("setting") or cell("place")).casefold())
    if not is_procedure(code) or (modifier and not is_modifier(modifier)) or setting is None:
        raise wrong(number, _NO_FEES)
    return number, FeeKey(code, modifier, setting, cell("locality")), _cents(number, cell("amount"))


def _cents(number: int, text: str) -> int:
    try:
        cents = parse_cents(text.replace("$", "").replace(",", ""))
    except ValueError as error:
        raise wrong(number, T_("an amount is not in dollars and whole cents")) from error
    if cents < 0:
        raise wrong(number, T_("an amount is negative"))
    return cents

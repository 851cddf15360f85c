"""Published code files as pure text: what a file lists, or the line at which its layout is wrong.

The layouts in fixed columns stand in `layouts`; here are those in a table with named columns, by comma or tab.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from portal.domain import codes as shapes
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.feeds.layouts import (
    MOST_PREAMBLE,
    Listed,
    Numbered,
    contractor_file,
    licensed_file,
    master_descriptions,
    order_file,
)
from portal.feeds.published import text_of, wrong

PLACES_START: Final = date(2003, 10, 16)
"""The day on which place of service codes became part of the standard (45 CFR 162.900, 162.1102)."""

_PLACES = Path(__file__).with_name("places.csv")
_CODES = ("code", "cpt code", "place of service code(s)", "place of service code")
_DESCRIPTIONS = ("display name", "place of service name", "description", "long", "name", "classification")
_STARTS = ("valid_from", "effective", "start", "start date", "effective date")
_ENDS = ("valid_to", "retired", "end", "stop", "stop date", "deactivation date")
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d")
_CARC = re.compile(r"[A-Z]{0,2}[0-9]{1,3}")
_RARC = re.compile(r"(?:M|MA|N)[0-9]{1,4}")
_RANGE = re.compile(r"[0-9]{1,2} *[-\N{EN DASH}] *[0-9]{1,2}")

_FIXED: Final[Mapping[str, Callable[[str], Numbered]]] = {
    "icd10cm": order_file,
    "icd9cm": master_descriptions,
    "hcpcs": contractor_file,
    "hcpcs-modifier": partial(contractor_file, modifiers=True),
}
_SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    "cpt": lambda code: shapes.procedure_set(code) == "cpt",
    "cdt": lambda code: shapes.procedure_set(code) == "cdt",
    "modifier": shapes.is_modifier,
    "pos": shapes.is_place,
    "taxonomy": shapes.is_taxonomy,
    "carc": lambda code: _CARC.fullmatch(code) is not None,
    "rarc": lambda code: _RARC.fullmatch(code) is not None,
}


def read_codes(code_set: str, body: bytes) -> tuple[Listed, ...]:
    """The codes of a file of one set, each once, in file order; the file may lie in a zip archive.

    Raises Refused `layout` with the line number, `no-codes` for a file without any, `code-set` for no such set,
    `archive` for an archive that does not hold exactly one such file.
    """
    if code_set not in shapes.SETS:
        raise Refused(
            T_("There is no code set {code_set}. Known are: {sets}.", code_set=code_set, sets=", ".join(shapes.SETS)),
            code="code-set",
        )
    text = text_of(code_set, body)
    found: dict[str, Listed] = {}
    for number, listed in _read(code_set, text):
        if listed.code in found:
            raise wrong(number, T_("the code {code} stands in the file a second time", code=listed.code))
        found[listed.code] = listed
    if not found:
        raise Refused(T_("The file holds no codes. Nothing was loaded."), code="no-codes")
    return tuple(found.values())


def places() -> bytes:
    """The places of service that come with us, as a CSV file: CMS's two digits with short names of our own."""
    return _PLACES.read_bytes()


def _read(code_set: str, text: str) -> Numbered:
    if code_set in _FIXED:
        return _FIXED[code_set](text)
    rows, head = _table(text)
    if code_set == "cpt" and not head:
        return licensed_file(text)
    return _named(code_set, rows, head)


def _table(text: str) -> tuple[list[tuple[int, list[str]]], dict[str, int]]:
    """The rows behind the head line with their line numbers, and the columns by name; a file without one has none.

    The AMA's Consolidated_Code_List.txt (tabs) has copyright lines before its head; CMS's places (CSV), X12's
    reasons and remarks (CSV or tabs) and NUCC's taxonomy (CSV) begin with it.
    """
    begins = islice(text.splitlines(), MOST_PREAMBLE)
    tabs = any("\t" in line and _is_head(line.split("\t")) for line in begins)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if tabs else ",")
    try:
        for row in reader:
            if _is_head(row):
                return [(reader.line_num, each) for each in reader], _columns(row)
            if reader.line_num >= MOST_PREAMBLE:
                break
    except csv.Error as error:
        raise wrong(reader.line_num, T_("this is no line of a table: a quotation mark does not end, say")) from error
    return [], {}


def _columns(row: list[str]) -> dict[str, int]:
    return {" ".join(name.casefold().split()): at for at, name in reversed(list(enumerate(row)))}


def _is_head(row: list[str]) -> bool:
    columns = _columns(row)
    return any(name in columns for name in _CODES) and any(name in columns for name in _DESCRIPTIONS)


def _named(code_set: str, rows: list[tuple[int, list[str]]], head: dict[str, int]) -> Numbered:
    if not head:
        raise wrong(1, T_("a head line with the columns code and description is missing"))
    coded = next(head[name] for name in _CODES if name in head)
    describing = [head[name] for name in _DESCRIPTIONS if name in head]
    starts = next((head[name] for name in _STARTS if name in head), None)
    ends = next((head[name] for name in _ENDS if name in head), None)
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = [*(cell.strip() for cell in row), *[""] * len(head)]
        code, description = cells[coded].upper(), next((cells[at] for at in describing if cells[at]), "")
        if code_set == "pos":
            # CMS lists what is not assigned too, some of it as a range; spreadsheets take away the first nought.
            if description.casefold().startswith("unassigned") or _RANGE.fullmatch(code):
                continue
            code = code.zfill(2)
        if not _SHAPES[code_set](code):
            raise wrong(number, T_("the code has not the shape of this set"))
        if not description:
            raise wrong(number, T_("the code {code} has no description", code=code))
        days = tuple(_date(cells[at], number) if at is not None else None for at in (starts, ends))
        yield number, Listed(code, description, True, *days)


def _date(text: str, line: int) -> date | None:
    for shape in _DAYS if text else ():
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 - a day without a time has no zone
        except ValueError:
            continue
    if text:
        raise wrong(line, T_("a day is not written as YYYY-MM-DD or MM/DD/YYYY"))
    return None

"""Published code files as pure text: what a file lists, or the line at which its layout is wrong.

Layouts: the ICD-10-CM order file (NCHS, CMS), the HCPCS contractor record of 320 characters (CMS), and CSV with named
columns for everything else. No CPT, CDT or X12 text comes with us; a licensee loads his own file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from portal.domain import codes as shapes
from portal.domain.dates import parse_x12_date
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

PLACES_START: Final = date(2003, 10, 16)
"""The day on which place of service codes became part of the standard (45 CFR 162.900, 162.1102)."""

_PLACES = Path(__file__).with_name("places.csv")
_DESCRIPTIONS = ("description", "display name", "name", "classification")
_STARTS, _ENDS = ("valid_from", "effective", "start"), ("valid_to", "retired", "end")
_CARC = re.compile(r"[A-Z]{0,2}[0-9]{1,3}")
_RARC = re.compile(r"(?:M|MA|N)[0-9]{1,4}")

_CSV_SHAPES: Final[Mapping[str, Callable[[str], bool]]] = {
    "cpt": lambda code: shapes.procedure_set(code) == "cpt",
    "cdt": lambda code: shapes.procedure_set(code) == "cdt",
    "modifier": shapes.is_modifier,
    "pos": shapes.is_place,
    "taxonomy": shapes.is_taxonomy,
    "carc": lambda code: _CARC.fullmatch(code) is not None,
    "rarc": lambda code: _RARC.fullmatch(code) is not None,
    "icd9cm": shapes.is_icd_9_cm,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One code as a file lists it, without dot; a day that the file does not say is None."""

    code: str
    description: str
    billable: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


def read_codes(code_set: str, body: bytes) -> tuple[Listed, ...]:
    """The codes of a file of one set, each once, in file order.

    Dental (D) codes and modifiers of a HCPCS file are passed over: the first are the ADA's, the second in part the
    AMA's. Raises Refused `layout` with the line number, `no-codes` for a file without any, `code-set` for no such set.
    """
    if code_set not in shapes.SETS:
        raise Refused(
            T_("There is no code set {code_set}. Known are: {sets}.", code_set=code_set, sets=", ".join(shapes.SETS)),
            code="code-set",
        )
    text = _text(body)
    lines = {"icd10cm": _order_file, "hcpcs": _contractor_file}.get(code_set)
    found: dict[str, Listed] = {}
    for number, listed in lines(text) if lines else _csv_file(text, _CSV_SHAPES[code_set]):
        if listed.code in found:
            raise _wrong(number, T_("the code {code} stands in the file a second time", code=listed.code))
        found[listed.code] = listed
    if not found:
        raise Refused(T_("The file holds no codes. Nothing was loaded."), code="no-codes")
    return tuple(found.values())


def places() -> bytes:
    """The places of service that come with us, as a CSV file: CMS's two digits with short names of our own."""
    return _PLACES.read_bytes()


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _wrong(line: int, what: Text) -> Refused:
    return Refused(
        T_("Line {line}: {what}. Nothing was loaded; look whether this is the file of this set.", line=line, what=what),
        code="layout",
    )


def _order_file(text: str) -> Iterator[tuple[int, Listed]]:
    """Columns 1-5 order, 7-13 code, 15 = 1 when valid for submission, 17-76 short text, 78- long text."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        code, valid = line[6:13].rstrip(), line[14:15]
        blanks = line[5:6] + line[13:14] + line[15:16]
        if not (line[:5].isdigit() and shapes.is_icd_10_cm(code) and valid in {"0", "1"} and blanks == "   "):
            raise _wrong(number, T_("this is no line of an ICD-10-CM order file"))
        description = line[77:].strip() or line[16:76].strip()
        if not description:
            raise _wrong(number, T_("the code {code} has no description", code=code))
        yield number, Listed(code, description, billable=valid == "1")


def _contractor_file(text: str) -> Iterator[tuple[int, Listed]]:
    """Columns 1-5 code, 11 kind of record (3, 4 procedure; 7, 8 modifier), 12-91 long text, 269-276 added, 285-292 end.

    A procedure's text goes on in records of kind 4 behind it.
    """
    first: tuple[int, Listed] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        code, kind, words = line[:5].strip(), line[10:11], line[11:91].strip()
        if kind not in {"3", "4", "7", "8"} or not line[5:10].strip().isalnum() or len(line) > 320:
            raise _wrong(number, T_("this is no line of a HCPCS file of 320 characters"))
        if kind in {"7", "8"}:
            continue
        if shapes.procedure_set(code) not in {"hcpcs", "cdt"} or not words:
            raise _wrong(number, T_("a HCPCS level II code with a description is missing"))
        if kind == "3":
            if first is not None:
                yield first
            days = _day(line[268:276]), _day(line[284:292])
            first = None if code[0] == "D" else (number, Listed(code, words, True, *days))
        elif first is not None and first[1].code == code:
            first = first[0], replace(first[1], description=f"{first[1].description} {words}")
        elif code[0] != "D":
            raise _wrong(number, T_("this line goes on with a code that did not begin"))
    if first is not None:
        yield first


def _day(text: str) -> date | None:
    try:
        return parse_x12_date(text)
    except ValueError:
        return None


def _csv_file(text: str, shape: Callable[[str], bool]) -> Iterator[tuple[int, Listed]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    columns = {name.strip().casefold(): at for at, name in enumerate(next(reader, []))}
    describing = next((columns[name] for name in _DESCRIPTIONS if name in columns), None)
    if "code" not in columns or describing is None:
        raise _wrong(1, T_("a head line with the columns code and description is missing"))
    starts = next((columns[name] for name in _STARTS if name in columns), None)
    ends = next((columns[name] for name in _ENDS if name in columns), None)
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        cells = [*(cell.strip() for cell in row), *[""] * len(columns)]
        code = cells[columns["code"]].upper()
        if not shape(code):
            raise _wrong(reader.line_num, T_("the code has not the shape of this set"))
        if not cells[describing]:
            raise _wrong(reader.line_num, T_("the code {code} has no description", code=code))
        days = tuple(_iso(cells[at], reader.line_num) if at is not None else None for at in (starts, ends))
        yield reader.line_num, Listed(code, cells[describing], True, *days)


def _iso(text: str, line: int) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _wrong(line, T_("a day is not written as YYYY-MM-DD")) from None

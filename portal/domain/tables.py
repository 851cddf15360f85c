"""Tables for people's spreadsheets: CSV in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from portal.domain.errors import Refused
from portal.domain.texts import T_

Cell = str | int | None

_STARTERS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""First characters that spreadsheets read as a formula (OWASP, CSV injection), with their full-width twins."""
_BLANK = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode's classes of what stands for nothing to see: spaces, controls, and marks such as U+200B and U+FEFF."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def safe_cell(value: Cell) -> str:
    """A cell as text that no spreadsheet computes: a leading apostrophe where it would; plain numbers stay numbers."""
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    for letter in text:
        if letter in _STARTERS:
            return "'" + text
        if unicodedata.category(letter) not in _BLANK:
            break
    return text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV (RFC 4180, lines end CR LF); raises ValueError for a row of another width than the header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_cell(cell) for cell in header])
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells under a header of {len(header)}")
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue()


def read_csv(text: str, wanted: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV with a header, by column name in lower case; raises Refused naming the line that does not fit."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Refused(
            T_("Line {line} cannot be read as CSV: {fault}.", line=reader.line_num, fault=str(error)), code="csv"
        ) from None
    if not rows:
        raise Refused(T_("The file is empty."), code="csv")
    header = [name.strip().lower() for name in rows[0]]
    if missing := [name for name in wanted if name not in header]:
        raise Refused(T_("The first line lacks these columns: {names}.", names=", ".join(missing)), code="csv")
    found: list[dict[str, str]] = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise Refused(
                T_("Line {line} has {n} cells under a header of {wanted}.", line=line, n=len(row), wanted=len(header)),
                code="csv",
            )
        found.append({name: cell.strip() for name, cell in zip(header, row, strict=True)})
    return found

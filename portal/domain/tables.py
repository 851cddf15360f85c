"""Tables for people's spreadsheets: CSV in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

Cell = str | int | None

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that spreadsheets read as a formula (OWASP, CSV injection), with their full-width twins."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def safe_cell(value: Cell) -> str:
    """A cell as text that no spreadsheet computes: a leading apostrophe where it would; plain numbers stay numbers."""
    text = "" if value is None else str(value)
    if not text.lstrip(" ").startswith(_STARTERS) or _NUMBER.fullmatch(text):
        return text
    return "'" + text


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

"""Row digests: what a protected row looked like when it was last written, without its values (SECURITY 2.7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as _quote
from operator import itemgetter

from audit.canonical import instant

Value = bytes | str | int | bool | date | datetime | None


def _datetime(value: datetime) -> str:
    return f'"{instant(value)}"'


# By exact type, which is faster than isinstance and keeps bool apart from int and datetime from date.
_WRITERS = {
    bytes: lambda value: f'"{value.hex()}"',
    str: _quote,
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
    date: lambda value: f'"{value.isoformat()}"',
    datetime: _datetime,
}


@lru_cache(maxsize=1024)
def _ordered(codes: tuple[int, ...]) -> tuple[tuple[int, str], ...]:
    """Column codes in the order of their decimal strings, as RFC 8785 sorts keys, each with its key as written."""
    return tuple(sorted(((code, f'"{code}":') for code in codes), key=itemgetter(1)))


def row_digest(table_code: int, row_id: bytes, columns: Mapping[int, Value]) -> bytes:
    """Row digest v1: SHA-256 of canonical JSON [table code, row id, {column code: value}], NULLs left out.

    Values are what is stored: sealed bytes, clear text, whole numbers, dates, aware instants. Raises TypeError for
    any other type (a float or Decimal has no one spelling) and ValueError for a naive instant.
    """
    parts = []
    for code, key in _ordered(tuple(columns)):
        value = columns[code]
        if value is None:
            continue
        writer = _WRITERS.get(type(value))
        if writer is None:
            raise TypeError(f"column {code}: {type(value).__name__} has no place in a row digest")
        parts.append(key + writer(value))
    return sha256(f'[{table_code},"{row_id.hex()}",{{{",".join(parts)}}}]'.encode()).digest()


def group_digest(members: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    """The digest of a group of rows: SHA-256(0x02 + row digests in order of table code, row id).

    Members are (table code, row id, row digest) in any order. A later change of one row needs a new digest of the
    whole group, recorded under the group's head row.
    """
    return sha256(b"\x02" + b"".join(digest for _, _, digest in sorted(members))).digest()

"""Row digests equal the digest of RFC 8785 JSON, and change with everything that counts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.digest import group_digest, row_digest

ROW = b"\x11" * 16
plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.binary()


@given(st.integers(1, 999), st.dictionaries(st.integers(1, 300), plain))
def test_row_digest_equals_rfc_8785(table: int, columns: dict[int, object]) -> None:
    said = {
        str(code): value.hex() if isinstance(value, bytes) else value
        for code, value in columns.items()
        if value is not None
    }
    assert row_digest(table, ROW, columns) == sha256(rfc8785.dumps([table, ROW.hex(), said])).digest()


def test_golden_row() -> None:
    columns = {
        10: b"\x00\xff",
        2: 'a"\n',
        1: -5,
        3: None,
        4: True,
        5: date(2026, 1, 2),
        6: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    text = (
        '[7,"11111111111111111111111111111111",{"1":-5,"10":"00ff","2":"a\\"\\n","4":true,"5":"2026-01-02",'
        '"6":"2026-01-02T03:04:05.000000Z"}]'
    )
    assert row_digest(7, ROW, columns) == sha256(text.encode()).digest()


@pytest.mark.parametrize("value", [1.0, Decimal(1), [1], object()])
def test_values_without_one_spelling_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="column 3"):
        row_digest(1, ROW, {3: value})


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        row_digest(1, ROW, {3: datetime(2026, 1, 2)})  # noqa: DTZ001 -- the naive one is what is tried


def test_group_digest_is_in_order_of_table_and_row() -> None:
    a, b, c = (1, b"b" * 16, b"A" * 32), (2, b"a" * 16, b"B" * 32), (10, b"a" * 16, b"C" * 32)
    assert group_digest([c, a, b]) == sha256(b"\x02" + b"A" * 32 + b"B" * 32 + b"C" * 32).digest()
    assert group_digest([a, b]) != group_digest([a, c])

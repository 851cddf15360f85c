from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.envelope import BUCKETS, open_field, seal_field
from portal.crypto.errors import SealBroken
from portal.crypto.keys import DataKey
from portal.crypto.values import KINDS, decode, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
VALUES = st.one_of(
    st.tuples(st.just("text"), st.text(max_size=80).map(lambda text: unicodedata.normalize("NFC", text))),
    st.tuples(st.just("date"), st.dates()),
    st.tuples(st.just("decimal"), st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**12)),
    st.tuples(st.just("json"), JSON),
    st.tuples(st.just("bytes"), st.binary(max_size=200)),
)


@given(VALUES, st.sampled_from(BUCKETS))
@settings(max_examples=150)
def test_a_value_of_any_kind_comes_back_through_the_seal(kind_and_value, bucket):
    kind, value = kind_and_value
    key = DataKey(1, bytes(32))
    place = {"field_code": 1, "tenant": bytes(16), "subject": bytes(16), "row": bytes(16)}
    blob = seal_field(key, **place, plaintext=encode(kind, value), bucket=bucket)
    opened = open_field(key, **place, blob=blob)
    assert decode(kind, opened) == value
    assert encode(kind, decode(kind, opened)) == opened


def test_kinds():
    assert {"text", "date", "decimal", "json", "bytes"} == KINDS
    with pytest.raises(KeyError):
        encode("number", 1)


def test_text_is_composed():
    assert encode("text", "Jose\u0301") == "Jos\u00e9".encode() == b"Jos\xc3\xa9"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("0E+5", "0"),
        ("1E+3", "1000"),
        ("1000", "1000"),
        ("12.50", "12.5"),
        ("-7.0", "-7"),
        ("1.10E-3", "0.0011"),
        ("123456789012345678901234567890.12345", "123456789012345678901234567890.12345"),
    ],
)
def test_decimals_are_plain(value, plain):
    assert encode("decimal", Decimal(value)) == plain.encode()
    assert decode("decimal", plain.encode()) == Decimal(value)


@given(JSON)
@settings(max_examples=80)
def test_json_equals_rfc_8785(value):
    assert encode("json", value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", b"x"),
        ("text", None),
        ("date", "2026-01-01"),
        ("date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("decimal", 1),
        ("decimal", 1.5),
        ("decimal", "1"),
        ("bytes", "x"),
        ("bytes", 5),
        ("json", 1.5),
        ("json", (1,)),
        ("json", {"a": b""}),
        ("json", [{1}]),
        ("json", Decimal(1)),
    ],
)
def test_another_type_is_refused(kind, value):
    with pytest.raises(TypeError):
        encode(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "\ud800"),
        ("decimal", Decimal("NaN")),
        ("decimal", Decimal("-Infinity")),
        ("decimal", Decimal("1E+999999")),
        ("decimal", Decimal("1E-999999")),
        ("json", 2**53),
        ("json", {"\u00e9": 1}),
        ("json", {1: 1}),
        ("json", "\ud800"),
    ],
)
def test_a_value_without_a_canonical_form_is_refused(kind, value):
    with pytest.raises(ValueError):
        encode(kind, value)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("text", b"\xff"),
        ("date", b""),
        ("date", b"20260101"),
        ("date", b"2026-W01-1"),
        ("date", b"2026-13-01"),
        ("date", b"2026-01-01 "),
        ("decimal", b"1.0"),
        ("decimal", b"1E3"),
        ("decimal", b"+1"),
        ("decimal", b"-0"),
        ("decimal", b"NaN"),
        ("decimal", b"x"),
        ("decimal", b" 1"),
        ("json", b""),
        ("json", b"{"),
        ("json", b"1.5"),
        ("json", b'{"b":1,"a":1}'),
        ("json", b'{"a":1,"a":2}'),
        ("json", b"[1, 2]"),
        ("json", b"NaN"),
        ("json", b'"\\u0041"'),
        ("json", b"[" * 100_000),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(kind, data):
    with pytest.raises(SealBroken):
        decode(kind, data)


def test_text_opens_though_another_unicode_would_compose_it():
    assert decode("text", "Jose\u0301".encode()) == "Jose\u0301"

"""Text and numbers as X12 writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import parse_cents
from portal.x12.characters import decimal_text, number, plain, segment_text
from portal.x12.reader import Delimiters


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "0"),
        (5, ".05"),
        (-5, "-.05"),
        (50, ".5"),
        (100, "1"),
        (-10050, "-100.5"),
        (12345, "123.45"),
        (100000, "1000"),
    ],
)
def test_an_amount_has_no_needless_noughts(cents: int, text: str) -> None:
    assert number(cents) == text


@given(st.integers(-(10**15), 10**15))
def test_an_amount_is_read_back(cents: int) -> None:
    assert parse_cents(number(cents)) == cents


@pytest.mark.parametrize(
    ("value", "text"), [("1.50", "1.5"), ("10", "10"), ("1E+2", "100"), ("-0", "0"), ("0.125", ".125")]
)
def test_a_quantity(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Núñez", "NUNEZ"),
        ("Groß", "GROSS"),
        ("Łódź Ærø", "LODZ AERO"),
        ("O\u2019Neill", "O'NEILL"),
        ("a*b:c^d~e", "A B C D E"),
        ("  two   words ", "TWO WORDS"),
        ("line\nbreak\x00", "LINE BREAK"),
        ("日本", "??"),
    ],
)
def test_text_is_upper_case_ascii_without_separators(text: str, written: str) -> None:
    assert plain(text) == written


@given(st.text())
def test_any_text_comes_out_clean_and_stays_so(text: str) -> None:
    written = plain(text)
    assert written.isascii()
    assert not set(written) & set("*:^~\r\n")
    assert written == written.strip()
    assert plain(written) == written


def test_trailing_empties_go_and_inner_ones_stay() -> None:
    marks = Delimiters()
    assert segment_text(["SV1", ("HC", "G0438", "", "", ""), "", "5", "", ""], marks) == "SV1*HC:G0438**5~"
    assert segment_text(["SV1", ("HC", "G0438", "", "25"), ("", "")], marks) == "SV1*HC:G0438::25~"

"""Drug codes and certificates have one shape, and near misses have not."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.codes import is_procedure
from portal.domain.drugs import Drug, is_ndc, may_be, read_drug, written
from portal.domain.errors import Refused
from portal.domain.laboratories import TESTS, is_certificate


@settings(max_examples=80)
@given(st.text("0123456789-D٣ ", max_size=13))
def test_a_drug_code_is_eleven_digits_and_nothing_else(text: str) -> None:
    assert is_ndc(text) == (re.fullmatch("[0-9]{11}", text) is not None)


@pytest.mark.parametrize(("text", "good"), [("11D1234567", True), ("11d1234567", False), ("11D123456", False),
                                            ("11D1234567\n", False), ("1ID1234567", False), ("", False)])  # fmt: skip
def test_a_certificate_has_its_shape(text: str, good: bool) -> None:
    assert is_certificate(text) == good


def test_tests_are_codes_of_level_two() -> None:
    assert all(is_procedure(code) and code[0].isalpha() for code in TESTS)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (("", "", "", ""), None),
        (("00409379501", "2", "ML", ""), Drug("00409379501", Decimal(2), "ML")),
        ((" 0409-3795-01 ", "1,000.5", "UN", "rx-7"), Drug("00409379501", Decimal("1000.5"), "UN", "RX-7")),
        (("00409379501", "2", "ML", "RX#12/345"), Drug("00409379501", Decimal(2), "ML", "RX#12/345")),
        (("50242-040-62", "1", "F2", ""), Drug("50242004062", Decimal(1), "F2")),
        (("50242-0040-6", "1", "GR", ""), Drug("50242004006", Decimal(1), "GR")),
    ],
)
def test_a_drug_is_read_as_it_stands_on_its_label(typed: tuple[str, str, str, str], read: Drug | None) -> None:
    assert read_drug(*typed, 1) == read
    if read is not None:
        assert read_drug(written(read.ndc), str(read.quantity), read.unit, read.prescription, 1) == read


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("0409379501", "2", "ML", ""), "ten digits"),
        (("0409-3795-1", "2", "ML", ""), "5, 4 and 2"),
        (("1-1-1", "2", "ML", ""), "5, 4 and 2"),
        (("00409379501", "0,5", "ML", ""), "number"),
        (("00409379501", "0,500", "ML", ""), "number"),
        (("00409379501", "1,2", "ML", ""), "number"),
        (("0409-379501", "2", "ML", ""), "5, 4 and 2"),
        (("004093795012", "2", "ML", ""), "5, 4 and 2"),
        (("0409-3795-O1", "2", "ML", ""), "digits and hyphens"),
        (("00409379501", "", "ML", ""), "how much"),
        (("00409379501", "0.0", "ML", ""), "how much"),
        (("00409379501", "two", "ML", ""), "number"),
        (("00409379501", "2", "MG", ""), "unit"),
        (("00409379501", "2", "ML", "R" * 51), "prescription"),
        (("00409379501", "2", "ML", "R*7"), "prescription"),
        (("00409379501", "2", "ML", "R:7~"), "prescription"),
        (("", "2", "", ""), "drug code"),
    ],
)
def test_what_cannot_be_a_drug_is_told_with_what_to_do(typed: tuple[str, str, str, str], words: str) -> None:
    with pytest.raises(Refused, match="drug") as told:
        read_drug(*typed, 3)
    assert "Service 3" in str(told.value.text)
    assert words in str(told.value.text)


@pytest.mark.parametrize(
    ("code", "may"),
    [("J1885", True), ("Q2035", True), ("A9579", True), ("90300", True), ("A4550", False), ("G0438", False),
     ("90900", False), ("", False)],
)  # fmt: skip
def test_a_drug_is_asked_for_where_a_service_may_give_one(code: str, may: bool) -> None:
    assert may_be(code) == may

"""Drug codes and certificates have one shape, and near misses have not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.codes import is_procedure
from portal.domain.drugs import is_ndc
from portal.domain.edits.laboratory import TESTS, is_certificate


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

"""Which services are surely no evaluations, by their number alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.edits.evaluations import RULES, is_never_evaluation
from portal.domain.edits.rules import EditContext, PriorLine
from portal.domain.laboratories import is_laboratory_number
from tests.domain.clean import claim

DAY = date(2026, 5, 5)


@pytest.mark.parametrize(
    "code", ["J1885", "A4550", "E0114", "K0001", "L1830", "P9612", "R0070", "10000", "00999", "89999"]
)
def test_supplies_drugs_and_numbers_of_procedures_are_no_evaluations(code: str) -> None:
    assert is_never_evaluation(code)


@pytest.mark.parametrize(
    "code", ["G0438", "S0610", "T1015", "H0031", "90000", "99999", "02000", "0001F", "0001T", "", "J18"]
)
def test_what_may_be_one_is_left_alone(code: str) -> None:
    assert not is_never_evaluation(code)


@settings(max_examples=60)
@given(st.integers(0, 99_999))
def test_the_range_of_laboratories_is_within_what_is_no_evaluation(number: int) -> None:
    code = f"{number:05d}"
    assert is_laboratory_number(code) == (80_000 <= number <= 89_999)
    assert not is_laboratory_number(code) or is_never_evaluation(code)


@pytest.mark.parametrize(
    ("code", "day", "alone"),
    [
        ("G0008", DAY, False),
        ("99999", DAY, False),
        ("J1885", DAY, True),
        ("80999", DAY, True),
        ("G0008", date(2026, 5, 6), True),
    ],
)
def test_modifier_25_wants_a_procedure_of_the_day_here_or_billed_before(code: str, day: date, alone: bool) -> None:
    clean = claim()
    line = replace(clean.lines[0], modifiers=("25",))
    here = replace(clean, lines=(line, replace(clean.lines[1], code=code, from_date=day)))
    before = (PriorLine("1234567893", day, code, (), clean.lines[0].units, 1),)
    for made, prior in ((here, ()), (replace(clean, lines=(line,)), before)):
        found = {one.code for rule in RULES for one in rule.findings(made, EditContext(date(2026, 5, 20), prior=prior))}
        assert found == ({"modifier-25-alone"} if alone else set())

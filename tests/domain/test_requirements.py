"""Which rule decides whether a payer is asked: its own before everybody's, of the place, the narrower, the newer."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.requirements import Requirement, codes_of, deciding, is_needed

PAYER, DAY = b"p", date(2026, 8, 3)
WIDE = Requirement(None, "L1000", "L1999", "", needed=True, since=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        (Requirement(PAYER, "L1000", "L1999", "", needed=False, since=date(2026, 1, 1)), False),
        (Requirement(b"q", "L1000", "L1999", "", needed=False, since=date(2026, 1, 1)), True),
        (Requirement(None, "L1900", "L1910", "", needed=False, since=date(2026, 1, 1)), False),
        (Requirement(None, "L1000", "L1999", "11", needed=False, since=date(2026, 1, 1)), False),
        (Requirement(None, "L1000", "L1999", "23", needed=False, since=date(2026, 1, 1)), True),
        (Requirement(None, "L1000", "L1999", "", needed=False, since=date(2026, 6, 1)), False),
        (Requirement(None, "L1000", "L1999", "", needed=False, since=date(2026, 9, 1)), True),
        (Requirement(None, "L1000", "L1999", "", needed=False, since=date(2026, 6, 1), until=date(2026, 7, 1)), True),
    ],
)
def test_the_more_telling_rule_decides(more: Requirement, needed: bool):
    for rules in ([WIDE, more], [more, WIDE]):
        assert is_needed(rules, PAYER, "L1902", "11", DAY) is needed


def test_where_no_rule_speaks_nothing_is_needed():
    assert not is_needed([WIDE], PAYER, "G0438", "11", DAY)
    assert not is_needed([WIDE], PAYER, "L1902", "11", date(2025, 12, 31))
    assert deciding([], PAYER, "L1902", "11", DAY) is None


@given(st.integers(0, 9999), st.integers(0, 9999), st.sampled_from("AGJL"))
def test_a_range_holds_what_lies_within_it(one: int, other: int, letter: str):
    first, last = f"{letter}{min(one, other):04d}", f"{letter}{max(one, other):04d}"
    assert codes_of(f" {first.lower()} - {last}") == (first, last)
    assert codes_of(first) == (first, first)
    assert codes_of(f"{last}-{first}") == ((first, last) if first == last else None)


@pytest.mark.parametrize("text", ["", "L1000-", "-L1000", "L1000-A2000", "99201-L1000", "L10", "L1000-L2000-L3000"])
def test_what_is_no_range_is_none(text: str):
    assert codes_of(text) is None

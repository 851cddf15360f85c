"""A practice's own edits: what conditions mean, and that every rule says why it is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.edits import guide, own
from portal.domain.edits.catalog import RULES, edit
from portal.domain.edits.own import COMPARISONS, FIELDS, Condition, OwnRule
from portal.domain.edits.rules import EditContext
from portal.domain.errors import Refused
from tests.domain.clean import claim

CONTEXT = EditContext(date(2026, 5, 20))


def rule(*conditions: tuple[str, str, str]) -> OwnRule:
    return OwnRule("own-1", "Rule", "block", tuple(Condition(*one) for one in conditions), "why", "do")


def lines(*conditions: tuple[str, str, str]) -> list[int | None]:
    return [one.line for one in rule(*conditions).findings(claim(), CONTEXT)]


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ([("payer", "is", "HHP01")], [None]),
        ([("payer", "is", "hhp01, X")], [None]),
        ([("payer", "is-not", "HHP01")], []),
        ([("diagnosis", "is", "E11.9")], [None]),
        ([("principal", "is", "E11.9")], []),
        ([("principal", "begins", "I1")], [None]),
        ([("diagnosis", "begins-not", "Z")], [None]),
        ([("charge", "above", "149.99")], [None]),
        ([("charge", "above", "150")], []),
        ([("charge", "is", "$150")], [None]),
        ([("age", "is", "46")], [None]),
        ([("age", "below", "46")], []),
        ([("days", "above", "14")], [None]),
        ([("authorization", "empty", "")], [None]),
        ([("authorization", "filled", "")], []),
        ([("service", "is", "J1885")], [2]),
        ([("service", "begins", "G,J")], [1, 2]),
        ([("modifier", "empty", "")], [1, 2]),
        ([("modifier", "is-not", "25")], [1, 2]),
        ([("units", "above", "1"), ("service", "is", "G0438")], []),
        ([("units", "above", "1"), ("payer", "is", "HHP01")], [2]),
        ([("line-charge", "is", "100"), ("line-place", "is", "11"), ("lines", "is", "2")], [1]),
    ],
)
def test_a_rule_meets_what_its_conditions_say(conditions: list[tuple[str, str, str]], met: list[int | None]) -> None:
    assert lines(*conditions) == met


@pytest.mark.parametrize("field", ["group", "authorization", "referral", "payer"])
def test_small_letters_of_a_card_or_a_payer_make_no_difference(field: str) -> None:
    one = claim()
    cover = replace(one.cover, group_number="grp-a1", payer_id="grp-a1")
    one = replace(one, cover=cover, authorization="grp-a1", referral="grp-a1")
    assert len(list(rule((field, "is", "Grp-A1")).findings(one, CONTEXT))) == 1
    assert len(list(rule((field, "begins", "grp")).findings(one, CONTEXT))) == 1


def test_the_practices_rules_come_last_and_say_what_it_said() -> None:
    context = replace(CONTEXT, own=(rule(("payer", "is", "HHP01")),))
    (*_, last) = edit(claim(), context)
    assert (last.code, last.severity, str(last.text), str(last.what_to_do)) == ("own-1", "block", "Rule: why", "do")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters=","), min_size=1, max_size=8)
TEXT_FIELDS = sorted(name for name, one in FIELDS.items() if not one.number)
NUMBER_FIELDS = sorted(name for name, one in FIELDS.items() if one.number)


@settings(max_examples=60)
@given(st.sampled_from(TEXT_FIELDS), WORDS.filter(str.strip), st.sampled_from(["is", "begins"]))
def test_a_condition_and_its_contrary_part_the_claims_or_lines(field: str, value: str, comparison: str) -> None:
    whole = [1, 2] if FIELDS[field].of_line else [None]
    some, none = lines((field, comparison, value)), lines((field, f"{comparison}-not", value))
    assert sorted([*some, *none], key=str) == whole


@settings(max_examples=60)
@given(st.sampled_from(NUMBER_FIELDS), st.decimals(-1000, 1000, places=2))
def test_a_number_is_more_less_or_the_same(field: str, value: Decimal) -> None:
    above, below, same = (lines((field, comparison, str(value))) for comparison in ("above", "below", "is"))
    assert sorted([*above, *below, *same], key=str) == ([1, 2] if FIELDS[field].of_line else [None])


@given(st.sampled_from(sorted(FIELDS)), st.sampled_from([*COMPARISONS, "like"]), st.text(max_size=20))
@settings(max_examples=80)
def test_any_condition_works_or_is_refused_with_a_sentence(field: str, comparison: str, value: str) -> None:
    try:
        made = rule((field, comparison, value))
    except Refused:
        return
    list(made.findings(claim(), CONTEXT))
    list(made.findings(replace(claim(), lines=(), diagnoses=()), CONTEXT))
    assert str(own.said(made.conditions[0]))


def test_every_built_in_rule_says_why_it_is_there_and_what_to_do() -> None:
    assert {rule.code for rule in RULES} <= guide.CODES
    for one in RULES:
        assert all(str(text) for text in guide.of(one.code))
        assert str(one.title)
        assert str(one.example)

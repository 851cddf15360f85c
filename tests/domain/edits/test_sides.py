"""Sides of the body: what titles say beside each other, and when a modifier contradicts them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.codes import CodeRelease
from portal.domain.edits.rules import EditContext
from portal.domain.edits.sides import LEFT, RIGHT, RULES, side_of
from portal.domain.titles import Title, said
from tests.domain.clean import claim

TITLES = {
    "M1711": "Arthritis, right knee",
    "M1712": "Arthritis, left knee",
    "M170": "Bilateral arthritis of knee",
    "M179": "Arthritis, unspecified knee",
    "H251": "Unspecified cataract, unspecified eye",
    "H252": "Unspecified cataract, right eye",
    "H253": "Unspecified cataract, left eye",
    "I447": "Left bundle-branch block, unspecified",
    "I10": "High pressure, unspecified",
    "H42": "Glaucoma in diseases classified elsewhere",
    "B95": "A germ as the cause of diseases classified elsewhere",
    "H679": "Inflamed ear in diseases classified elsewhere, right ear",
    "H678": "Inflamed ear in diseases classified elsewhere, left ear",
}


def test_titles_say_a_side_only_where_the_same_stands_with_the_other_side() -> None:
    assert said(TITLES) == {
        "M1711": Title(side="right"),
        "M1712": Title(side="left"),
        "M170": Title(side="both"),
        "M179": Title(side="unsaid"),
        "H251": Title(side="unsaid"),
        "H252": Title(side="right"),
        "H253": Title(side="left"),
        "H42": Title(manifestation=True),
        "H679": Title(True, "right"),
        "H678": Title(True, "left"),
    }


def codes_of(modifiers: tuple[str, ...], *diagnoses: str) -> set[str]:
    clean = claim()
    line = replace(clean.lines[0], modifiers=modifiers, pointers=tuple(range(1, len(diagnoses) + 1)))
    made = replace(clean, diagnoses=diagnoses, lines=(line, *clean.lines[1:]))
    context = EditContext(date(2026, 5, 20), CodeRelease("test", titles=said(TITLES)))
    return {one.code for rule in RULES for one in rule.findings(made, context)}


@pytest.mark.parametrize(
    ("modifiers", "diagnoses"),
    [
        (("RT",), ("M1711",)),
        (("LT",), ("M1711", "M1712")),
        (("LT",), ("M1711", "M170")),
        (("50",), ("M1711",)),
        (("LT", "RT"), ("M1711",)),
        ((), ("M1711",)),
        (("LT",), ("I447", "I10")),
    ],
)
def test_what_agrees_or_says_nothing_is_left_alone(modifiers: tuple[str, ...], diagnoses: tuple[str, ...]) -> None:
    assert codes_of(modifiers, *diagnoses) == set()


@settings(max_examples=40)
@given(st.sampled_from(sorted(LEFT | RIGHT)), st.sampled_from(["M1711", "M1712", "H252", "H253"]))
def test_a_side_is_contradicted_exactly_by_the_other(modifier: str, code: str) -> None:
    left = said(TITLES)[code].side == "left"
    assert codes_of((modifier,), code) == (set() if left == (modifier in LEFT) else {"diagnosis-side"})
    assert side_of(replace(claim().lines[0], modifiers=(modifier,))) == ("left" if modifier in LEFT else "right")

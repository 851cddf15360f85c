"""NCCI edits: what is paid together, with which modifier, and how many units; what trips each and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.ncci import RULES
from portal.domain.edits.rules import EditContext, EditFinding, PriorLine
from portal.domain.ncci import MODIFIERS, NO_NCCI, NcciTables, PairEdit, UnitLimit
from tests.domain.clean import claim

DAY, START = date(2026, 5, 5), date(2020, 1, 1)
NPI = claim().billing.npi


def line(code: str, *modifiers: str, units: int = 1, on: date | None = DAY, **more: Any) -> ServiceLine:
    return ServiceLine(code, 10_000, Decimal(units), (1,), on, modifiers=modifiers, **more)


def pair(indicator: Any, valid_to: date | None = None) -> NcciTables:
    """G0438 in column 1, J1885 in column 2."""
    return NcciTables({("G0438", "J1885"): (PairEdit(START, valid_to, indicator),)})


def limit(indicator: Any, units: int = 4) -> NcciTables:
    return NcciTables(limits={"J1885": (UnitLimit(START, None, units, indicator),)})


def prior(code: str, *modifiers: str, npi: str = NPI, units: int = 1, on: date = DAY) -> PriorLine:
    return PriorLine(npi, on, code, modifiers, Decimal(units), 10_000)


def found(
    tables: NcciTables, lines: Sequence[ServiceLine], *others: PriorLine, **changes: Any
) -> list[tuple[str, int | None]]:
    context = EditContext(date(2026, 5, 20), prior=others, ncci=tables)
    return [(each.code, each.line) for each in findings(replace(claim(), lines=tuple(lines), **changes), context)]


def findings(one: Claim, context: EditContext) -> list[EditFinding]:
    return [each for rule in RULES for each in rule.findings(one, context)]


FIRST = line("G0438")


@pytest.mark.parametrize(
    ("tables", "second", "trips"),
    [
        (pair("0"), line("J1885"), True),
        (pair("0"), line("J1885", "59"), True),
        (pair("1"), line("J1885"), True),
        (pair("1"), line("J1885", "76"), True),
        (pair("1"), line("J1885", "59"), False),
        (pair("1"), line("J1885", "76", "LT"), False),
        (pair("9"), line("J1885"), False),
        (pair("0"), line("A4550"), False),
        (pair("0"), line("J1885", on=date(2026, 5, 6)), False),
        (pair("0", date(2026, 5, 4)), line("J1885"), False),
        (pair("0", DAY), line("J1885"), True),
        (pair("0"), line("J1885", on=None), False),
        (pair("0"), line("J1885", qualifier="ER"), False),
        (NO_NCCI, line("J1885"), False),
    ],
)
def test_a_pair_on_one_claim(tables: NcciTables, second: ServiceLine, trips: bool) -> None:
    assert found(tables, (FIRST, second)) == ([("ncci-ptp", 2)] if trips else [])
    assert found(tables, (second, FIRST)) == ([("ncci-ptp", 1)] if trips else []), "column 2 is told, wherever it is"


def test_a_modifier_on_the_first_code_counts_only_when_it_says_distinct_and_since_july_2019() -> None:
    assert found(pair("1"), (line("G0438", "XS"), line("J1885"))) == []
    assert found(pair("1"), (line("G0438", "LT"), line("J1885"))) == [("ncci-ptp", 2)]
    early = NcciTables({("G0438", "J1885"): (PairEdit(date(2010, 1, 1), None, "1"),)})
    for day, trips in ((date(2019, 6, 30), True), (date(2019, 7, 1), False)):
        lines = (line("G0438", "59", on=day), line("J1885", on=day))
        assert bool(found(early, lines)) == trips


@given(st.sampled_from(sorted(MODIFIERS)))
def test_every_modifier_of_the_list_sets_a_pair_apart(modifier: str) -> None:
    assert found(pair("1"), (FIRST, line("J1885", modifier))) == []
    assert found(pair("0"), (FIRST, line("J1885", modifier))) == [("ncci-ptp", 2)]


def test_a_pair_across_claims_of_one_provider_and_day() -> None:
    assert found(pair("1"), [line("J1885")], prior("G0438")) == [("ncci-ptp", 1)]
    assert found(pair("1"), [line("J1885", "59")], prior("G0438")) == []
    assert found(pair("1"), [FIRST], prior("J1885")) == [("ncci-ptp", 1)]
    assert found(pair("1"), [FIRST], prior("J1885", "59")) == []
    assert found(pair("0"), [FIRST], prior("J1885", npi="1093817465")) == []
    assert found(pair("0"), [FIRST], prior("J1885", on=date(2026, 5, 4))) == []


def test_the_pair_that_is_never_paid_is_told_first_and_a_void_is_let_be() -> None:
    tables = NcciTables({
        ("G0438", "J1885"): (PairEdit(START, None, "1"),), ("A4550", "J1885"): (PairEdit(START, None, "0"),),
    })  # fmt: skip
    lines = (line("G0438"), line("A4550"), line("J1885"))
    context = EditContext(date(2026, 5, 20), ncci=tables)
    (only,) = findings(replace(claim(), lines=lines), context)
    assert (only.line, only.text.parameters["other"]) == (3, 2)
    assert found(tables, lines, frequency="8") == []
    assert found(limit("2"), [line("J1885", units=9)], frequency="8") == []


@pytest.mark.parametrize(
    ("indicator", "lines", "others", "expected"),
    [
        ("1", [line("J1885", units=4)], [], []),
        ("1", [line("J1885", units=5)], [], [("mue-review", 1)]),
        ("1", [line("J1885", units=3), line("J1885", "76", units=3)], [prior("J1885", units=9)], []),
        ("2", [line("J1885", units=4)], [], []),
        ("2", [line("J1885", units=5)], [], [("mue", 1)]),
        ("2", [line("J1885", units=3), line("J1885", "76", units=3)], [], [("mue", 2)]),
        ("2", [line("J1885", units=3)], [prior("J1885", units=2)], [("mue", 1)]),
        ("2", [line("J1885", units=3)], [prior("J1885", units=2, npi="1093817465")], []),
        ("2", [line("J1885", units=3), line("J1885", units=3, on=date(2026, 5, 6))], [], []),
        ("3", [line("J1885", units=5)], [], [("mue-review", 1)]),
        ("3", [line("J1885", units=2), line("J1885", units=3)], [], [("mue-review", 2)]),
        ("2", [line("J1885", units=12, to_date=date(2026, 5, 7))], [], []),
        ("2", [line("J1885", units=13, to_date=date(2026, 5, 7))], [], [("mue", 1)]),
        ("2", [line("J1885", units=50, unit="MJ")], [], []),
        ("2", [line("J1885", units=50, on=None)], [], []),
        ("2", [line("G0438", units=50)], [], []),
    ],
)
def test_units_over_the_limit(
    indicator: Any, lines: list[ServiceLine], others: list[PriorLine], expected: list[tuple[str, int]]
) -> None:
    assert found(limit(indicator), lines, *others) == expected


def test_a_service_of_which_no_unit_is_paid() -> None:
    assert found(limit("2", 0), [line("J1885")]) == [("mue", 1)]


def test_what_is_absolute_blocks_and_what_can_be_right_warns() -> None:
    assert {rule.code: rule.severity for rule in RULES} == {"ncci-ptp": "block", "mue": "block", "mue-review": "warn"}

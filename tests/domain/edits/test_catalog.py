from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.coverage_policies import Covered
from portal.domain.edits.catalog import RULES, edit
from tests.domain.clean import claim
from tests.domain.edits.cases import CLEAN, SPOILS
from tests.domain.edits.spoiling import CONTEXT, Spoil, facility, in_context, inpatient, judged, on, on_line, operated

CASES = [(code, at) for code, spoils in SPOILS.items() for at in range(len(spoils))]


def test_every_rule_has_a_case_that_trips_it() -> None:
    assert set(SPOILS) == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("code", "at"), CASES, ids=[f"{code}-{at}" for code, at in CASES])
def test_a_spoiled_claim_trips_its_rule_with_something_to_do(code: str, at: int) -> None:
    found = [one for one in edit(*SPOILS[code][at](claim(), CONTEXT)) if one.code == code]
    assert found
    for one in found:
        assert one.severity == next(rule.severity for rule in RULES if rule.code == code)
        assert str(one.text)
        assert str(one.what_to_do)
        assert one.line is None or f"Line {one.line}" in str(one.text)


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_claim_has_nothing_that_blocks(name: str) -> None:
    assert [one for one in edit(*CLEAN[name](claim(), CONTEXT)) if one.severity == "block"] == []


def test_the_clean_claim_has_nothing_at_all() -> None:
    assert edit(claim(), CONTEXT) == ()


def codes_of(spoil: Spoil) -> set[str]:
    return {one.code for one in edit(*spoil(claim(), CONTEXT))}


def test_a_limit_that_has_passed_is_not_also_near() -> None:
    assert codes_of(in_context(today=date(2026, 11, 2))) == {"filing-passed"}


def test_a_first_payers_limit_runs_from_the_service_whatever_another_payer_answered() -> None:
    assert codes_of(in_context(today=date(2027, 2, 1), earlier_payer_answered=date(2027, 1, 15))) == {"filing-passed"}


def test_services_on_both_sides_of_october_2015_are_to_be_split() -> None:
    found = edit(*on_line(from_date=date(2015, 9, 30))(claim(), CONTEXT))
    assert any(one.code == "diagnosis-set" and "Split" in str(one.what_to_do) for one in found)


@settings(max_examples=40)
@given(st.lists(st.sampled_from([spoil for spoils in SPOILS.values() for spoil in spoils]), max_size=6))
def test_whatever_is_wrong_at_once_the_edits_only_report(spoils: list[Spoil]) -> None:
    spoiled, context = claim(), CONTEXT
    for spoil in spoils:
        if spoiled.lines and spoiled.patient.address is not None:
            spoiled, context = spoil(spoiled, context)
    for one in edit(spoiled, context):
        assert one.code in SPOILS


PROTECTED = ("Ashgrove", "Mina", "W123456789", "I10", "E119", "G0438", "J1885", "Larch", "1980", "E11.9", "Z999")


@pytest.mark.parametrize(("code", "at"), CASES, ids=[f"{code}-{at}" for code, at in CASES])
def test_no_text_carries_a_protected_value(code: str, at: int) -> None:
    for one in edit(*SPOILS[code][at](claim(), CONTEXT)):
        for word in PROTECTED:
            assert word not in f"{one.text} {one.what_to_do}"


QUIET: Mapping[str, Spoil] = {
    "aftercare for another reason": operated(90, 30, modifiers=("24",)),
    "another specialty of the group": operated(90, 30, npi="1245319599", taxonomy="207X00000X"),
    "behind the period": operated(90, 91),
    "two days before": operated(90, -2),
    "the day before a minor procedure": operated(10, -1),
    "critical care for another reason": operated(90, 3, modifiers=("FT",)),
    "aftercare that another took over": operated(90, 30, code="J1885", modifiers=("55",)),
    "a service without a period": operated(90, 30, code="G0438"),
    "a planned second step": operated(90, 14, code="J1885", modifiers=("58",)),
    "of a facility, at a distance": lambda clean, context: on_line(modifiers=("95",))(*facility()(clean, context)),
    "a drug of a stay for Medicaid": lambda clean, context: on("cover", filing_code="MC")(
        *inpatient("01", lines=(replace(claim().lines[1], revenue_code="0636", pointers=()),))(clean, context)
    ),
    "covered": judged(Covered("E11*")),
    "said not to be covered": judged(modifiers=("GY",)),
}


@pytest.mark.parametrize("name", QUIET)
def test_what_is_right_is_not_asked_about(name: str) -> None:
    claim_, context = QUIET[name](claim(), CONTEXT)
    if name == "a service without a period":
        context = replace(context, periods={})
    found = {one.code for one in edit(claim_, context)}
    assert not found & {"coverage-policy", "telehealth-place", "ndc-missing"}
    assert not any(code.startswith("global-") for code in found)


@pytest.mark.parametrize(("modifiers", "code"), [(("90",), "clia-missing"), (("QW", "90"), "clia-waived")])
def test_a_test_that_another_laboratory_made_is_not_waiting_for_our_certificate(
    modifiers: tuple[str, ...], code: str
) -> None:
    found = [one for one in edit(*on_line(code="80999", modifiers=modifiers)(claim(), CONTEXT)) if one.code == code]
    assert ["Another laboratory" in str(one.what_to_do) for one in found] == [True]


def test_what_is_known_of_a_practices_facilities_is_not_held_against_a_facilitys_own_claim() -> None:
    assert "facility-place" not in codes_of(CLEAN["an outpatient of a facility that is on its practice's list"])

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.codes import (
    NO_CODES,
    PLACES,
    CodeRelease,
    CodeSpan,
    is_contractual,
    is_icd_9_cm,
    is_icd_10_cm,
    is_modifier,
    is_place,
    is_taxonomy,
    procedure_set,
)


@pytest.mark.parametrize("code", ["I10", "E119", "S72001A", "Z0000", "U071", "C7A00", "O9A111"])
def test_icd_10_cm_shapes(code: str) -> None:
    assert is_icd_10_cm(code)


@pytest.mark.parametrize("code", ["", "I1", "E11.9", "e119", "1234", "S72001AXX", "II0", "I10 ", "I10\n", "É10"])
def test_what_is_no_icd_10_cm(code: str) -> None:
    assert not is_icd_10_cm(code)


@pytest.mark.parametrize(("code", "good"), [("4019", True), ("V700", True), ("E8889", True), ("40", False),
                                            ("401.9", False), ("I10", False)])  # fmt: skip
def test_icd_9_cm_shapes(code: str, good: bool) -> None:
    assert is_icd_9_cm(code) is good


@pytest.mark.parametrize(
    ("code", "code_set"),
    [("G0438", "hcpcs"), ("J1885", "hcpcs"), ("D0120", "cdt"), ("99999", "cpt"), ("0001F", "cpt"), ("0001U", "cpt"),
     ("G043", ""), ("G04388", ""), ("g0438", ""), ("G043A", ""), ("", ""), ("99999\n", "")],
)  # fmt: skip
def test_a_procedure_code_belongs_to_a_set_by_its_shape(code: str, code_set: str) -> None:
    assert procedure_set(code) == code_set


def test_modifiers_places_and_taxonomies_have_their_shapes() -> None:
    assert is_modifier("59")
    assert is_modifier("LT")
    assert not is_modifier("5")
    assert not is_modifier("lt")
    assert is_place("11")
    assert not is_place("1")
    assert is_taxonomy("207Q00000X")
    assert not is_taxonomy("207Q00000Y")
    assert {"11", "02", "10", "21", "22", "23", "81", "99"} <= PLACES
    assert not {"00", "28", "98", "100"} & PLACES


RELEASE = CodeRelease("r", {
    "icd10cm": {
        "A1": (CodeSpan(date(2020, 10, 1), date(2021, 9, 30)), CodeSpan(date(2023, 10, 1))),
        "A": (CodeSpan(date(2020, 10, 1), None, billable=False),),
    },
})  # fmt: skip


@pytest.mark.parametrize(
    ("code", "day", "standing"),
    [
        ("A1", date(2020, 9, 30), "not-yet"),
        ("A1", date(2020, 10, 1), "valid"),
        ("A1", date(2021, 9, 30), "valid"),
        ("A1", date(2021, 10, 1), "retired"),
        ("A1", date(2023, 10, 1), "valid"),
        ("A", date(2024, 1, 1), "heading"),
        ("B", date(2024, 1, 1), "unknown"),
    ],
)
def test_a_code_stands_by_service_date(code: str, day: date, standing: str) -> None:
    assert RELEASE.standing("icd10cm", code, day) == standing


def test_a_set_that_was_not_loaded_says_so() -> None:
    assert NO_CODES.standing("cpt", "99999", date(2026, 1, 1)) == "unloaded"


@pytest.mark.parametrize(
    ("group", "reason", "day", "contractual"),
    [
        ("CO", "45", date(2026, 1, 1), True),
        ("CO", "45", None, True),
        ("PR", "45", date(2026, 1, 1), False),
        ("OA", "45", date(2026, 1, 1), False),
        ("PI", "45", date(2026, 1, 1), False),
        ("CO", "253", date(2013, 4, 1), True),
        ("CO", "253", date(2013, 3, 31), False),
        ("CO", "144", date(2026, 1, 1), True),
        ("CO", "50", date(2026, 1, 1), False),
        ("CO", "97", date(2026, 1, 1), False),
        ("CO", "29", date(2026, 1, 1), False),
        ("CO", "", None, False),
    ],
)
def test_only_co_with_a_contractual_reason_is_written_off(
    group: str, reason: str, day: date | None, contractual: bool
) -> None:
    assert is_contractual(group, reason, day) is contractual

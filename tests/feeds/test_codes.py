"""Published code files: official layouts read, anything else refused with its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.codes import PLACES, SETS
from portal.domain.errors import Refused
from portal.feeds.codes import Listed, places, read_codes
from portal.sandbox.codes import code_lists, hcpcs_file, icd10cm_file


def order_line(code: str, words: str = "Some words", valid: str = "1") -> str:
    return f"00001 {code:<7} {valid} {words:<60} {words}"


def contractor_line(code: str, words: str, kind: str = "3", added: str = "", ended: str = "") -> str:
    line = f"{code:>5}00100{kind}{words:<80}{words[:28]:<28}".ljust(268) + f"{added:<8}".ljust(16) + f"{ended:<8}"
    return line.ljust(320)


def refusal(code_set: str, body: str) -> str:
    with pytest.raises(Refused) as caught:
        read_codes(code_set, body.encode())
    assert caught.value.code == "layout"
    return str(caught.value.text)


def test_the_sandbox_writes_what_is_read():
    diagnoses, services = read_codes("icd10cm", icd10cm_file()), read_codes("hcpcs", hcpcs_file())
    listed = {(each.system, each.code, each.description) for each in code_lists()}
    read = {("icd10cm", each.code, each.description) for each in diagnoses}
    assert read | {("hcpcs", each.code, each.description) for each in services} == listed


def test_headings_are_not_billable():
    heading, leaf = read_codes("icd10cm", "\r\n".join([order_line("E11", valid="0"), order_line("E119")]).encode())
    assert (heading.billable, leaf.billable) == (False, True)


def test_long_texts_of_a_service_go_on_and_days_are_read():
    lines = [
        contractor_line("G0438", "Annual wellness visit;", added="20110101"),
        contractor_line("G0438", "first visit", kind="4"),
        contractor_line("A9999", "Gone", added="19860101", ended="20241231"),
    ]
    assert read_codes("hcpcs", "\n".join(lines).encode()) == (
        Listed("G0438", "Annual wellness visit; first visit", True, date(2011, 1, 1), None),
        Listed("A9999", "Gone", True, date(1986, 1, 1), date(2024, 12, 31)),
    )


def test_dental_codes_and_modifiers_are_left_out_of_a_hcpcs_file():
    lines = [
        contractor_line("D0120", "not ours"),
        contractor_line("D0120", "to show", kind="4"),
        contractor_line("A4550", "Tray"),
        contractor_line("RT", "Right side", kind="7"),
    ]
    assert [each.code for each in read_codes("hcpcs", "\n".join(lines).encode())] == ["A4550"]


@pytest.mark.parametrize(
    "line",
    ["", "x", order_line("E119", words=""), order_line("119"), order_line("E119", valid="2"), "G0438" + " " * 200],
)
def test_a_wrong_line_of_the_order_file_is_named(line: str):
    if not line:
        assert len(read_codes("icd10cm", f"{order_line('E119')}\n\n{order_line('I10')}".encode())) == 2
    else:
        assert refusal("icd10cm", f"{order_line('I10')}\n{line}").startswith("Line 2:")


@pytest.mark.parametrize(
    "line",
    [
        contractor_line("99999", "A shape of level I"),
        contractor_line("A4550", "Tray", kind="9"),
        contractor_line("A4550", "goes on", kind="4"),
        contractor_line("A4550", "Tray") + "x",
        "A4550",
    ],
)
def test_a_wrong_line_of_the_hcpcs_file_is_named(line: str):
    assert refusal("hcpcs", f"{contractor_line('G0438', 'Visit')}\n{line}").startswith("Line 2:")


def test_csv_files_have_named_columns():
    read = read_codes("cpt", b"Code,Description,Valid_from\n99999,Words of a licensee,2026-01-01\n")
    assert read == (Listed("99999", "Words of a licensee", True, date(2026, 1, 1), None),)
    assert refusal("cpt", "number,words\n99999,x").startswith("Line 1:")
    assert refusal("cpt", "code,description\n99999,\n").startswith("Line 2:")
    assert refusal("cpt", "code,description\n99999,x\nG0438,x").startswith("Line 3:")
    assert refusal("cpt", "code,description,valid_to\n99999,x,soon").startswith("Line 2:")


def test_a_code_stands_once_in_a_file():
    assert "E119" in refusal("icd10cm", f"{order_line('E119')}\n{order_line('E119')}")


@pytest.mark.parametrize(("code_set", "code"), [("none", "layout"), ("pos", "no-codes"), ("icd10cm", "no-codes")])
def test_nothing_is_refused_as_nothing(code_set: str, code: str):
    with pytest.raises(Refused) as caught:
        read_codes(code_set, b"code,description\n" if code_set == "pos" else b"")
    assert caught.value.code == ("code-set" if code_set == "none" else code)


def test_the_places_that_come_with_us_are_those_assigned():
    assert {each.code for each in read_codes("pos", places())} == PLACES


@given(st.sampled_from(SETS), st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(code_set: str, body: bytes):
    try:
        found = {"read"} if read_codes(code_set, body) else set()
    except Refused as refused:
        found = {refused.code}
    assert len(found & {"read", "layout", "no-codes"}) == 1

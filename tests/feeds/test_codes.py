"""Published code files: official layouts read, anything else refused with its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.codes import PLACES, SETS
from portal.domain.errors import Refused
from portal.feeds.codes import places, read_codes
from portal.feeds.layouts import Listed
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


def test_modifiers_of_a_hcpcs_file_are_a_set_of_their_own():
    lines = [
        contractor_line("A4550", "Tray"),
        contractor_line("RT", "Right side (used to identify", kind="7", added="19860101"),
        contractor_line("RT", "procedures on the right)", kind="8"),
        contractor_line("P3", "not ours", kind="7"),
        contractor_line("59", "not ours", kind="7"),
        contractor_line("59", "to show", kind="8"),
        contractor_line("XU", "Unusual", kind="7"),
    ]
    assert read_codes("hcpcs-modifier", "\n".join(lines).encode()) == (
        Listed("RT", "Right side (used to identify procedures on the right)", True, date(1986, 1, 1), None),
        Listed("XU", "Unusual"),
    )
    assert refusal("hcpcs-modifier", f"{lines[0]}\n{lines[2]}").startswith("Line 2:")


def test_icd_9_cm_ends_where_icd_10_cm_begins():
    body = "4019  Hypertension NOS\r\nV200  Health supervision\r\n38600 M\xe9ni\xe8re's disease\r\n".encode("cp1252")
    assert read_codes("icd9cm", body) == (
        Listed("4019", "Hypertension NOS", valid_to=date(2015, 9, 30)),
        Listed("V200", "Health supervision", valid_to=date(2015, 9, 30)),
        Listed("38600", "Ménière's disease", valid_to=date(2015, 9, 30)),
    )
    for bad in ("401.9 x", "4019", "40191x", "I10   High"):
        assert refusal("icd9cm", f"4019  x\n{bad}").startswith("Line 2:")


NOTICE = "Some words about whose it is\n\n"


def test_the_files_of_the_ama_are_read_as_a_licensee_gets_them():
    tabbed = f"{NOTICE}99998\tFirst thing\n9999T\tSecond thing\n"
    fixed = f"{NOTICE}99998 First\n99998 thing\n9999T Second thing\n"
    listed = "Concept Id\tCPT Code\tLong\tMedium\n1\t99998\tFirst thing\tx\n2\t9999T\tSecond thing\ty\n"
    for body in (tabbed, fixed, NOTICE + listed):
        assert [(each.code, each.description) for each in read_codes("cpt", body.encode())] == [
            ("99998", "First thing"), ("9999T", "Second thing"),
        ]  # fmt: skip
    assert refusal("cpt", f"{NOTICE}99998\tx\nrubbish").startswith("Line 4:")
    assert refusal("cpt", f"{NOTICE}99998\tx\n99997 y").startswith("Line 4:")
    assert refusal("cpt", "nothing here").startswith("Line 1:")


def test_reasons_and_remarks_have_their_days_as_x12_writes_them():
    head = b"Code,Description,Start Date,Last Modified,Stop Date\n"
    body = head + b"45,Ours,01/01/1995,07/01/2017,\nB12,Old,1/1/1995,,06/30/2007\n"
    assert read_codes("carc", body) == (
        Listed("45", "Ours", True, date(1995, 1, 1), None),
        Listed("B12", "Old", True, date(1995, 1, 1), date(2007, 6, 30)),
    )
    assert [each.code for each in read_codes("rarc", b"Code\tDescription\tStart\nN30\tOurs\t2000-01-01\n")] == ["N30"]
    assert refusal("rarc", "Code,Description\n45,x").startswith("Line 2:")
    assert refusal("carc", "Code,Description,Start\n45,x,soon").startswith("Line 2:")


def test_places_as_cms_lists_them():
    body = (
        '"Place of Service Code(s)","Place of Service Name","Place of Service Description"\n'
        '1,"Pharmacy","Where drugs are sold, dispensed."\n27-30,Unassigned,N/A\n"35 - 40",Unassigned,N/A\n'
        '11,Office,"Somewhere\nelse"\n98,Unassigned,N/A\n'
    )
    assert [(each.code, each.description) for each in read_codes("pos", body.encode())] == [
        ("01", "Pharmacy"), ("11", "Office"),
    ]  # fmt: skip


def test_taxonomy_as_nucc_publishes_it():
    body = (
        "\ufeffCode,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section\r\n"
        '207Q00000X,Allopathic,Family Medicine,,"A, b",,Family Medicine Physician,Individual\r\n'
        "193200000X,Group,Multi-Specialty,,,,,Non-Individual\r\n"
    )
    assert [(each.code, each.description) for each in read_codes("taxonomy", body.encode())] == [
        ("207Q00000X", "Family Medicine Physician"), ("193200000X", "Multi-Specialty"),
    ]  # fmt: skip


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
    assert len(found & {"read", "layout", "no-codes", "archive"}) == 1


LINES = st.sampled_from([
    "code,description", "99999\tx", "99999 x", '"', "11,Office", order_line("E119"), contractor_line("A4550", "Tray"),
    contractor_line("RT", "Right", kind="7"), "4019  High", "\t", "Concept Id\tCPT Code\tLong",
])  # fmt: skip


@given(st.sampled_from(SETS), st.lists(LINES, max_size=6))
def test_any_lines_are_read_or_refused(code_set: str, lines: list[str]):
    try:
        said = "read" if read_codes(code_set, "\n".join(lines).encode()) else ""
    except Refused as refused:
        said = refused.code
    assert said in {"read", "layout", "no-codes"}

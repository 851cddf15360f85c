from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.practices import is_ein, is_npi, is_phone, is_post_box, is_practice_code, is_zip, partner_folder


def test_the_published_example_passes() -> None:
    # CMS, "Requirements for National Provider Identifier (NPI) and NPI Check Digit": 123456789 takes 3.
    assert is_npi("1234567893")


@given(st.sampled_from("12"), st.text("0123456789", min_size=8, max_size=8))
def test_exactly_one_check_digit_fits(first: str, rest: str) -> None:
    assert sum(is_npi(f"{first}{rest}{digit}") for digit in range(10)) == 1


@given(st.integers(0, 9), st.integers(0, 9))
def test_one_wrong_digit_is_found(at: int, digit: int) -> None:
    good = "1234567893"
    spoiled = good[:at] + str(digit) + good[at + 1 :]
    assert is_npi(spoiled) is (spoiled == good)


@pytest.mark.parametrize("text", ["", "123456789", "12345678933", "3234567893", "123456789X", "\uff11234567893"])
def test_what_is_no_npi(text: str) -> None:
    assert not is_npi(text)


def test_the_shapes_of_tax_id_zip_and_phone() -> None:
    assert is_ein("123456789")
    assert not is_ein("12-3456789")
    assert is_zip("45402")
    assert is_zip("454021234", nine=True)
    assert not is_zip("45402", nine=True)
    assert not is_zip("45402-1234")
    assert is_phone("9375550100")
    assert not is_phone("1375550100")
    assert not is_phone("937-555-0100")


@pytest.mark.parametrize("line", ["PO Box 12", "P.O. BOX 12", "p o box 9", "Suite 3, Post Office Box 4", "LOCKBOX 7"])
def test_a_post_office_box_in_its_spellings(line: str) -> None:
    assert is_post_box(line)


@pytest.mark.parametrize("line", ["400 Main Street", "12 Boxwood Lane", "7 Polk Street", ""])
def test_a_street_is_no_box(line: str) -> None:
    assert not is_post_box(line)


@pytest.mark.parametrize("code", ["juniper", "j", "7", "cedar-2", "a-b-c", "x" * 20])
def test_a_practices_code(code: str) -> None:
    assert is_practice_code(code)


@pytest.mark.parametrize(
    "code",
    ["", "Juniper", "juniper ridge", "juniper_ridge", "-j", "j-", "a--b", "x" * 21, "jo\u0308", "a/b", "juniper\n"],
)
def test_what_is_no_code_of_a_practice(code: str) -> None:
    assert not is_practice_code(code)


@pytest.mark.parametrize(
    "spelled", ["clearing", "clearing/", "./clearing", "x/../clearing", ".//clearing/.", "clearing//"]
)
def test_a_partners_folder_however_it_is_spelled(spelled: str) -> None:
    assert partner_folder(spelled) == "clearing"


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "x/..",
        "a/b",
        "../clearing",
        "/clearing",
        ".hidden",
        "a\\b",
        "a\0b",
        "a ",
        "a\n",
        "caf\u00e9",
        "x" * 65,
    ],
)
def test_a_path_that_is_no_partners_folder(path: str) -> None:
    assert partner_folder(path) is None

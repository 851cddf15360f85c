from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto import canonical


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Jos\u00e9", "jose"),
        ("JOSE\u0301", "jose"),
        ("jose", "jose"),
        ("O'Brien", "obrien"),
        ("O\u2019BRIEN", "obrien"),
        ("Stra\u00dfe", "strasse"),
        ("STRASSE", "strasse"),
        ("Nguy\u1ec5n", "nguyen"),
        ("NGUYEN", "nguyen"),
        ("Smith-Jones", "smithjones"),
        ("smith jones", "smithjones"),
        ("  de la  Cruz ", "delacruz"),
        ("\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e"),
        ("\u0141ukasz", "\u0142ukasz"),
        ("\u0141UKASZ", "\u0142ukasz"),
        ("M\u00fcller III.", "mulleriii"),
        ("\ud55c\uae00", "\ud55c\uae00"),
        ("\u0130pek", "ipek"),
        ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c3"),
        ("\uff21\uff4e\uff41", "ana"),
        ("", ""),
        ("-' .", ""),
        ("\u0301", ""),
        ("\U0001f600", ""),
    ],
)
def test_name_rule(written, form):
    assert canonical.name(written) == form


@given(st.text(max_size=30))
@settings(max_examples=150)
def test_composed_and_decomposed_spellings_are_one(text):
    spellings = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    for rule in (canonical.name, canonical.street, canonical.email, canonical.phone, canonical.identifier):
        assert rule(spellings[0]) == rule(spellings[1])


@given(st.text(max_size=30))
@settings(max_examples=150)
def test_no_rule_lets_the_separator_through(text):
    text = text[:3] + canonical.SEPARATOR + text[3:]
    for rule in (canonical.name, canonical.street, canonical.identifier, canonical.phone, canonical.zip5):
        form = rule(text)
        assert canonical.SEPARATOR not in form
        assert form == form.strip()


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("XYZ-123 456", "XYZ123456"),
        (" xyz123456", "XYZ123456"),
        ("0012", "0012"),
        ("12", "12"),
        ("a_b.c/d", "ABCD"),
        ("\uff21\uff11", "A1"),
        ("\u00e9t\u00e9 1", "\u00c9T\u00c91"),
        ("--", ""),
        ("", ""),
    ],
)
def test_identifier_rule(written, form):
    assert canonical.identifier(written) == form


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("(206) 555-0123", "+12065550123"),
        ("206.555.0123", "+12065550123"),
        ("1 206 555 0123", "+12065550123"),
        ("+1-206-555-0123", "+12065550123"),
        ("+1 (206) 555 0123 ext. 4", "+12065550123"),
        ("2065550123x99", "+12065550123"),
        ("206 555 0123 #7", "+12065550123"),
        ("206-555-0123 extension 12", "+12065550123"),
        ("011 44 20 7946 0123", "+442079460123"),
        ("+44 20 7946 0123", "+442079460123"),
        ("\uff12\uff10\uff16\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "+12065550123"),
        ("555-0123", ""),
        ("+1 555 0123", ""),
        ("22065550123", ""),
        ("206-KL5-0123", ""),
        ("+0 12345678", ""),
        ("", ""),
        ("+1234567890123456", ""),
        ("ext 5", ""),
        ("none", ""),
    ],
)
def test_phone_rule(written, form):
    assert canonical.phone(written) == form


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (" Ana@Example.ORG ", "ana@example.org"),
        ("stra\u00dfe@example.org", "strasse@example.org"),
        ("a.b+c@x.org", "a.b+c@x.org"),
        (" ", ""),
    ],
)
def test_email_rule(written, form):
    assert canonical.email(written) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 North Main Street", "12 n. main st"),
        ("12 Main St, Apt 4", "12 Main Street #4"),
        ("12 Main St Apt. #4", "12 Main St unit 4"),
        ("12 Main St Suite 4B", "12 MAIN STREET, STE 4b"),
        ("P.O. Box 7", "po box 7"),
        ("P O Box 7", "PO Box 7"),
        ("5 Pe\u00f1a Blvd", "5 Pena Boulevard"),
        ("1 O'Hare Way", "1 OHare Way"),
        ("3-5 Elm Rd", "3 5  Elm Road"),
    ],
)
def test_street_rule_joins(one, other):
    assert canonical.street(one) == canonical.street(other) != ""


def test_street_rule_keeps_apart():
    lines = [
        "12 N Main St",
        "12 S Main St",
        "12 Main St",
        "12 Main St Apt 1",
        "12 Main St Apt 2",
        "1 2 Main St",
        "12 Main Ave",
    ]
    assert len({canonical.street(line) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("98101", "98101"),
        (" 98101-2345", "98101"),
        ("981012345", "98101"),
        ("9810", ""),
        ("98101-", ""),
        ("K1A 0B1", ""),
        ("", ""),
    ],
)
def test_zip_rule(written, form):
    assert canonical.zip5(written) == form


def test_birth_rule_takes_the_day_only():
    assert canonical.birth(date(984, 2, 9)) == "0984-02-09"
    assert canonical.birth(datetime(1984, 2, 29, 13, tzinfo=UTC)) == "1984-02-29"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("0123-4567-89AB", "0123456789AB"),
        ("0123 4567 89ab", "0123456789AB"),
        ("oO1iIlL", "0011111"),
        ("ABCU", ""),
        ("AB*", ""),
        ("\u0661", ""),
        ("", ""),
    ],
)
def test_one_time_codes_are_read_as_people_write_them(written, form):
    assert canonical.one_time_code(written) == form

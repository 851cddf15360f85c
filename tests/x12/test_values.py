"""Elements by their type: readable ones exact, the rest a finding and a harmless value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.x12.reader import Delimiters, Segment
from portal.x12.values import Values, npi_holds


def segment(text: str) -> Segment:
    return Segment(tuple(text.split("*")), 7, Delimiters())


@pytest.mark.parametrize(
    ("text", "cents"), [("100", 10000), ("100.0", 10000), (".5", 50), ("-12.30", -1230), (" 5 ", 500)]
)
def test_amounts_written_differently_are_equal(text: str, cents: int) -> None:
    values = Values()
    assert values.cents(segment(f"AMT*B6*{text}"), 2) == cents
    assert values.cents(segment(f"AMT*B6*{text}"), 2) == cents
    assert (values.findings, values.broken) == ([], False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount-missing"),
        ("1.005", "amount"),
        ("1,00", "amount"),
        ("1E3", "amount"),
        ("NaN", "amount"),
        ("9" * 30, "amount"),
    ],
)
def test_what_is_no_amount_breaks_the_whole_and_is_never_quoted(text: str, code: str) -> None:
    values = Values()
    assert values.cents(segment(f"CLP*A*1*{text}"), 3) == 0
    (finding,) = values.findings
    assert (finding.segment, finding.code, values.broken) == (7, code, True)
    assert "CLP03" in str(finding.text)
    assert not text or text not in str(finding.text)


def test_an_amount_that_need_not_be_there() -> None:
    values = Values()
    assert values.cents(segment("CLP*A*1*5*5**"), 5, needed=False) == 0
    assert (values.findings, values.broken) == ([], False)


def test_days_and_quantities() -> None:
    values = Values()
    assert values.day(segment("DTM*232*20260229"), 2) is None
    assert values.day(segment("DTM*232*20260228"), 2) == date(2026, 2, 28)
    assert values.day(segment("DTM*232"), 2) is None
    assert values.quantity(segment("SVC*****1.5"), 5) == Decimal("1.5")
    assert values.quantity(segment("SVC*****"), 5) is None
    assert [values.quantity(segment(f"SVC*****{text}"), 5) for text in ("x", "NaN", "Infinity", "1E400")] == [None] * 4
    assert [finding.code for finding in values.findings] == ["date", *["quantity"] * 4]
    assert not values.broken


@pytest.mark.parametrize(
    ("npi", "holds"),
    [
        ("1234567893", True),
        ("1234567890", False),
        ("3234567893", False),
        ("123456789", False),
        ("", False),
        ("12345678\uff193", False),
    ],
)
def test_the_check_digit_of_an_npi(npi: str, holds: bool) -> None:
    assert npi_holds(npi) is holds

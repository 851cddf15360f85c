"""Coverage policies in our own layout: read whole, or refused with the line."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.coverage_policies import Covered
from portal.domain.errors import Refused
from portal.feeds import coverage_policies
from portal.feeds.coverage_policies import PolicyKey, read_policies

HEAD = "payer,policy,procedure,diagnosis,from,to\n"
PAYERS = frozenset({"medicare", "CBH03"})


def read(text: str) -> dict[PolicyKey, tuple[Covered, ...]]:
    return read_policies(enumerate(text.split("\n"), 1), PAYERS)


def test_a_policy_is_read_by_payer_and_service() -> None:
    text = (
        "Policy,Payer,Procedure,Diagnosis,To,From\nL33333,CBH03,g0103,Z12.5,,\nL33333,CBH03,G0103,c61*,,2026-01-01\n\n"
    )
    text += "210.1,Medicare,G0103,R972,2026-12-31,\nL33333,CBH03,G0103,Z125,,\n"
    assert read(text) == {
        PolicyKey("CBH03", "L33333", "G0103"): (Covered("C61*", date(2026, 1, 1)), Covered("Z125")),
        PolicyKey("medicare", "210.1", "G0103"): (Covered("R972", None, date(2026, 12, 31)),),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("payer,policy,procedure,diagnosis\n", "1"),
        (HEAD + "NOBODY,L33333,G0103,Z125,,\n", "2"),
        (HEAD + "CBH03,,G0103,Z125,,\n", "2"),
        (HEAD + f"CBH03,{'L' * 21},G0103,Z125,,\n", "2"),
        (HEAD + "CBH03,L1,G010,Z125,,\n", "2"),
        (HEAD + "CBH03,L1,G0103,125Z,,\n", "2"),
        (HEAD + "CBH03,L1,G0103,*,,\n", "2"),
        (HEAD + "CBH03,L1,G0103,Z125,1/1/2026,\n", "2"),
        (HEAD + "CBH03,L1,G0103,Z125,0026-01-01,\n", "2"),
        (HEAD + "CBH03,L1,G0103,Z125,20260101,\n", "2"),
        (HEAD + "CBH03,L1,G0103,Z125,2026-02-01,2026-01-01\n", "2"),
        (HEAD + "CBH03,L1,G0103,Z125\n", "2"),
        (HEAD + '\nCBH03,"L1,G0103,Z125,,\n', "3"),
    ],
)
def test_another_layout_is_refused_with_its_line(text: str, line: str) -> None:
    with pytest.raises(Refused, match="layout") as told:
        read(text)
    assert f"Line {line}:" in str(told.value.text)


def test_an_empty_file_and_an_endless_one_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="no-codes"):
        read(HEAD)
    monkeypatch.setattr(coverage_policies, "MOST_ROWS", 1)
    with pytest.raises(Refused, match="too-many"):
        read(HEAD + "CBH03,L1,G0103,Z125,,\n" * 2)

"""CMS's relative value file: the days of aftercare of each procedure, and nothing else of it."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.feeds.global_periods import read_periods

HEAD = (
    "2026 National Physician Fee Schedule Relative Value File July Release,,,,,,\n"
    '"All rights, if any, are somebody\'s.",,,,,,\n,,,,,,\n'
    ",,,STATUS,,PCTC,GLOB\nHCPCS,MOD,DESCRIPTION,CODE,RVU,IND,DAYS\n"
)
NONE = "X" * 3
"""As CMS marks what has no global period."""
ROWS = (
    "G0412,,Invented procedure,A,9.00,0,090\nG0168,,Invented closure,A,0.45,0,010\nG0105,,Invented look,A,3.26,0,000\n"
    f"G0105,53,Invented look,A,1.63,0,000\nG0438,,Invented visit,A,2.43,0,{NONE}\nG9001,,Invented,X,0,9,\n,,,,,,\n"
)


def read(text: str) -> dict[str, str]:
    return read_periods(enumerate(text.split("\n"), 1))


def test_only_procedures_with_days_are_kept() -> None:
    assert read(HEAD + ROWS) == {"G0412": "090", "G0168": "010", "G0105": "000"}
    assert read("HCPCS,MOD,GLOB DAYS\nG0412,,090\n") == {"G0412": "090"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (HEAD + ROWS + "G0412,,Invented,A,1,0,010\n", "layout", "13"),
        (HEAD + "G0412,,Invented,A,9.00,0,091\n", "layout", "6"),
        (HEAD + "nonsense\n", "layout", "6"),
        (HEAD + '"open\n', "layout", "6"),
        ("HCPCS,MOD,PRICE\n", "layout", "1"),
        ("2026 file\n" * 41, "layout", "41"),
        (HEAD, "no-codes", ""),
        ("", "no-codes", ""),
    ],
)
def test_another_layout_is_refused_with_its_line(text: str, code: str, line: str) -> None:
    with pytest.raises(Refused, match=code) as told:
        read(text)
    assert line in str(told.value.text)

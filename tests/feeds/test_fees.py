"""Fee schedules: a payer's CSV and CMS's amounts, in exact cents."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.feeds import fees
from portal.feeds.fees import FeeKey, read_fees

REST = '" ","0","A","0","0000000.00","0000000.00","9","0000000.00","0000000.00"'
CMS = (
    f'"2026","01112","05","G0438","  ","0000117.58","0000064.37",{REST}\n'
    f'"2026","01112","05","G0438","26","0000017.50","0000017.50",{REST}\n'
    f'"2026","01112","09","G0438","  ","0000120.00","0000065.00",{REST}\n'
    f'"2026","01112","05","A4550","  ","0000000.00","0000000.00",{REST}\n'
)


def read(text: str, locality: str = "") -> dict[FeeKey, int]:
    return read_fees(enumerate(text.split("\n"), 1), locality=locality)


def test_amounts_of_cms_by_setting_and_locality():
    found = read(CMS)
    assert len(found) == 6, "what is priced at nought has no fee"
    assert found[FeeKey("G0438", "", "non-facility", "01112-05")] == 11758
    assert found[FeeKey("G0438", "", "facility", "01112-05")] == 6437
    assert found[FeeKey("G0438", "26", "facility", "01112-05")] == 1750
    assert {key.locality for key in read(CMS, "01112-09")} == {"01112-09"}


def test_a_payers_own_table():
    found = read(
        'Code,Modifier,Setting,Locality,Amount\nG0438,,,,$245.00\nG0438,26,F,north,"1,200.5"\nA4550,,non-facility,,0\n'
    )
    assert found == {
        FeeKey("G0438", "", "", ""): 24500,
        FeeKey("G0438", "26", "facility", "north"): 120050,
        FeeKey("A4550", "", "non-facility", ""): 0,
    }
    assert len(read("code,amount\nG0438,1\n", "north")) == 1, "a fee of everywhere holds in each locality"


@pytest.mark.parametrize(
    "row",
    [
        "G0438,,,,1.234", "G0438,,,,-1", "G0438,,,,", "G0438,,,,1e3", "G043,,,,1", "G0438,2,,,1", "G0438,,moon,,1",
        "A4550,,,,2", '"G0438', CMS.split("\n", maxsplit=1)[0],
    ],
)  # fmt: skip
def test_a_wrong_row_is_named(row: str):
    with pytest.raises(Refused, match="layout") as caught:
        read(f"code,modifier,setting,locality,amount\nA4550,,,,1\n{row}")
    assert str(caught.value.text).startswith("Line 3:")


@pytest.mark.parametrize("text", ["a,b\n", '"2026","0111","05","G0438","  ","1.00","1.00",' + REST])
def test_what_is_no_schedule_is_refused(text: str):
    with pytest.raises(Refused, match="layout"):
        read(text)


def test_no_fees_and_too_many(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Refused, match="no-codes"):
        read(CMS, "99999-99")
    monkeypatch.setattr(fees, "MOST_FEES", 3)
    with pytest.raises(Refused, match="too-many"):
        read(CMS)

"""CMS's NCCI files: both layouts read, anything else refused with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.domain.ncci import PairEdit
from portal.feeds.ncci import ListedLimit, read_limits, read_pairs

HEAD = (
    "Words about whose codes these are.\n"
    "Column1/Column2 Edits\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
    "\t\t\t\t\t9=not applicable\t\n"
)
UNITS = (
    "Words, and more words\n"
    '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
)


def numbered(text: str) -> Iterator[tuple[int, str]]:
    return iter(list(enumerate(text.split("\n"), 1)))


def pairs(rows: str, head: str = HEAD) -> list[tuple[str, str, PairEdit]]:
    return list(read_pairs(numbered(head + rows)))


def test_pairs_are_read_with_their_days_and_indicators():
    read = pairs(
        "G0438\tJ1885\t*\t19960101\t*\t1\tWhy\n"
        "G0438\tA4550\t\t20200101\t20211231\t0\tWhy\n"
        "G0439\t9999T\t\t20200101\t20200101\t9\t\n\n"
    )
    assert read == [
        ("G0438", "J1885", PairEdit(date(1996, 1, 1), None, "1")),
        ("G0438", "A4550", PairEdit(date(2020, 1, 1), date(2021, 12, 31), "0")),
        ("G0439", "9999T", PairEdit(date(2020, 1, 1), date(2020, 1, 1), "9")),
    ]


GOOD = "G0438\tJ1885\t\t20200101\t*\t1\tWhy\n"


@pytest.mark.parametrize(
    "row",
    [
        "G0438\tJ1885\t\t20200101\t*\t2\tWhy", "G0438\tJ1885\t\t2020-01-01\t*\t1\tWhy", "G0438\tJ1885\t\t20200101\t*",
        "G0438\tJ18850\t\t20200101\t*\t1\tWhy", "G0438\tJ1885\t\t20200101\t20191231\t1\tWhy", "rubbish",
        "G0438\tJ1885\t\t20200101\tsoon\t1\tWhy",
    ],
)  # fmt: skip
def test_a_wrong_row_of_pairs_is_named(row: str):
    with pytest.raises(Refused, match="layout") as caught:
        pairs(GOOD + row)
    assert str(caught.value.text).startswith("Line 8:")


@pytest.mark.parametrize(("head", "rows"), [("", ""), ("", GOOD), (HEAD, ""), (HEAD + "x\n" * 40, GOOD)])
def test_what_is_no_file_of_pairs_is_refused(head: str, rows: str):
    with pytest.raises(Refused, match="layout"):
        pairs(rows, head)


def test_units_are_read_behind_a_head_of_two_lines():
    read = read_limits(numbered(UNITS + 'G0438,1,2 Date of Service Edit: Policy,"Why, so"\nJ1885,8,3,\nA4550,0,1\n\n'))
    assert read == {
        "G0438": ListedLimit(1, "2", "Why, so"),
        "J1885": ListedLimit(8, "3", ""),
        "A4550": ListedLimit(0, "1", ""),
    }


@pytest.mark.parametrize(
    "row", ["G0438,1", "G0438,many,2,x", "G0438,1,4,x", "G0438,1,21,x", "G043,1,2,x", "J1885,2,2,x", "G0438,-1,2,x"]
)
def test_a_wrong_row_of_units_is_named(row: str):
    with pytest.raises(Refused, match="layout") as caught:
        read_limits(numbered(f"{UNITS}J1885,8,3,x\n{row}"))
    assert str(caught.value.text).startswith("Line 5:")


@pytest.mark.parametrize("text", ["", UNITS, "G0438,1,2,x", "x\n" * 50, '"'])
def test_what_is_no_table_of_units_is_refused(text: str):
    with pytest.raises(Refused, match="layout"):
        read_limits(numbered(text))


CELLS = st.sampled_from(["G0438", "J1885", "20200101", "*", "1", "0", "9", "", "x", '"'])


@given(st.lists(st.lists(CELLS, max_size=8), max_size=5), st.sampled_from(["\t", ","]))
def test_any_rows_are_read_or_refused(rows: list[list[str]], between: str):
    body = "\n".join(between.join(row) for row in rows)
    said = set()
    for read in (lambda: pairs(body), lambda: read_limits(numbered(UNITS + body))):
        try:
            read()
            said.add("layout")
        except Refused as refused:
            said.add(refused.code)
    assert said == {"layout"}

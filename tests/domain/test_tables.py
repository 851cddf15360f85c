from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.tables import Cell, safe_cell, write_csv

CELLS: st.SearchStrategy[Cell] = (
    st.none()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["=1+1", "+1", "-1+2", "@x", "\t=1", "\r", " =1"])
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_no_cell_is_taken_for_a_formula_and_nothing_is_lost(rows: list[list[Cell]]) -> None:
    text = write_csv(["a", "b", "c"], rows)
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert len(read) == len(rows) + 1
    for cells, row in zip(read[1:], rows, strict=True):
        for cell, value in zip(cells, row, strict=True):
            plain = "" if value is None else str(value)
            assert cell in {plain, "'" + plain}
            if cell.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}:
                assert float(cell) < 0


@pytest.mark.parametrize("number", ["-12.50", "12.50", "-5", 0, -7, "1234567890123456"])
def test_numbers_stay_numbers(number: Cell) -> None:
    assert safe_cell(number) == str(number)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=cmd|' /C calc'!A0",
            "+1",
            "-1-1",
            "-",
            "@SUM(A1)",
            "\t=1",
            "  =1",
            "\uff1d1",
            "-1e5",
            "\u00a0=1",
            "\u200b+x",
        ),
        *("\ufeff@x", "\x0b-x", "\x0c=1", " \u2003\u200d=1", "\x00=1", "\u2028=1"),
    ],
)
def test_what_computes_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", " ", "a=1", "\u00a0a=1", "\u200bName", "Birch - Ash", "#1", "(=1)"])
def test_what_computes_nothing_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_the_header_is_safe_too_and_lines_end_as_the_rfc_says() -> None:
    assert write_csv(["=a", 'b"'], [["x,y", None]]) == '\'=a,"b"""\r\n"x,y",\r\n'


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        write_csv(["a"], [["x", "y"]])

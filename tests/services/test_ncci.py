"""NCCI tables: a quarter loaded and looked up, later ones beside it, older meanings kept."""

from __future__ import annotations

import io
from datetime import date

import pytest

from portal.domain.errors import Refused
from portal.domain.ncci import PairEdit, UnitLimit
from portal.models.codes import CodeReleaseRow
from portal.models.ncci import NcciPairsRow
from portal.services import codes, ncci
from portal.services.releases import Loaded
from tests.databases import World
from tests.feeds.test_ncci import HEAD, UNITS

JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)
ON = date(2026, 8, 1)


def load_pairs(world: World, rows: str, effective: date = JULY, *, rehearse: bool = False) -> Loaded:
    staged = ncci.stage_pairs(io.BytesIO((HEAD + rows).encode()))
    with world.write("code:load") as uow:
        return ncci.load_pairs(uow, staged, "ccipra.txt", effective, rehearse=rehearse)


def load_limits(world: World, rows: str, effective: date = JULY, *, rehearse: bool = False) -> Loaded:
    with world.write("code:load") as uow:
        return ncci.load_limits(uow, io.BytesIO((UNITS + rows).encode()), "mue.csv", effective, rehearse=rehearse)


def counted(loaded: Loaded) -> tuple[int, int, int]:
    return loaded.added, loaded.changed, loaded.retired


FIRST = "G0438\tJ1885\t\t20200101\t*\t1\tx\nG0438\tA4550\t\t20200101\t*\t0\tx\nA4550\tJ1885\t\t20200101\t*\t1\tx\n"


def test_a_quarter_in_parts_and_the_next(world: World):
    rehearsed = load_pairs(world, FIRST, rehearse=True)
    assert (counted(rehearsed), rehearsed.release_id) == ((3, 0, 0), None)
    assert counted(load_pairs(world, FIRST)) == (3, 0, 0)
    assert counted(load_pairs(world, FIRST)) == (0, 0, 0)
    # A second part of the same quarter takes nothing of the first away.
    assert counted(load_pairs(world, "J1885\tA4550\t\t20260701\t*\t0\tx\n")) == (1, 0, 0)
    later = (
        "G0438\tJ1885\t\t20200101\t20260930\t1\tx\nG0438\tJ1885\t\t20261001\t*\t0\tx\n"
        "G0438\tA4550\t\t20200101\t*\t1\tx\n"
    )
    assert counted(load_pairs(world, later, OCTOBER)) == (1, 1, 1)
    with pytest.raises(Refused, match="order"):
        load_pairs(world, FIRST, JULY)
    with world.read("code:search") as uow:
        tables = ncci.tables_of(uow, ["G0438", "J1885", "A4550"])
        assert tables.pair("G0438", "J1885", date(2026, 9, 30)) == PairEdit(date(2020, 1, 1), date(2026, 9, 30), "1")
        assert tables.pair("G0438", "J1885", OCTOBER) == PairEdit(OCTOBER, None, "0")
        assert tables.pair("G0438", "J1885", date(2019, 12, 31)) is None
        assert tables.pair("J1885", "G0438", OCTOBER) is None
        assert tables.pair("J1885", "A4550", ON) is not None
        assert ncci.tables_of(uow, ["J1885"]).pairs == {}
        counts = {row.column_one: row.pair_count for row in uow.entities(uow.select(NcciPairsRow))}
        assert counts == {"G0438": 3, "A4550": 1, "J1885": 1}
        assert uow.count(uow.select(CodeReleaseRow.id)) == 3, "what changed nothing is no release"
        assert codes.release(uow, OCTOBER).name == "none", "edits are no code set"


def test_rows_out_of_order_come_together(world: World):
    rows = FIRST.split("\n")
    assert counted(load_pairs(world, "\n".join([rows[0], rows[2], rows[1], ""]))) == (3, 0, 0)
    with world.read("code:search") as uow:
        assert len(ncci.tables_of(uow, ["G0438", "J1885", "A4550"]).pairs) == 3


def test_an_edit_that_is_not_applicable_never_holds(world: World):
    load_pairs(world, "G0438\tJ1885\t\t20200101\t*\t9\tx\n")
    with world.read("code:search") as uow:
        assert ncci.tables_of(uow, ["G0438", "J1885"]).pair("G0438", "J1885", ON) is None


def test_units_by_quarter(world: World):
    first = "G0438,1,2,x\nJ1885,8,3,x\nA4550,2,1,x\n"
    assert counted(load_limits(world, first, rehearse=True)) == (3, 0, 0)
    assert counted(load_limits(world, first)) == (3, 0, 0)
    assert counted(load_limits(world, first)) == (0, 0, 0)
    assert counted(load_limits(world, "G0438,1,2,x\nJ1885,4,3,x\n", OCTOBER)) == (0, 1, 1)
    assert counted(load_limits(world, "G0438,2,2,x\nJ1885,4,3,x\n", OCTOBER)) == (0, 1, 0)
    with world.read("code:search") as uow:
        tables = ncci.tables_of(uow, ["G0438", "J1885", "A4550"])
        assert tables.limit("J1885", ON) == UnitLimit(JULY, date(2026, 9, 30), 8, "3")
        assert tables.limit("J1885", OCTOBER) == UnitLimit(OCTOBER, None, 4, "3")
        assert tables.limit("G0438", date(2026, 9, 30)) == UnitLimit(JULY, date(2026, 9, 30), 1, "2")
        assert tables.limit("A4550", OCTOBER) is None
        assert tables.limit("A4550", date(2026, 6, 30)) is None


def test_a_wrong_file_changes_nothing(world: World):
    with pytest.raises(Refused, match="layout"):
        load_pairs(world, FIRST + "rubbish")
    with pytest.raises(Refused, match="layout"):
        load_limits(world, "G0438,1,2,x\nrubbish")
    with world.read("code:search") as uow:
        assert uow.count(uow.select(CodeReleaseRow.id)) == 0
        assert ncci.tables_of(uow, ["G0438"]).limits == {}

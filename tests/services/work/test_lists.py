"""Lists of a queue: every order complete, page by page, from its place in an index; what is put off stands behind."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal import runtime
from portal.domain.work import SORTS, Narrowing
from portal.models.queues import QueueItemRow
from portal.services.work import lists, showing
from portal.services.work.lists import PAGE_ROWS
from portal.services.work.showing import QueuePage
from tests.databases import World
from tests.make import queues as make

QUEUE = "rejected-claims"


def shown(world: World, narrowed: Narrowing | None = None, name: str = "", **more: Any) -> QueuePage:
    with world.read("queue:view", world.actor("biller", name)) as uow:
        return showing.show(uow, QUEUE, narrowed, **more)


def ids(page: QueuePage) -> list[bytes]:
    return [bytes.fromhex(row.item_id) for row in page.rows]


def in_order(rows: list[Any], sort: str, off: set[bytes]) -> list[bytes]:
    """The ids as plain Python would order them; payers are made so that their names fall with their number."""
    payers = sorted({row.payer_id for row in rows} - {None}, key=lambda each: each)
    by = {
        "due": lambda row: (row.due_on, row.id),
        "priority": lambda row: (row.priority, row.id),
        "age": lambda row: (row.created_at, row.id),
        "amount": lambda row: (row.at_risk_cents, row.id),
        "reason": lambda row: (row.reason, row.due_on, row.id),
    }
    ready = [row for row in rows if row.id not in off]
    if sort == "payer":
        names = {row.payer_id: ("Z" if row is rows[0] or row.payer_id == rows[0].payer_id else "Y") for row in ready}
        assert len(payers) == 2
        ordered = sorted(ready, key=lambda row: (row.payer_id is None, names[row.payer_id], row.due_on, row.id))
    else:
        ordered = sorted(ready, key=by[sort], reverse=sort in {"priority", "amount"})
    late = sorted((row for row in rows if row.id in off), key=lambda row: (row.put_off_until, row.id))
    return [row.id for row in (*ordered, *late)]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_is_complete_forth_and_back_with_what_is_put_off_behind(world: World, sort: str):
    make.worker(world, "Noor")
    rows = make.fill(world, PAGE_ROWS * 2 + 20)
    off = [row.id for row in rows[3:12]]
    make.put_off(world, "Noor", off[:5], days=3)
    make.put_off(world, "Noor", off[5:], days=2)
    back_on = {id_: (world.clock.now() + timedelta(days=3 if at < 5 else 2)).date() for at, id_ in enumerate(off)}
    for row in rows:
        row.put_off_until = back_on.get(row.id)
    wanted, narrowed = in_order(rows, sort, set(off)), Narrowing(sort=sort)
    pages = [shown(world, narrowed)]
    while pages[-1].older:
        pages.append(shown(world, narrowed, after=bytes.fromhex(pages[-1].older)))
    assert [id_ for page in pages for id_ in ids(page)] == wanted
    assert [len(page.rows) for page in pages] == [50, 50, 20]
    assert pages[0].newer is None
    back = shown(world, narrowed, before=bytes.fromhex(pages[2].newer or ""))
    assert ids(back) == wanted[PAGE_ROWS : 2 * PAGE_ROWS]
    start = shown(world, narrowed, before=bytes.fromhex(back.newer or ""))
    assert (ids(start), start.newer) == (wanted[:PAGE_ROWS], None)
    world.clock.forward(days=3)
    assert not any(row.back_on for row in shown(world, narrowed).rows), "their day has come"


@pytest.mark.parametrize(
    ("narrowed", "fits"),
    [
        (Narrowing(reason="A7"), lambda row, _: row.reason == "A7"),
        (Narrowing(due_days=3), lambda row, today: row.due_on <= today + timedelta(days=3)),
        (Narrowing(over_cents=200_000, sort="amount"), lambda row, _: row.at_risk_cents > 200_000),
        (Narrowing("due", reason="A3", over_cents=10_000),
         lambda row, today: row.due_on <= today and row.reason == "A3" and row.at_risk_cents > 10_000),
    ],
)  # fmt: skip
def test_filters_leave_what_fits(world: World, narrowed: Narrowing, fits: Any):
    rows = make.fill(world, 40)
    today: date = world.clock.now().date()
    assert set(ids(shown(world, narrowed))) == {row.id for row in rows if fits(row, today)}


def test_a_filter_by_payer_and_by_colleague(world: World):
    make.worker(world, "Noor")
    rows = make.fill(world, 30)
    wanted = {row.id for row in rows if row.payer_id == rows[0].payer_id}
    assert set(ids(shown(world, Narrowing(payer=rows[0].payer_id.hex())))) == wanted
    assert ids(shown(world, Narrowing(owner=world.people["Noor"].hex()))) == []


@pytest.mark.parametrize("sort", sorted(SORTS.keys() - {"payer"}))
@pytest.mark.parametrize("way", ["top", "after", "before"])
def test_a_page_is_read_from_its_place_in_the_index_of_its_order(world: World, sort: str, way: str):
    make.fill(world, PAGE_ROWS * 2 + 5)
    narrowed = Narrowing(sort=sort)
    edge = {} if way == "top" else {way: bytes.fromhex(shown(world, narrowed).older or "")}
    plan = plan_of(world, narrowed, edge)
    column = {"due": "due_on", "age": "created_at", "amount": "at_risk_cents"}.get(sort, sort)
    if world.runtime.engine.dialect.name == "sqlite":
        assert "TEMP B-TREE" not in plan, "sorted by hand"
        assert re.search(rf"INDEX ix_queue_item\w*_{column}\w*_id \(practice_id=\? AND queue=\?", plan), plan
        assert bool(re.search(rf"\({column},(due_on,)?id\)[<>]", plan)) is (way != "top"), plan
    else:
        assert re.search(rf"Index (Only )?Scan (Backward )?using ix_queue_item_practice_id\w*_{column}", plan), plan
        assert bool(re.search(rf"Index Cond: .*ROW\(\(?{column}\b", plan)) is (way != "top"), plan


@pytest.mark.parametrize("view", ["unassigned", "mine"])
def test_who_has_it_is_read_from_an_index_in_order(world: World, view: str):
    make.fill(world, PAGE_ROWS + 5)
    plan = plan_of(world, Narrowing(view), {})
    assert "ix_queue_item_practice_id_queue_holder_id_due_on_id" in plan, plan
    assert "TEMP B-TREE" not in plan


def plan_of(world: World, narrowed: Narrowing, edge: dict[str, bytes]) -> str:
    """How the engine reads the first run of a page."""
    engine, asked = world.runtime.engine, []

    def note(_connection, _cursor, statement: str, parameters, *_more: object) -> None:
        if "payer_name" in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        shown(world, narrowed, **edge)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    statement, parameters = asked[0]
    if engine.dialect.name == "postgresql":
        _as_new(world)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return "\n".join(row.detail for row in rows)
        connection.exec_driver_sql("SELECT set_config('candor.practices', 'all', true)")
        for means in ("seqscan", "bitmapscan", "sort"):
            connection.exec_driver_sql(f"SET LOCAL enable_{means} = off")
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))


def _as_new(world: World) -> None:
    """What tests before left of deleted rows makes indexes longer, and a small table's plan go by which is longest."""
    owner = runtime.bare_engine(world.runtime.settings.database_owner_url)
    with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM FULL queue_item")
    owner.dispose()


def test_a_page_goes_on_from_an_item_that_is_done_by_now(world: World):
    rows = make.fill(world, PAGE_ROWS + 10)
    first = shown(world)
    edge = bytes.fromhex(first.older or "")
    with world.write("queue:assign") as uow:
        uow.change(uow.get(QueueItemRow, edge), state="DONE", done_at=uow.now)
    rest = shown(world, after=edge)
    assert ids(rest) == [row.id for row in sorted(rows, key=lambda row: (row.due_on, row.id))][PAGE_ROWS:]


def test_an_item_of_another_queue_is_no_edge(world: World):
    other = make.fill(world, 1, queue="claims")
    make.fill(world, 3)
    assert len(shown(world, after=other[0].id).rows) == 3


def test_the_whole_list_is_walked_up_to_a_limit(world: World):
    make.fill(world, 12)
    with world.read("queue:view", world.actor("biller")) as uow:
        assert len(lists.walk(uow, QUEUE, Narrowing(sort="payer"), 9)) == 9
        assert len(lists.walk(uow, QUEUE, Narrowing(sort="payer"), 100)) == 12

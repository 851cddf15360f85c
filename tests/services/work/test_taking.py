"""Taking, giving, putting back and off: each item once, by people who work the queue, kept as a step, previewed."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audit.table import audit_event
from portal.domain.errors import NotFound, Refused
from portal.domain.work import Narrowing
from portal.models.queues import QueueItemRow, QueueStepRow
from portal.services.work import showing, taking
from portal.services.work.taking import MOST_AT_ONCE, Do, Order, Preview
from tests.databases import World
from tests.make import queues as make

QUEUE = "rejected-claims"


@pytest.fixture
def office(world: World) -> World:
    for name in ("Noor", "Priya"):
        make.worker(world, name)
    make.worker(world, "Cody", "coder")
    return world


def act(world: World, items: list[bytes], order: Order, name: str = "Noor") -> int:
    with world.write("queue:assign", world.actor("biller", name)) as uow:
        return taking.carry_out(uow, QUEUE, items, order)


def looked(world: World, items: list[bytes], order: Order, name: str = "Noor") -> Preview:
    with world.read("queue:assign", world.actor("biller", name)) as uow:
        return taking.preview(uow, QUEUE, items, order)


def seen(page: Preview, order: Order) -> Order:
    """The order as the page of the preview posts it."""
    return replace(order, over=frozenset(bytes.fromhex(each) for each in page.over))


def take_next(world: World, name: str = "Noor", narrowed: Narrowing | None = None) -> bytes | None:
    with world.write("queue:assign", world.actor("biller", name)) as uow:
        return taking.take_next(uow, QUEUE, narrowed or Narrowing())


def row(world: World, item_id: bytes) -> QueueItemRow:
    with world.read("queue:view") as uow:
        return uow.get(QueueItemRow, item_id)


def steps(world: World, item_id: bytes) -> list[QueueStepRow]:
    with world.read("queue:view") as uow:
        found = uow.entities(uow.select(QueueStepRow).where(QueueStepRow.item_id == item_id))
        return sorted(found, key=lambda each: each.at)


def order_of(rows: list[Any]) -> list[bytes]:
    return [each.id for each in sorted(rows, key=lambda each: (each.due_on, each.id))]


def test_next_takes_the_first_that_is_with_nobody_until_none_is_left(office: World):
    order = order_of(make.fill(office, 4))
    act(office, order[1:2], Order(Do.TAKE), "Priya")
    make.put_off(office, "Noor", order[2:3], days=1)
    assert [take_next(office) for _ in range(3)] == [order[0], order[3], None]
    assert row(office, order[0]).holder_id == office.people["Noor"]
    office.clock.forward(days=1)
    assert take_next(office) == order[2], "its day has come"


@pytest.mark.parametrize("sort", ["amount", "payer"])
def test_next_follows_the_order_and_filter_of_the_view(office: World, sort: str):
    make.fill(office, 20)
    narrowed = Narrowing("mine", reason="A7", sort=sort)
    with office.read("queue:view", office.actor("biller")) as uow:
        wanted = showing.show(uow, QUEUE, Narrowing("unassigned", reason="A7", sort=sort)).rows
    for each in wanted[:3]:
        assert take_next(office, narrowed=narrowed) == bytes.fromhex(each.item_id)


def test_two_people_at_once_never_get_the_same(office: World):
    make.fill(office, 24)
    got: dict[str, list[bytes | None]] = {"Noor": [], "Priya": []}
    start = threading.Barrier(2)

    def work(name: str) -> None:
        start.wait()
        for _ in range(12):
            got[name].append(take_next(office, name))

    workers = [threading.Thread(target=work, args=(name,)) for name in got]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    taken = got["Noor"] + got["Priya"]
    assert None not in taken
    assert len(set(taken)) == 24


def test_giving_goes_to_somebody_who_works_the_queue_and_to_nobody_else(office: World):
    (item,) = make.fill(office, 1)
    assert act(office, [item.id], Order(Do.GIVE, office.people["Priya"].hex(), words="You know them.")) == 1
    assert row(office, item.id).holder_id == office.people["Priya"]
    (step,) = steps(office, item.id)
    assert (step.kind, step.actor, step.holder_id) == ("given", office.people["Noor"].hex(), office.people["Priya"])
    for stranger in (office.people["Cody"].hex(), os.urandom(16).hex(), "", "x"):
        with pytest.raises(Refused, match="no-colleague"):
            act(office, [item.id], Order(Do.GIVE, stranger))


def test_what_is_put_off_stands_behind_stays_counted_and_comes_back(office: World):
    order = order_of(make.fill(office, 3))
    make.put_off(office, "Noor", order[:1], days=2)
    with office.read("queue:view", office.actor("biller")) as uow:
        page = showing.show(uow, QUEUE)
    assert [bytes.fromhex(each.item_id) for each in page.rows] == [*order[1:], order[0]]
    assert {view.name: view.count for view in page.views}["all"] == 3
    assert {view.name: view.count for view in page.views}["skipped"] == 1
    (step,) = steps(office, order[0])
    assert (step.kind, step.reason, step.day) == ("skipped", "payer", row(office, order[0]).put_off_until)
    act(office, order[:1], Order(Do.TAKE))
    assert row(office, order[0]).put_off_until is None, "whoever takes it works it"


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order(Do.SKIP, reason="payer"), "skip-day"),
        (Order(Do.SKIP, reason="payer", day="2026-08-03"), "skip-day"),
        (Order(Do.SKIP, reason="payer", day="2026-12-24"), "skip-day"),
        (Order(Do.SKIP, reason="weather", day="2026-08-05"), "reason-missing"),
        (Order(Do.SKIP, reason="other", day="2026-08-05", words=" "), "reason-missing"),
        (Order(Do.DUE, day="2026-08-02"), "due-day"),
        (Order(Do.DUE, day="soon"), "due-day"),
    ],
)
def test_a_step_that_lacks_its_day_or_reason_changes_nothing(office: World, order: Order, code: str):
    (item,) = make.fill(office, 1)
    with pytest.raises(Refused, match=code):
        act(office, [item.id], order)
    assert row(office, item.id).version == item.version
    assert steps(office, item.id) == []


def test_a_new_due_day_keeps_the_old_one_in_the_history(office: World):
    (item,) = make.fill(office, 1)
    before = item.due_on
    day = office.clock.now().date() + timedelta(days=5)
    assert act(office, [item.id], Order(Do.DUE, day=day.isoformat())) == 1
    assert act(office, [item.id], Order(Do.DUE, day=day.isoformat())) == 0
    (step,) = steps(office, item.id)
    assert (step.kind, step.day_before, step.day, row(office, item.id).due_on) == ("due", before, day, day)


def test_a_preview_says_what_would_happen_and_changes_nothing(office: World):
    order = order_of(make.fill(office, 6))
    act(office, order[:2], Order(Do.TAKE))
    act(office, order[2:3], Order(Do.TAKE), "Priya")
    with office.write("queue:assign") as uow:
        uow.change(uow.get(QueueItemRow, order[5]), state="DONE", done_at=uow.now)
    found = looked(office, order, Order(Do.TAKE))
    assert {str(part.text): part.n for part in found.happens} == {
        "come to you": 2, "leave a colleague and come to you": 1,
    }  # fmt: skip
    assert {str(part.text): part.n for part in found.left_out} == {
        "are with you already": 2, "wait no longer in this queue": 1,
    }  # fmt: skip
    assert {bytes.fromhex(each) for each in found.items} == set(order[2:5])
    assert row(office, order[3]).holder_id is None
    assert act(office, [bytes.fromhex(each) for each in found.items], seen(found, Order(Do.TAKE))) == 3


@pytest.mark.parametrize("do", Do)
def test_a_step_does_to_as_many_as_its_preview_says(office: World, do: Do):
    rows = make.fill(office, 8)
    items = [each.id for each in rows]
    act(office, items[:3], Order(Do.TAKE))
    act(office, items[3:5], Order(Do.TAKE), "Priya")
    day = (office.clock.now().date() + timedelta(days=20)).isoformat()
    order = Order(do, office.people["Priya"].hex(), "payer", day)
    found = looked(office, items, order)
    assert sum(part.n for part in (*found.happens, *found.left_out)) == 8
    assert act(office, items, seen(found, order)) == len(found.items) == sum(part.n for part in found.happens)


@pytest.mark.parametrize("do", [Do.TAKE, Do.GIVE, Do.PUT_BACK])
def test_nothing_leaves_a_colleague_of_whom_the_page_said_nothing(office: World, do: Do):
    mine, free = (each.id for each in make.fill(office, 2))
    make.worker(office, "Rosa")
    order = Order(do, office.people["Rosa"].hex())
    found = looked(office, [mine, free], order)
    assert found.over == ()
    act(office, [mine], Order(Do.TAKE), "Priya")
    with pytest.raises(Refused, match="with-a-colleague"):
        act(office, [mine], seen(found, order))
    if do is not Do.PUT_BACK:
        assert act(office, [mine, free], seen(found, order)) == 1, "the other one goes its way"
    assert row(office, mine).holder_id == office.people["Priya"]
    told = looked(office, [mine], order)
    assert told.over == (mine.hex(),)
    assert act(office, [mine], seen(told, order)) == 1
    assert row(office, mine).holder_id != office.people["Priya"]


def test_too_many_at_once_are_refused(office: World):
    with pytest.raises(Refused, match="too-many"):
        act(office, [os.urandom(16) for _ in range(MOST_AT_ONCE + 1)], Order(Do.TAKE))


def test_a_note_is_sealed_and_never_changed(office: World):
    (item,) = make.fill(office, 1)
    words = "Spoke to Ms. Quackenbush at the plan."
    with office.write("queue:assign", office.actor("biller", "Noor")) as uow:
        taking.note(uow, QUEUE, item.id, f"  {words} ")
    (step,) = steps(office, item.id)
    with office.read("queue:view", office.actor("biller", "Priya")) as uow:
        assert uow.read(uow.get(QueueStepRow, step.id), QueueStepRow.words_sealed) == words
    assert words.encode() not in step.words_sealed.blob
    with pytest.raises(Refused, match="note-missing"), office.write("queue:assign", office.actor("biller")) as uow:
        taking.note(uow, QUEUE, item.id, " ")
    with pytest.raises(Refused, match="done"), office.write("queue:assign", office.actor("biller")) as uow:
        taking.note(uow, QUEUE, os.urandom(16), "x")
    for change in ("UPDATE queue_step SET kind = 'taken'", "DELETE FROM queue_step"):
        with pytest.raises(Exception, match=r"append-only|permission denied"), office.runtime.engine.begin() as store:
            store.exec_driver_sql(change)


def test_queues_of_other_roles_are_not_there(office: World):
    coder = office.actor("coder", "Cody")
    for step in (
        lambda uow: taking.take_next(uow, QUEUE, Narrowing()),
        lambda uow: taking.preview(uow, QUEUE, [], Order(Do.TAKE)),
        lambda uow: taking.carry_out(uow, QUEUE, [], Order(Do.TAKE)),
        lambda uow: taking.note(uow, QUEUE, os.urandom(16), "x"),
    ):
        with pytest.raises(NotFound), office.write("queue:assign", coder) as uow:
            step(uow)


def test_each_step_is_told_with_the_item_and_the_step(office: World):
    (item,) = make.fill(office, 1)
    act(office, [item.id], Order(Do.TAKE))
    with office.runtime.engine.execution_options(ro=True).connect() as connection:
        bodies = select(audit_event.c.body).order_by(audit_event.c.seq.desc()).limit(1)
        said = json.loads(connection.execute(bodies).scalar_one())
    assert (said["subtype"], said["actor"], said["action"]) == ("queue:assign", office.people["Noor"].hex(), "U")
    assert {(each["type"], "after" in each) for each in said["objects"]} >= {(26, True), (75, True)}

"""A step with everything in a view: seen first, done once part by part, and nothing that moved on is touched."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audit.table import audit_event
from portal.domain import work
from portal.domain.errors import NotFound, Refused
from portal.domain.work import Narrowing
from portal.jobs.handlers import work_through as work_through_job
from portal.models.queues import QueueBulkPartRow, QueueBulkRow, QueueItemRow, QueueStepRow
from portal.models.users import GrantRow
from portal.services import queues
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import grants
from portal.services.work import bulk, filters, showing, taking
from portal.services.work.progress import BulkPage
from portal.services.work.taking import Do, Order, Preview
from tests.databases import World
from tests.jobs.engines import Engine
from tests.make import queues as make

QUEUE = "rejected-claims"
SKIP = Order(Do.SKIP, reason="payer", day="2026-08-06", words="The plan's site is down.")


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An office whose steps are of four items each, so that few rows make many parts."""
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 4)
    for name in ("Noor", "Priya"):
        make.worker(world, name)
    return world


def look(world: World, order: Order, narrowed: Narrowing | None = None) -> Preview:
    with world.write("queue:assign", world.actor("biller", "Noor")) as uow:
        return bulk.look(uow, QUEUE, narrowed or Narrowing(), order)


def begin(world: World, seen: Preview, order: Order, name: str = "Noor") -> BulkPage:
    with world.write("queue:assign", world.actor("biller", name)) as uow:
        return bulk.begin(uow, QUEUE, bytes.fromhex(seen.bulk or ""), order)


def show(world: World, seen: Preview) -> BulkPage:
    with world.read("queue:view", world.actor("biller", "Noor")) as uow:
        return bulk.show(uow, QUEUE, bytes.fromhex(seen.bulk or ""))


def work_through(world: World, seen: Preview) -> None:
    bulk.run(world.units, world.machine("queue.bulk"), bytes.fromhex(seen.bulk or ""))


def items(world: World) -> list[QueueItemRow]:
    with world.read("queue:view") as uow:
        return uow.entities(uow.select(QueueItemRow))


def steps(world: World) -> list[QueueStepRow]:
    with world.read("queue:view") as uow:
        return uow.entities(uow.select(QueueStepRow))


def said(parts: Any) -> dict[str, int]:
    return {str(part.text): part.n for part in parts}


def test_everything_in_a_view_is_seen_then_given_once_by_a_job(office: World):
    rows = make.fill(office, 21)
    priya = office.people["Priya"]
    with office.write("queue:assign", office.actor("biller", "Priya")) as uow:
        taking.carry_out(uow, QUEUE, [rows[1].id], Order(Do.TAKE))
    order = Order(Do.GIVE, priya.hex(), words="You know them.")
    narrowed = Narrowing(reason="A7")
    seen = look(office, order, narrowed)
    assert (seen.count, seen.items, seen.more) == (6, (), False)
    assert said(seen.happens) == {"go to Priya": 6}
    assert said(seen.left_out) == {"are with Priya already": 1}
    assert seen.amount.cents == sum(row.at_risk_cents for row in rows if row.reason == "A7" and row.id != rows[1].id)
    with office.read("queue:view") as uow:
        (kept,) = uow.entities(uow.select(QueueBulkRow))
        assert "Priya" not in json.dumps(kept.said), "names stand sealed only"
    assert len(steps(office)) == 1, "nothing is done yet"
    assert begin(office, seen, order).state == "running"
    assert begin(office, seen, order).state == "running", "a second press asks for nothing more"
    with office.read("queue:view", office.actor("biller", "Noor")) as uow:
        (lately,) = showing.show(uow, QUEUE).lately
    assert (str(lately.what), lately.running) == ("Give them to Priya", True)
    Engine(office).drain(queue_bulk=lambda tools, job: bulk.run(tools.units, office.machine(), job.ids["bulk"]))
    page = show(office, seen)
    assert (page.state, page.reached, page.changed, page.skipped) == ("done", 6, 6, ())
    assert {row.id for row in items(office) if row.holder_id == priya} == {row.id for row in rows if row.reason == "A7"}
    given = [step for step in steps(office) if step.kind == work.GIVEN]
    assert {step.actor for step in given} == {office.people["Noor"].hex()}, "the step is hers, not the machine's"
    with office.runtime.engine.execution_options(ro=True).connect() as connection:
        bodies = select(audit_event.c.body).order_by(audit_event.c.seq.desc()).limit(30)
        told = [json.loads(body) for body in connection.execute(bodies).scalars()]
    done = [each for each in told if any(one.get("type") == QueueStepRow.table_code for one in each.get("objects", ()))]
    assert {each["acting_for"] for each in done if each["actor"].startswith("system:")} == {office.people["Noor"].hex()}


def test_what_moved_on_meanwhile_is_passed_and_counted_with_why(office: World):
    rows = make.fill(office, 9)
    seen = look(office, SKIP)
    with office.write("queue:assign", office.actor("biller", "Priya")) as uow:
        taking.carry_out(uow, QUEUE, [rows[0].id, rows[1].id], Order(Do.TAKE))
        uow.change(uow.get(QueueItemRow, rows[2].id), state=queues.DONE, done_at=uow.now)
        uow.change(uow.get(QueueItemRow, rows[3].id), reason="units")
    begin(office, seen, SKIP)
    work_through(office, seen)
    page = show(office, seen)
    assert (page.changed, page.reached) == (5, 9)
    assert said(page.skipped) == {
        "went to Priya meanwhile": 2, "wait no longer in this queue": 1,
        "were changed by somebody else meanwhile": 1,
    }  # fmt: skip
    assert {row.id for row in items(office) if row.put_off_until} == {row.id for row in rows[4:]}


def test_a_run_that_ends_half_way_is_run_on_and_doubles_nothing(office: World, monkeypatch: pytest.MonkeyPatch):
    make.fill(office, 11)
    seen = look(office, SKIP)
    begin(office, seen, SKIP)
    one, calls = taking.do_one, []

    def ends(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 7:  # in the middle of the second part
            raise SystemExit
        one(*given)

    monkeypatch.setattr(taking, "do_one", ends)
    with pytest.raises(SystemExit):
        work_through(office, seen)
    assert (show(office, seen).state, show(office, seen).reached, len(steps(office))) == ("running", 4, 4)
    for _ in range(2):
        work_through(office, seen)
    assert (show(office, seen).state, show(office, seen).changed) == ("done", 11)
    assert sorted(step.item_id for step in steps(office)) == sorted(row.id for row in items(office))


def test_it_is_stopped_by_whoever_began_it_and_by_nobody_else(office: World):
    make.fill(office, 6)
    seen = look(office, Order(Do.TAKE))
    bulk_id = bytes.fromhex(seen.bulk or "")
    for step in (bulk.looked, bulk.show, bulk.stop, lambda *given: bulk.begin(*given, Order(Do.TAKE))):
        with pytest.raises(NotFound), office.write("queue:assign", office.actor("biller", "Priya")) as uow:
            step(uow, QUEUE, bulk_id)
    begin(office, seen, Order(Do.TAKE))
    with office.write("queue:assign", office.actor("biller", "Noor")) as uow:
        bulk.stop(uow, QUEUE, bulk_id)
    work_through(office, seen)
    assert str(show(office, seen).sentence) == "Stopped, as you asked. 6 items were not come to."
    assert steps(office) == []


def test_whose_role_ended_does_nothing_more(office: World):
    make.fill(office, 6)
    seen = look(office, Order(Do.TAKE))
    begin(office, seen, Order(Do.TAKE))
    noor = office.people["Noor"]
    with office.write("user:invite") as uow:
        (grant,) = uow.entities(uow.select(GrantRow).where(GrantRow.user_id == noor))
        grants.end(uow, noor, grant.id)
    work_through(office, seen)
    with office.read("queue:view") as uow:
        (row,) = uow.entities(uow.select(QueueBulkRow))
    assert (row.state, row.ended_why, steps(office)) == ("STOPPED", "rights", [])


def test_whose_role_ends_meanwhile_does_no_further_part(office: World, monkeypatch: pytest.MonkeyPatch):
    make.fill(office, 11)
    seen = look(office, Order(Do.TAKE))
    begin(office, seen, Order(Do.TAKE))
    noor, looked, looks = office.people["Noor"], filters.all_work, []

    def ended(uow: UnitOfWork, *given: Any) -> bool:
        """The role ends after the second look, as if a manager had been quicker than the third."""
        looks.append(given)
        if len(looks) == 3:
            (grant,) = uow.entities(uow.select(GrantRow).where(GrantRow.user_id == noor))
            uow.change(grant, ended_at=uow.now)
            uow.flush()
        return looked(uow, *given)

    monkeypatch.setattr(filters, "all_work", ended)
    work_through(office, seen)
    page = show(office, seen)
    assert (page.state, page.reached, page.changed, len(steps(office))) == ("stopped", 8, 8, 8)
    assert "do not work this queue any more. 3 items were not come to." in str(page.sentence)


def test_two_people_at_once_do_each_item_once_and_are_told_who_was_quicker(office: World):
    rows = make.fill(office, 16)
    orders = {"Noor": Order(Do.TAKE), "Priya": Order(Do.TAKE)}
    seen = {}
    for name, order in orders.items():
        with office.write("queue:assign", office.actor("biller", name)) as uow:
            seen[name] = bulk.look(uow, QUEUE, Narrowing(), order)
        begin(office, seen[name], order, name)
    start = threading.Barrier(2)

    def work_on(name: str) -> None:
        start.wait()
        work_through(office, seen[name])

    workers = [threading.Thread(target=work_on, args=(name,)) for name in orders]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert sorted(step.item_id for step in steps(office)) == sorted(row.id for row in rows), "each of them once"
    changed = 0
    for name, other in (("Noor", "Priya"), ("Priya", "Noor")):
        with office.read("queue:view", office.actor("biller", name)) as uow:
            page = bulk.show(uow, QUEUE, bytes.fromhex(seen[name].bulk or ""))
        assert (page.state, page.reached) == ("done", 16)
        assert said(page.skipped) == ({f"went to {other} meanwhile": 16 - page.changed} if page.changed < 16 else {})
        assert page.changed == sum(row.holder_id == office.people[name] for row in items(office))
        changed += page.changed
    assert changed == 16


def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another_and_doubles_nothing(
    office: World, tmp_path: Path
):
    make.fill(office, 11)
    seen = look(office, SKIP)
    begin(office, seen, SKIP)
    engine = Engine(office)
    engine.killed_in_mid_job(tmp_path, "tests.services.work.killed")
    assert (show(office, seen).state, show(office, seen).reached, len(steps(office))) == ("running", 4, 4)
    engine.finished_by_another(queue_bulk=work_through_job)
    assert (show(office, seen).state, show(office, seen).changed) == ("done", 11)
    assert sorted(step.item_id for step in steps(office)) == sorted(row.id for row in items(office))


def test_of_what_was_looked_at_the_oldest_go(office: World, monkeypatch: pytest.MonkeyPatch):
    make.fill(office, 6)
    monkeypatch.setattr(bulk, "MOST_LOOKS", 3)
    begun = look(office, Order(Do.TAKE))
    begin(office, begun, Order(Do.TAKE))
    looks = []
    for _ in range(4):
        office.clock.forward(minutes=1)
        looks.append(look(office, Order(Do.TAKE)))
    with office.read("queue:view") as uow:
        kept = {row.id.hex() for row in uow.entities(uow.select(QueueBulkRow))}
        parts = uow.entities(uow.select(QueueBulkPartRow))
    assert kept == {begun.bulk, *(each.bulk for each in looks[1:])}, "what was begun stays"
    assert {part.bulk_id.hex() for part in parts} == kept
    with pytest.raises(NotFound):
        begin(office, looks[0], Order(Do.TAKE))


def test_what_is_one_step_is_done_at_once_and_what_lacks_its_day_is_not_begun(office: World):
    make.fill(office, 4)
    seen = look(office, SKIP)
    with pytest.raises(Refused, match="skip-day"):
        begin(office, seen, Order(Do.SKIP, reason="payer"))
    page = begin(office, seen, SKIP)
    assert (page.state, page.changed) == ("done", 4)


def test_a_view_beyond_the_limit_gives_its_first_and_old_looks_are_let_go(
    office: World, monkeypatch: pytest.MonkeyPatch
):
    rows = make.fill(office, 7)
    monkeypatch.setattr(bulk, "MOST", 5)
    seen = look(office, Order(Do.TAKE), Narrowing(sort="amount"))
    assert (seen.count, seen.more) == (5, True)
    with office.read("queue:view") as uow:
        parts = uow.entities(uow.select(QueueBulkPartRow).order_by(QueueBulkPartRow.position))
        got = [bytes.fromhex(each[0]) for part in parts for each in part.items]
    assert got == [row.id for row in sorted(rows, key=lambda row: -row.at_risk_cents)[:5]]
    office.clock.forward(days=2)
    again = look(office, Order(Do.TAKE))
    with office.read("queue:view") as uow:
        assert [row.id.hex() for row in uow.entities(uow.select(QueueBulkRow))] == [again.bulk]

"""Queues: one place at a time, by due day, page by page, only for those whose work it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.errors import NotFound
from portal.domain.queues import QUEUES
from portal.domain.texts import T_, to_json
from portal.domain.work import narrowing
from portal.models.encounters import EncounterRow
from portal.models.queues import QueueItemRow, QueueStepRow
from portal.services import queues
from portal.services.work import counts, showing, taking
from portal.services.work.showing import QueuePage
from portal.services.work.taking import Do, Order
from tests.databases import World
from tests.make import visits as make
from tests.web.test_guard import person


def shown(world: World, name: str, role: str = "coder", *, view: str = "all", **more: object) -> QueuePage:
    with world.read("queue:view", world.actor(role)) as uow:
        return showing.show(uow, name, narrowing({"view": view}), **more)


def fill(world: World, count: int) -> list[bytes]:
    """So many open items in the coding queue, some due on the same day; their ids in the order they must show."""
    (encounter_id,) = make.bring(world)
    with world.write("queue:assign") as uow:
        visit = uow.get(EncounterRow, encounter_id)
        standing = queues.items_of(uow, visit)[0]
        made = [(standing.due_on, standing.id)]
        for number in range(count - 1):
            due = world.clock.now().date() + timedelta(days=number % 7)
            item = uow.new(
                QueueItemRow, queue="coding", state="OPEN", subject_table="encounter", subject_id=encounter_id,
                patient_id=visit.patient_id, payer_id=None, reason="proposed", detail={}, at_risk_cents=0, priority=0,
                due_on=due, created_at=uow.now,
            )  # fmt: skip
            made.append((due, item.id))
    return [id_ for _, id_ in sorted(made)]


def ids(page: QueuePage) -> list[bytes]:
    return [bytes.fromhex(row.item_id) for row in page.rows]


def test_a_thing_that_comes_again_keeps_its_day(world: World):
    (encounter_id,) = make.bring(world)
    with world.write("queue:assign") as uow:
        visit = uow.get(EncounterRow, encounter_id)
        [item] = queues.items_of(uow, visit)
        day = item.due_on
        queues.put(uow, "coding", visit, reason="again")
        assert (item.due_on, item.reason) == (day, "again")
        assert uow.entities(uow.select(QueueStepRow)) == []
        queues.put(uow, "coding", visit, reason="again", due_on=day + timedelta(days=1))
        uow.flush()
        (step,) = uow.entities(uow.select(QueueStepRow))
        assert (step.kind, step.day_before, step.day) == ("due", day, day + timedelta(days=1))


def test_a_row_says_who_why_and_what_next(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    (row,) = shown(world, "coding").rows
    assert (row.kind, row.target_id, row.number) == ("code", id_.hex(), id_.hex()[:8].upper())
    assert claim.patient.last in row.name
    assert row.payer_name == claim.cover.payer_name
    assert (str(row.why), str(row.next_step)) == ("The provider proposed codes.", "Code the visit")
    assert row.amount is not None
    assert (row.amount.cents, row.age_days, row.holder) == (claim.charge_cents, 0, None)
    world.clock.forward(days=3)
    late = shown(world, "coding").rows[0]
    assert late.age_days == 3
    assert late.days_left is not None
    assert late.days_left < 0
    with world.write("queue:assign") as uow:
        queues.put(uow, "coding", uow.get(EncounterRow, id_), reason="x", detail={"todo": to_json(T_("Do this"))})
    assert str(shown(world, "coding").rows[0].next_step) == "Do this"


def test_views_count_and_filter(world: World):
    order = fill(world, 4)
    user = person(world, "coder")
    world.people["coder"] = user
    with world.write("queue:assign", world.actor("coder")) as uow:
        assert taking.carry_out(uow, "coding", order[:2], Order(Do.TAKE)) == 2
        assert taking.carry_out(uow, "coding", order[:3], Order(Do.TAKE)) == 1
    page = shown(world, "coding", view="mine")
    assert {view.name: view.count for view in page.views} == {
        "all": 4, "mine": 3, "unassigned": 1, "due": 1, "skipped": 0,
    }  # fmt: skip
    assert ids(page) == order[:3]
    assert {row.holder for row in page.rows} == {"Maya Lindqvist"}
    assert ids(shown(world, "coding", view="unassigned")) == order[3:]
    assert ids(shown(world, "coding", view="no such view")) == order
    with world.read("queue:view", world.actor("coder")) as uow:
        (count,) = (each for each in counts.work(uow).queues if each.queue == "coding")
    assert (count.queue, count.open, count.mine, count.due_soon) == ("coding", 4, 3, 4)
    with world.write("queue:assign", world.actor("coder")) as uow:
        assert taking.carry_out(uow, "coding", order, Order(Do.PUT_BACK)) == 3


def test_what_is_put_off_comes_back_when_its_reason_is_another(world: World):
    (id_,) = make.bring(world)
    day = world.clock.now().date() + timedelta(days=9)
    for reason, put_off in (("as before", day), ("as before", day), ("something new", None)):
        with world.write("queue:assign") as uow:
            item = queues.put(uow, "coding", uow.get(EncounterRow, id_), reason=reason)
            if item.put_off_until is None and reason == "as before":
                uow.change(item, put_off_until=day)
            assert item.put_off_until == put_off


def test_a_thing_lies_in_one_queue_at_a_time(world: World):
    (id_,) = make.bring(world)
    make.coded(world, id_)
    assert shown(world, "coding").rows == ()
    assert len(shown(world, "code-review", "coding-manager").rows) == 1


@pytest.mark.parametrize("name", ["code-review", "denials", "nonsense"])
def test_a_queue_of_other_roles_is_not_there(world: World, name: str):
    with pytest.raises(NotFound):
        shown(world, name)
    with pytest.raises(NotFound), world.write("queue:assign", world.actor("coder")) as uow:
        taking.carry_out(uow, name, [], Order(Do.TAKE))


def test_every_queue_opens_for_somebody(world: World):
    from portal.access.permissions import PERMISSIONS

    for queue in QUEUES.values():
        roles = [
            role
            for role in PERMISSIONS[queue.permission].reach_by_role
            if role in PERMISSIONS["queue:view"].reach_by_role
        ]
        assert roles, queue.name
        assert shown(world, queue.name, next(role for role in roles if role != "system")).rows == ()

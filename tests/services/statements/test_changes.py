"""What is new on a patient's first page: what happened since the sign-in before, each thing once, in sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal.access.actors import Actor
from portal.models.users import UserRow
from portal.services.statements.changes import Changes, changes
from portal.services.users import registration
from tests.databases import World
from tests.make import accounts
from tests.services.statements.test_runs import payer_of


def look(world: World, actor: Actor, patient_id: bytes) -> Changes:
    with world.read("home:view", actor) as uow:
        return changes(uow, patient_id)


def sentences(found: Changes) -> list[str]:
    return [str(each.text) for each in found.shown]


def test_the_first_time_the_last_month_is_told(world: World):
    patient_id = accounts.owing(world)
    found = look(world, payer_of(patient_id), patient_id)
    assert found.first_time
    assert sorted(sentences(found), reverse=True) == [
        "We wrote down what your visit of 2026-06-09 cost.",
        "We wrote down what your visit of 2026-05-05 cost.",
        "Bluestem Health Plan answered for your visit of 2026-06-09.",
        "Bluestem Health Plan answered for your visit of 2026-05-05.",
    ]
    assert found.more == 0


def test_later_only_what_came_since_the_sign_in_before(world: World):
    patient_id = accounts.owing(world)
    with world.write("patient:change") as uow:
        user_id = registration.sign_up(uow, patient_id, email="t@mail.example", language="en_US")
        uow.flush()
        uow.derive(UserRow, UserRow.id == user_id, signed_in_before_at=world.clock.now() + timedelta(minutes=1))
    world.clock.forward(days=2)
    actor = replace(payer_of(patient_id), identity=user_id.hex(), user_id=user_id, own_patients=frozenset({patient_id}))
    assert sentences(look(world, actor, patient_id)) == []
    accounts.pay(world, patient_id, 2_000)
    found = look(world, actor, patient_id)
    assert (found.first_time, sentences(found)) == (False, ["Your payment of $20.00 arrived."])

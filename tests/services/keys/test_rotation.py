"""KEKs and roots turn over without a moment in which something does not open, whenever it is broken off."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from portal.crypto.keyring import new_stored_key
from portal.crypto.keys import Purpose
from portal.crypto.roots import EnvRoot, Roots
from portal.domain.errors import Refused
from portal.models.keys import KekRow, SubjectKeyRow
from portal.models.patients import PatientRow
from portal.services.keys import making, rotation
from tests.databases import World
from tests.services.test_unit_of_work import events, patient


def people(world: World, count: int = 5) -> list[bytes]:
    with world.write("patient:change") as uow:
        return [patient(uow, f"Name{n}", f"M-{n}").id for n in range(count)]


def all_open(world: World, ids: list[bytes]) -> bool:
    with world.read("account:view") as uow:
        rows = [uow.get(PatientRow, id_) for id_ in ids]
        return [uow.read(row, PatientRow.last_name_sealed) for row in rows] == [f"Name{n}" for n in range(len(ids))]


def generations(world: World) -> set[int]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        where = SubjectKeyRow.tenant == world.practice_id
        return set(connection.execute(select(SubjectKeyRow.kek_generation).where(where)).scalars())


def states(world: World) -> dict[int, str]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        where = (KekRow.tenant == world.practice_id, KekRow.purpose == int(Purpose.FIELD))
        return dict(connection.execute(select(KekRow.generation, KekRow.state).where(*where)).all())


def turn(world: World, named: set = frozenset()):
    return rotation.rotate(world.units, world.machine("keys"), world.runtime.roots, world.practice_id, named)


def test_a_rotation_takes_every_subject_over_and_all_still_opens(world: World):
    ids = people(world)
    result = turn(world)
    assert result.generation == 2
    assert result.rewrapped == len(ids)
    assert result.disabled == (1,)
    assert states(world) == {1: "disabled", 2: "active"}
    assert generations(world) == {2}
    assert all_open(world, ids)
    told = [each for each in events(world) if each["type"] == "key"]
    assert {each["subtype"] for each in told} == {"key:manage"}
    named = {each["id"] for event in told for each in event.get("objects", ())}
    assert {f"{world.practice_id.hex()}.1.{n}" for n in (1, 2)} <= named


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_whatever_the_batches_and_breaks_everything_opens(sqlite_world: World, turns: list[int]):
    world = sqlite_world
    with world.read("account:view") as uow:
        standing = uow.count(uow.select(PatientRow.id))
    with world.write("patient:change") as uow:
        made = [patient(uow, f"Name{n}", f"M-{standing + n}").id for n in range(6)]
    for batch in turns:
        actor = world.machine("keys")
        with rotation.step(world.units, actor) as uow:
            newest = max(states(world))
            uow.store_key(new_stored_key(world.runtime.roots, world.practice_id, Purpose.FIELD, newest + 1))
        next(rotation.rewrap_subjects(world.units, actor, world.practice_id, batch), None)  # killed after one batch
        assert all_open(world, made)
        turn(world)
        assert all_open(world, made)
        assert generations(world) == {max(states(world))}


def test_a_rotation_killed_between_batches_goes_on_where_it_stopped(world: World):
    ids = people(world)
    actor = world.machine("keys")
    rotation.begin(world.units, actor, world.runtime.roots, world.practice_id)
    assert next(rotation.rewrap_subjects(world.units, actor, world.practice_id, 2)) == 2
    assert generations(world) == {1, 2}
    assert states(world) == {1: "decrypt-only", 2: "active"}
    assert all_open(world, ids)
    again = rotation.rotate(world.units, actor, world.runtime.roots, world.practice_id)
    assert (again.generation, again.rewrapped) == (2, len(ids) - 2), "no third generation is begun meanwhile"
    assert generations(world) == {2}


def test_a_process_that_knows_the_old_key_only_asks_the_store(world: World):
    ids = people(world)
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        before = making.stored(connection)
    turn(world)
    world.runtime.keyring.load(before)  # as another process has it, which was not told
    assert all_open(world, ids)
    world.runtime.keyring.load(before)
    with world.write("patient:change") as uow:
        patient(uow, "Late", "M-late")
    assert generations(world) == {2}, "a new subject goes under the active KEK, whatever the process remembers"


def test_an_old_key_is_destroyed_after_thirty_days_and_never_while_it_is_named(world: World):
    people(world)
    turn(world)
    named = {(world.practice_id, int(Purpose.FIELD), 1)}
    world.clock.forward(days=31)
    assert rotation.retire(world.units, world.machine("keys"), world.practice_id, named) == ((), ())
    assert states(world)[1] == "disabled"
    with pytest.raises(Refused), rotation.step(world.units, world.machine("keys")) as uow:
        rotation.destroy(uow, uow.entities(uow.select(KekRow).where(KekRow.state == "disabled"))[0], named)
    assert rotation.retire(world.units, world.machine("keys"), world.practice_id) == ((), (1,))
    assert states(world)[1] == "destroyed"
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        where = (KekRow.tenant == world.practice_id, KekRow.state == "destroyed")
        assert connection.execute(select(KekRow.wrapped).where(*where)).scalar() == b""
    with world.read("account:search") as uow:
        assert uow.token("mrn", "M-0") is not None


def test_a_disabled_key_is_young(world: World):
    people(world)
    turn(world)
    world.clock.forward(days=29)
    assert rotation.retire(world.units, world.machine("keys"), world.practice_id) == ((), ())


def test_every_tenant_key_goes_under_the_new_root_and_the_old_one_is_needed_no_more(world: World):
    ids = people(world)
    new = EnvRoot(os.urandom(32).hex(), 2)
    both = Roots(next(iter(world.runtime.roots._roots.values())), new)
    world.runtime.keyring._roots = both
    count = rotation.rewrap(world.units, world.machine("keys"), both)
    assert count >= 4
    assert rotation.rewrap(world.units, world.machine("keys"), both) == 0
    world.runtime.keyring._roots = Roots(new)
    world.runtime.keyring.drop()
    assert all_open(world, ids)
    with world.read("key:manage", world.machine("keys")) as uow:
        status = rotation.status(uow, both)
    assert {each.root for each in status.generations} == {2}
    ours = [each for each in status.generations if each.tenant == world.practice_id and each.purpose == "field"]
    assert [(each.generation, each.state, each.subject_keys) for each in ours] == [(1, "active", len(ids))]


def test_no_person_manages_keys(world: World):
    for role in ("administrator", "compliance-officer", "billing-manager"):
        with pytest.raises(Refused):
            rotation.rotate(world.units, world.actor(role), world.runtime.roots, world.practice_id)


def test_status_tells_no_key(world: World):
    people(world, 1)
    with world.read("key:manage", world.machine("keys")) as uow:
        said = repr(rotation.status(uow, world.runtime.roots))
    with world.runtime.engine.connect() as connection:
        wrapped = connection.execute(text("SELECT wrapped FROM kek LIMIT 1")).scalar()
    assert bytes(wrapped).hex() not in said
    assert repr(bytes(wrapped)) not in said

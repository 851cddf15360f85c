"""Old bodies go and proofs stay; who is held stays; whoever kills it in between, the verifier is content."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from audit.table import audit_event, audit_subject
from audit.tree import leaf
from portal import runtime
from portal.crypto.errors import KeyRefused
from portal.crypto.keys import Purpose
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.keys import KekRow
from portal.services.auditing import holds, purging, searching, upkeep
from portal.services.keys import shredding
from portal.services.patients import searching as patients
from tests.databases import World
from tests.services.auditing.test_cells import signed, verified
from tests.services.auditing.test_oversight import look
from tests.services.test_unit_of_work import patient


@pytest.fixture
def owner(world: World) -> Iterator[Engine]:
    """An engine as the role that owns the tables."""
    engine = runtime.bare_engine(world.runtime.settings.database_owner_url)
    yield engine
    engine.dispose()


def lived(world: World, years: int = 12) -> list[bytes]:
    """Two patients looked at, and one searched for, each year."""
    with world.write("patient:change") as uow:
        ids = [patient(uow, f"Name{n}", f"M-{n}").id for n in range(2)]
    for _ in range(years):
        for id_ in ids:
            look(world, world.actor("biller"), id_)
        with world.read("account:search", world.actor("biller")) as uow:
            patients.search(uow, "M-0")
        signed(world)
        world.clock.forward(days=365.25)
    return ids


def rows(world: World) -> list:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        return list(connection.execute(select(audit_event).order_by(audit_event.c.seq)).all())


def audit_keys(world: World) -> list[str]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        found = select(KekRow.state).where(KekRow.purpose == int(Purpose.AUDIT)).order_by(KekRow.generation)
        return list(connection.execute(found).scalars())


def run(world: World, owner: Engine, **more) -> purging.Purged:
    return purging.purge(world.units, owner, world.machine("audit.purge"), **more)


def test_bodies_past_their_time_go_and_everything_still_verifies(world: World, owner: Engine):
    ids = lived(world)
    upkeep.index(world.units)
    before = rows(world)
    done = run(world, owner)
    after = rows(world)
    gone = [each.seq for each in after if each.body is None]
    assert done.bodies == len(gone) > 5
    assert gone == list(range(len(gone))), "the oldest, without a gap"
    assert [each.leaf for each in after[: len(before)]] == [each.leaf for each in before]
    assert all(each.body is None or leaf(each.body) == each.leaf for each in after)
    report = verified(world)
    assert report.ok, report.problems
    assert run(world, owner).bodies == 0, "once is enough"
    with world.read("audit:search", world.actor("compliance-officer")) as uow:
        left = [said["seq"] for said in searching.events(uow, searching.Wanted(patient_id=ids[0]))]
    assert left
    assert min(left) > gone[-1]
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        indexed = connection.execute(select(audit_subject.c.seq).where(audit_subject.c.seq <= gone[-1])).all()
    assert indexed == []
    told = [each for each in after if each.body and b'"audit:purge"' in each.body]
    assert len(told) == 1
    assert f'"0-{gone[-1]}"'.encode() in told[0].body


def test_nothing_goes_before_six_years_and_nothing_young_goes_at_all(world: World, owner: Engine):
    lived(world, 8)
    with pytest.raises(Refused) as refused:
        run(world, owner, years=5)
    assert refused.value.code == "retention"
    assert run(world, owner).bodies == 0
    assert run(world, owner, years=6).bodies > 0
    assert verified(world).ok


def test_a_long_silence_leaves_one_event_to_show_the_age_of_the_others(world: World, owner: Engine):
    lived(world, 1)
    world.clock.forward(days=366 * 11)
    run(world, owner)
    found = rows(world)
    world.runtime.parts.anchor_file.unlink()  # no anchor of that time is left to show it
    assert sum(each.body is None for each in found) > 3
    report = verified(world)
    assert report.ok, report.problems


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_killed_in_between_the_log_verifies_and_the_next_run_ends_it(world: World, owner: Engine, batches: int):
    lived(world)
    actor = world.machine("audit.purge")
    spans = purging.begin(world.units, owner, actor, frozenset(), 10)
    going = purging.finish(world.units, owner, frozenset(), 2)
    for _ in range(batches):
        assert next(going) == 2
    assert sum(each.body is None for each in rows(world)) == 2 * batches
    assert verified(world).ok
    named = sum(last - first + 1 for first, last in spans)
    assert run(world, owner).bodies == named - 2 * batches
    assert verified(world).ok


def test_who_is_held_keeps_every_event_and_the_keys_of_their_months(world: World, owner: Engine):
    ids = lived(world)
    with world.write("audit:hold") as uow:
        holds.place(uow, ids[0], "Case 26-118")
    with world.write("audit:hold") as uow, pytest.raises(Conflict):
        holds.place(uow, ids[0], "again")
    with pytest.raises(NotFound), world.write("audit:hold") as uow:
        holds.place(uow, bytes(16), "nobody")
    done = run(world, owner)
    assert done.held > 3
    present = [each.body for each in rows(world) if each.body is not None]
    assert sum(ids[0].hex().encode() in body for body in present) >= 24
    report = verified(world)
    assert report.ok, report.problems
    assert "disabled" not in audit_keys(world), "what was searched for about them can still be read"
    with pytest.raises(Refused) as refused:
        shredding.shred(world.units, world.machine(), ids[0], record=world.runtime.settings.home / "r", reason="asked")
    assert refused.value.code == "legal-hold"
    with world.read("audit:hold") as uow:
        assert [(each.subject, each.reason) for each in holds.standing(uow)] == [(ids[0], "Case 26-118")]
    with world.write("audit:hold") as uow:
        holds.lift(uow, ids[0])
    with pytest.raises(NotFound), world.write("audit:hold") as uow:
        holds.lift(uow, ids[0])
    world.clock.forward(days=366)
    assert run(world, owner).bodies > 0
    assert verified(world).ok


def test_who_is_held_after_the_purge_was_told_keeps_what_is_still_there(world: World, owner: Engine):
    ids = lived(world)
    purging.begin(world.units, owner, world.machine("audit.purge"), frozenset(), 10)
    with world.write("audit:hold") as uow:
        holds.place(uow, ids[0], "Case 26-118")
    run(world, owner)
    present = [each.body for each in rows(world) if each.body is not None]
    assert sum(ids[0].hex().encode() in body for body in present) >= 24
    assert verified(world).ok


def test_keys_of_months_past_their_time_are_disabled_then_destroyed(world: World, owner: Engine):
    lived(world)
    done = run(world, owner)
    assert done.keys_disabled == audit_keys(world).count("disabled") > 0
    world.clock.forward(days=31)
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        oldest = connection.execute(select(KekRow.tenant, KekRow.generation).where(KekRow.state == "disabled")).first()
    slot = (oldest.tenant, int(Purpose.AUDIT), oldest.generation)
    named = run(world, owner, named={slot})
    assert named.keys_destroyed == done.keys_disabled - 1
    assert run(world, owner).keys_destroyed == 1
    assert audit_keys(world).count("destroyed") == done.keys_disabled
    assert audit_keys(world).count("active") >= 9, "those of the last ten years stay"
    with pytest.raises(KeyRefused):
        world.runtime.keyring.audit_key(oldest.tenant, oldest.generation)
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        left = connection.execute(select(KekRow.wrapped).where(KekRow.state == "destroyed")).scalars().all()
    assert set(left) == {b""}
    assert verified(world).ok


def test_a_purge_is_never_purged_itself(world: World, owner: Engine):
    ids = lived(world)
    run(world, owner)
    world.clock.forward(days=366 * 11)
    look(world, world.actor("biller"), ids[0])
    run(world, owner)
    present = [each.body for each in rows(world) if each.body is not None]
    assert sum(b'"audit:purge"' in body for body in present) == 2
    report = verified(world)
    assert report.ok, report.problems


def test_no_person_purges(world: World, owner: Engine):
    lived(world)
    for role in ("administrator", "compliance-officer"):
        with pytest.raises(Refused):
            purging.purge(world.units, owner, world.actor(role))
        with pytest.raises(Refused):
            purging.begin(world.units, owner, world.actor(role), frozenset(), 10)
    assert all(each.body is not None for each in rows(world))

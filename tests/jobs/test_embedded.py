"""What only the leased table has: leases that are renewed, lost and taken over."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import select

from portal.models.jobs import JobKeyRow, JobRow
from portal.services import outbox
from tests.databases import World
from tests.jobs.engines import Engine, Seen


def row(world: World) -> JobRow:
    with world.units.housekeeping() as session:
        return session.execute(select(JobRow)).scalar_one()


def test_a_lease_is_renewed_while_its_job_runs(sqlite_world: World):
    engine, renewed = Engine(sqlite_world), threading.Event()

    def long(_tools, _job) -> None:
        before = row(sqlite_world).lease_until
        sqlite_world.clock.forward(hours=1)
        for _ in range(500):
            if row(sqlite_world).lease_until > before:
                renewed.set()
                return
            renewed.wait(0.01)

    engine.ask("a")
    engine.drain(timedelta(seconds=0.3), test_post=long)
    assert renewed.is_set()
    assert engine.counts() == {"DONE": 1}


def test_who_lost_the_lease_changes_nothing_any_more(sqlite_world: World):
    engine, units = Engine(sqlite_world), sqlite_world.units
    engine.ask("a")
    first = outbox.lease(units, "one")
    assert outbox.lease(units, "two") is None
    sqlite_world.clock.forward(seconds=31)
    second = outbox.lease(units, "two")
    assert (second.key, second.attempts) == ("a", 2)
    assert not outbox.renew(units, first, "one")
    outbox.finish(units, first, "one")
    assert row(sqlite_world).state == "RUNNING"
    outbox.finish(units, second, "two")
    assert row(sqlite_world).state == "DONE"


def test_a_worker_does_not_end_a_later_try_of_its_own(sqlite_world: World):
    engine, units = Engine(sqlite_world), sqlite_world.units
    engine.ask("a")
    first = outbox.lease(units, "one")
    sqlite_world.clock.forward(seconds=31)
    outbox.lease(units, "one")
    outbox.finish(units, first, "one", error="ValueError")
    assert row(sqlite_world).state == "RUNNING"


def test_an_error_is_kept_by_its_class_only(sqlite_world: World):
    engine = Engine(sqlite_world)
    engine.ask("a")
    engine.drain(test_post=Seen(failures=1))
    assert row(sqlite_world).error == "ValueError"
    data = sqlite_world.runtime.settings.data
    assert not any(b"Okonkwo" in path.read_bytes() for path in data.iterdir())


def test_what_was_done_long_ago_goes_and_its_key_stays(sqlite_world: World):
    engine = Engine(sqlite_world)
    engine.ask("a")
    engine.drain(test_post=Seen())
    sqlite_world.clock.forward(days=29)
    outbox.tidy(sqlite_world.units)
    assert engine.counts() == {"DONE": 1}
    sqlite_world.clock.forward(days=2)
    outbox.tidy(sqlite_world.units)
    assert engine.counts() == {}
    with sqlite_world.units.housekeeping() as session:
        assert session.execute(select(JobKeyRow.key)).scalars().all() == ["a"]


def test_a_worker_outlives_a_store_that_does_not_answer(sqlite_world: World, monkeypatch):
    engine, seen = Engine(sqlite_world), Seen()
    worker = engine.worker({"test.post": seen})
    monkeypatch.setattr("portal.jobs.worker._REST_SECONDS", 0.01)
    missing = sqlite_world.runtime.settings.data
    aside = missing.with_name("aside")
    engine.ask("a")
    sqlite_world.runtime.engine.dispose()
    missing.rename(aside)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        threading.Event().wait(0.1)
        assert seen.jobs == []
        aside.rename(missing)
        for _ in range(500):
            if seen.jobs:
                break
            threading.Event().wait(0.01)
    finally:
        worker.stop()
        thread.join()
    assert len(seen.jobs) == 1

"""One contract for both engines: the leased table on SQLite, Procrastinate on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.errors import Conflict
from portal.domain.texts import T_
from portal.services import outbox
from portal.services.outbox import MOST_ATTEMPTS, wait_after
from tests.databases import World
from tests.jobs.engines import ID, Engine, Seen, posting


@pytest.fixture
def engine(world: World) -> Engine:
    return Engine(world)


def test_a_job_runs_with_its_ids_its_practice_and_its_key(engine: Engine):
    seen = Seen()
    engine.ask("a", ids={"claim": ID})
    assert engine.counts() == {"WAITING": 1}
    engine.drain(test_post=seen)
    (job,) = seen.jobs
    assert (job.name, job.key, job.ids, job.attempts) == ("test.post", "a", {"claim": ID}, 1)
    assert job.practice_id == engine.world.practice_id
    assert len(job.id) == 16
    assert engine.counts() == {"DONE": 1}


def test_what_is_rolled_back_was_never_asked_for(engine: Engine):
    def fail() -> None:
        with engine.world.write("payment:settle") as uow:
            assert outbox.later(uow, "test.post", "a")
            raise Conflict(T_("No."), code="version")

    with pytest.raises(Conflict):
        fail()
    assert engine.counts() == {}
    assert engine.ask("a"), "the key of what was rolled back is free"


def test_a_key_runs_once_for_ever(engine: Engine):
    seen = Seen()
    assert engine.ask("a")
    assert not engine.ask("a")
    engine.drain(test_post=seen)
    engine.rested()
    outbox.tidy(engine.world.units)
    assert not engine.ask("a")
    engine.drain(test_post=seen)
    assert len(seen.jobs) == 1


def test_two_who_ask_at_once_are_one(engine: Engine):
    told = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        told.append(engine.ask("a"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == [False, False, False, True]


def test_arguments_are_ids_and_nothing_else(engine: Engine):
    with pytest.raises(ValueError, match="ids"):
        engine.ask("a", ids={"name": b"Ada Okonkwo"})
    assert engine.counts() == {}


def test_a_failure_is_tried_again_after_a_rest_that_grows(engine: Engine):
    seen = Seen(failures=2)
    engine.ask("a")
    for tried in (1, 2):
        engine.drain(test_post=seen)
        assert len(seen.jobs) == tried
        assert engine.counts() == {"WAITING": 1}
        assert engine.rest_seconds() == pytest.approx(wait_after(tried).total_seconds(), abs=5)
        engine.rested()
    engine.drain(test_post=seen)
    assert [job.attempts for job in seen.jobs] == [1, 2, 3]
    assert engine.counts() == {"DONE": 1}


def test_what_fails_for_days_is_dead_and_waits_for_a_person(engine: Engine):
    seen = Seen(failures=MOST_ATTEMPTS)
    engine.ask("a")
    for _ in range(MOST_ATTEMPTS + 1):
        engine.drain(test_post=seen)
        engine.rested()
    assert len(seen.jobs) == MOST_ATTEMPTS
    assert engine.counts() == {"DEAD": 1}


def test_the_rests_add_up_to_some_days():
    rests = [wait_after(tried) for tried in range(1, MOST_ATTEMPTS + 1)]
    assert rests.pop() is None
    assert rests == sorted(rests)
    assert 2 < sum(rest.total_seconds() for rest in rests) / 86_400 < 4


def test_a_name_that_a_worker_does_not_know_yet_is_kept(engine: Engine):
    seen = Seen()
    engine.ask("a", "test.new")
    engine.drain(test_post=seen)
    assert engine.counts() == {"WAITING": 1}
    engine.rested()
    engine.drain(test_new=seen)
    assert len(seen.jobs) == 1


def test_what_is_for_later_runs_later(engine: Engine):
    seen = Seen()
    engine.ask("a", run_after=datetime.now(UTC) + timedelta(hours=1))
    engine.drain(test_post=seen)
    assert seen.jobs == []
    engine.rested()
    engine.drain(test_post=seen)
    assert len(seen.jobs) == 1


def test_mail_passes_what_a_night_has_piled_up(engine: Engine):
    seen = Seen()
    engine.ask("a")
    engine.world.clock.forward(seconds=1)
    engine.ask("b", "mail.send", {"mail": ID})
    engine.drain(test_post=seen, mail_send=seen)
    assert [job.key for job in seen.jobs] == ["b", "a"]


def test_two_runs_of_a_job_are_one_effect(engine: Engine):
    def twice(tools, job) -> None:
        posting(tools, job)
        posting(tools, job)

    engine.ask("a")
    engine.drain(test_post=twice)
    assert engine.posted() == 1


def test_a_killed_worker_loses_no_job_and_doubles_nothing(engine: Engine, tmp_path):
    engine.ask("a")
    engine.killed_in_mid_job(tmp_path)
    assert engine.counts() == {"RUNNING": 1}
    assert engine.posted() == 1
    engine.finished_by_another(test_post=posting)
    assert engine.counts() == {"DONE": 1}
    assert engine.posted() == 1


def test_a_job_that_ends_every_worker_is_dead_at_last(engine: Engine):
    engine.ask("a")
    engine.lose_workers()
    engine.drain(test_post=Seen())
    assert engine.counts() == {"DEAD": 1}


def test_two_workers_share_the_jobs(engine: Engine):
    seen = Seen()
    for number in range(20):
        engine.ask(str(number))
    threads = [threading.Thread(target=engine.drain, kwargs={"test_post": seen}) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(job.key for job in seen.jobs) == sorted(map(str, range(20)))


def test_a_worker_ends_after_the_job_in_hand(engine: Engine):
    seen, started = Seen(), threading.Event()

    def slow(tools, job) -> None:
        started.set()
        worker.stop()
        seen(tools, job)

    worker = engine.worker({"test.post": slow})
    engine.ask("a")
    engine.ask("b")
    worker.run()
    assert started.is_set()
    assert len(seen.jobs) == 1
    assert engine.counts() == {"DONE": 1, "WAITING": 1}


def test_mail_goes_out_while_a_long_job_runs(engine: Engine):
    begun, sent = threading.Event(), threading.Event()

    def long(*_: object) -> None:
        begun.set()
        assert sent.wait(20), "the mail waited for the job to end"

    engine.ask("long", name="test.long")
    worker = engine.worker({"test.long": long, "mail.send": lambda *_: sent.set()})
    working = threading.Thread(target=worker.run)
    working.start()
    try:
        assert begun.wait(20)
        engine.ask("mail", name="mail.send")
        assert sent.wait(20)
    finally:
        worker.stop()
        working.join()
    assert engine.counts() == {"DONE": 2}


def test_a_lane_that_ends_by_force_ends_the_worker(sqlite_world: World):
    class Ended(BaseException):
        pass

    def end(*_: object) -> None:
        raise Ended

    engine = Engine(sqlite_world)
    engine.ask("a", name="test.post")
    with pytest.raises(Ended):
        engine.worker({"test.post": end}).run()

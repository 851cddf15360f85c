"""Periodic work comes again by itself, whatever happened to it or to the others."""

from __future__ import annotations

import threading

from portal import runtime
from portal.jobs.handlers import Tools
from portal.jobs.schedule import Every, Schedule
from tests.databases import World
from tests.jobs.engines import Engine


def test_each_is_called_when_its_time_has_gone_by():
    now, told = [0.0], []
    schedule = Schedule(
        [Every("a.a", 5, lambda _: told.append("a")), Every("b.b", 60, lambda _: told.append("b"))], lambda: now[0]
    )
    for at in (0, 4, 5, 9, 10, 60):
        now[0] = at
        schedule.due(None)
    assert told == ["a", "b", "a", "a", "a", "b"]


def test_one_that_fails_stops_no_other_and_comes_again():
    now, told = [0.0], []

    def fail(_tools) -> None:
        told.append("failed")
        raise ValueError

    schedule = Schedule([Every("a.a", 5, fail), Every("b.b", 5, lambda _: told.append("b"))], lambda: now[0])
    schedule.due(None)
    now[0] = 5
    schedule.due(None)
    assert told == ["failed", "b", "failed", "b"]


def test_it_runs_beside_a_long_job(sqlite_world: World):
    engine, called = Engine(sqlite_world), threading.Event()
    engine.ask("a")
    worker = engine.worker({"test.post": lambda _tools, _job: (called.wait(10), worker.stop())})
    worker._schedule = Schedule([Every("a.a", 5, lambda _: called.set())])
    worker.run()
    assert called.is_set()


def test_the_log_is_signed_and_anchored_and_then_no_longer_red(world: World):
    assert runtime.figures(world.runtime).unanchored > 0
    world.clock.forward(minutes=11)
    assert runtime.figures(world.runtime).red
    tools = Tools(world.units, world.runtime.parts, runtime.signer(world.runtime))
    Schedule([Every("audit.sign", 5, lambda tools: tools.sign())]).due(tools)
    found = runtime.figures(world.runtime)
    assert (found.red, found.unanchored) == (False, 0)
    assert world.runtime.settings.anchor_file.read_text().count("\n") == 1

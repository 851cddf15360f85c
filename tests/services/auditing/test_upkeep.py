"""A real witness on this machine: asked by the worker's schedule, found by the verifier, believed when it refuses."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from audit import witness as audit_witness
from audit.checkpoint import VerifierKey, read_anchors
from audit.table import audit_checkpoint
from audit.witness import WitnessContradicts, WitnessRefused, server
from portal import runtime
from portal.cli.oversight import audit as audit_command
from portal.config import SettingsError
from portal.jobs.handlers import Tools
from portal.jobs.schedule import PERIODIC, Schedule
from portal.models.jobs import MailRow
from portal.services.auditing import checking, digests, upkeep
from portal.web.compliance import pages
from tests.databases import World
from tests.services.auditing.test_cells import url
from tests.services.auditing.test_oversight import key_of, sign, somebody
from tests.services.test_unit_of_work import events, patient


class Place:
    """A witness listening on loopback, that can be stopped and started again on the same port."""

    def __init__(self, folder: Path, logs: list[VerifierKey]) -> None:
        self.folder, self._logs = folder, logs
        self.public = audit_witness.make_key(folder / "w.key", "witness.example")
        self.state = folder / "seen.json"
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        made = audit_witness.opened(self.folder / "w.key", self.state, self._logs, lambda: datetime.now(UTC))
        self._here: ThreadingHTTPServer = server(made, "127.0.0.1", self._port)
        self._port = self._here.server_address[1]
        self._thread = threading.Thread(target=self._here.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._here.shutdown()
        self._thread.join()
        self._here.server_close()


@pytest.fixture
def place(world: World, tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, [key_of(world)])
    yield made
    made.stop()


def grow(world: World, count: int = 1) -> None:
    for _ in range(count):
        with world.write("patient:change") as uow:
            patient(uow, f"N{os.urandom(4).hex()}", os.urandom(4).hex())


def ask(world: World, place: Place) -> int | None:
    return upkeep.ask_witness(world.units, world.runtime.parts, place.url, [place.public])


def health(world: World) -> upkeep.Health:
    with world.read("audit:view", world.machine()) as uow:
        return upkeep.health(uow)


def verified(world: World, *witnesses: VerifierKey):
    return checking.check(url(world), [world.runtime.parts.anchor_file], [key_of(world)], list(witnesses))


def test_a_witness_cosigns_what_only_grows(world: World, place: Place):
    assert ask(world, place) is None, "nothing is signed yet"
    sign(world)
    assert ask(world, place) == len(events(world))
    assert ask(world, place) is None
    grow(world)
    sign(world)
    assert ask(world, place) == len(events(world))
    place.state.unlink()  # a witness set up anew has seen nothing: prove from the beginning
    grow(world)
    sign(world)
    assert ask(world, place) == len(events(world))
    found = health(world)
    assert (found.witnessed, found.red) == (found.size, False)
    report = verified(world, place.public)
    assert report.ok, report.problems
    assert report.witnessed == found.size
    assert verified(world).witnessed is None


def test_the_cosignature_lies_in_the_anchor_file_and_a_log_without_one_is_not_believed(world: World, place: Place):
    sign(world)
    other = audit_witness.make_key(place.folder / "other.key", "other.example")
    assert [each.code for each in verified(world, place.public).problems] == ["witness"]
    ask(world, place)
    notes = [each.note for each in read_anchors(world.runtime.parts.anchor_file)[0]]
    assert [place.public.name in note for note in notes] == [False, True]
    with world.runtime.engine.begin() as connection:  # the anchor file alone is enough
        connection.execute(audit_checkpoint.update().values(cosignatures=None))
    assert verified(world, place.public).ok
    assert [each.code for each in verified(world, other).problems] == ["witness"]


def test_two_workers_that_ask_at_once_keep_one_cosignature(world: World, place: Place):
    sign(world)
    ask(world, place)
    upkeep._mark(world.units, 0)  # what the second had read before the first was done
    ask(world, place)
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        kept = connection.execute(select(audit_checkpoint.c.cosignatures)).scalars().all()
    assert [each.count(place.public.name) for each in kept] == [1]


def test_a_witness_that_is_down_stops_nothing_and_stands_red_after_ten_minutes(world: World, place: Place):
    sign(world)
    ask(world, place)
    place.stop()
    grow(world)
    told: list[str] = []
    tools = Tools(
        world.units, world.runtime.parts, sign=lambda: (sign(world), told.append("signed"))[0],
        witness=lambda: (told.append("asked"), ask(world, place))[0],
    )  # fmt: skip
    schedule = Schedule([each for each in PERIODIC if each.name in {"audit.witness", "audit.sign"}])
    schedule.due(tools)
    schedule.rest()
    place.start()
    assert sorted(told) == ["asked", "signed"]
    assert not health(world).red
    world.clock.forward(minutes=11)
    sign(world)
    found = health(world)
    assert (found.anchored == found.size, found.witness_red, found.red) == (True, True, True)
    assert runtime.figures(world.runtime).red
    assert str(pages.health_line(found).text) == "The witness has not signed new entries"
    assert ask(world, place) == len(events(world))
    assert not health(world).red


def test_a_silent_witness_does_not_hold_up_the_signing(world: World):
    silent = socket.create_server(("127.0.0.1", 0))  # takes the call and never answers
    done = threading.Event()
    tools = Tools(
        world.units, world.runtime.parts, sign=done.set,
        witness=lambda: upkeep._cosigned(world.units, 0, lambda _: _ask_silence(silent)),
    )  # fmt: skip
    sign(world)
    schedule = Schedule([each for each in PERIODIC if each.name in {"audit.witness", "audit.sign"}], lambda: 0.0)
    schedule.due(tools)
    assert done.is_set()
    schedule.due(tools)  # still running: not called a second time
    silent.close()
    schedule.rest()


def _ask_silence(silent: socket.socket) -> str:
    key = audit_witness.VerifierKey("w", 4, bytes(32))
    return audit_witness.submit(f"http://127.0.0.1:{silent.getsockname()[1]}", "x", 0, [], [key], timeout=0.2)


def test_a_witness_refuses_a_rewritten_log_and_that_is_an_alert(sqlite_world: World, tmp_path: Path):
    world = sqlite_world
    place = Place(tmp_path, [key_of(world)])
    try:
        sign(world)
        ask(world, place)
        before = tmp_path / "before"
        _copy(world, before)
        grow(world, 2)
        sign(world)
        ask(world, place)
        _put_back(world, before)  # somebody puts an older store back, and the office works on
        world.runtime.parts.anchor_file.unlink()
        grow(world)
        sign(world)
        with pytest.raises(WitnessContradicts):
            ask(world, place)
        found = health(world)
        assert (found.contradicted, found.red) == (True, True)
        assert str(pages.health_line(found).text) == "The witness holds another history than this log"
        alerts = [each for each in events(world) if each["type"] == "alert"]
        assert [(each["actor"], each["reason"], each["outcome"]) for each in alerts] == [
            ("system:audit.witness", "witness-contradicts", 12)
        ]
        grow(world, 4)  # longer than what it saw, and still another history
        sign(world)
        with pytest.raises(WitnessContradicts):
            ask(world, place)
        assert len([each for each in events(world) if each["type"] == "alert"]) == 1, "told once"
        report = verified(world, place.public)
        assert report.ok, "the forger's own anchors and key agree with each other"
        assert report.witnessed < found.size, "and yet the verifier says how little of it was cosigned"
    finally:
        place.stop()


def _copy(world: World, to: Path) -> None:
    world.runtime.engine.dispose()
    shutil.copytree(world.runtime.settings.data, to)


def _put_back(world: World, before: Path) -> None:
    world.runtime.engine.dispose()
    shutil.rmtree(world.runtime.settings.data)
    shutil.copytree(before, world.runtime.settings.data)


def test_where_no_witness_is_set_up_none_is_waited_for(world: World, place: Place):
    sign(world)
    ask(world, place)
    grow(world)
    sign(world)
    world.clock.forward(minutes=20)
    assert health(world).witness_red
    runtime.asker(world.runtime)()
    found = health(world)
    assert (found.witness_set_up, found.red) == (False, False)


def test_what_the_worker_asks_is_what_the_settings_say(world: World, place: Place):
    settings = replace(world.runtime.settings, witness_url=place.url, witness_key=place.public.text())
    asked = runtime.asker(replace(world.runtime, settings=settings))
    sign(world)
    asked()
    assert health(world).witnessed == len(events(world))
    stated = world.runtime.parts.anchor_file.parent / runtime.WITNESS
    runtime.asker(replace(world.runtime, settings=settings))
    assert runtime.public_keys([stated]) == [place.public]
    bad = replace(settings, witness_key=place.public.text().replace("+", "+0", 1))
    with pytest.raises(SettingsError):
        runtime.asker(replace(world.runtime, settings=bad))


def test_the_client_tells_a_refusal_from_silence(world: World, place: Place):
    sign(world)
    other = [VerifierKey("witness.example", 4, bytes(32))]
    with pytest.raises(WitnessRefused) as caught:
        upkeep.ask_witness(world.units, world.runtime.parts, place.url, other)
    assert not isinstance(caught.value, WitnessContradicts)
    assert not health(world).contradicted


def test_the_key_by_command(tmp_path: Path):
    run = CliRunner()
    file = tmp_path / "w.key"
    made = run.invoke(audit_command, ["witness-key", str(file), "--name", "w.example"])
    assert made.exit_code == 0
    public = VerifierKey.parse(made.output)
    assert (file.stat().st_mode & 0o777, file.with_name("w.key.pub").read_text().strip()) == (0o400, public.text())
    assert run.invoke(audit_command, ["witness-key", str(file), "--name", "w.example"]).exit_code == 2
    assert run.invoke(audit_command, ["witness-key", str(tmp_path / "x"), "--name", "a b"]).exit_code == 2
    file.with_name("w.key.pub").write_text(public.text().replace("w.example", "v.example"))
    logs = tmp_path / "verifier.key"
    logs.write_text("")
    state = str(tmp_path / "s")
    started = run.invoke(audit_command, ["witness", str(file), "--log", str(logs), "--state", state, "--port", "0"])
    assert started.exit_code == 2


def test_each_officer_gets_the_size_and_root_once_a_day(world: World):
    officer = somebody(world, "compliance-officer", "Rosalind Vega")
    somebody(world, "biller", "Nadia Brandt")
    assert digests.mail(world.units) == 0, "nothing is signed yet"
    sign(world)
    root = health(world).root
    assert digests.mail(world.units) == 1
    assert digests.mail(world.units) == 0
    with world.read("mail:send") as uow:
        rows = uow.entities(uow.select(MailRow).where(MailRow.template == "log_digest"))
        said = uow.read(rows[0], MailRow.parameters_sealed)
    assert [row.subject_id for row in rows] == [officer.user_id]
    assert (said["root"], said["day"]) == (root, "2026-08-03")
    assert f"\n{said['size']}\n" in said["note"]
    world.clock.forward(days=1)
    assert digests.mail(world.units) == 1

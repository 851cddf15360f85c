"""Claims go and answers come over a real SFTP server; what breaks on the way is tried again and told."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import paramiko
import pytest

from portal import runtime
from portal.domain.errors import Refused
from portal.domain.texts import from_json
from portal.gateways import sftp
from portal.jobs.handlers import Tools
from portal.jobs.schedule import collecting, resend_claims
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow, PartnerServerRow
from portal.models.queues import QueueItemRow
from portal.services import practices, transport
from portal.services.claims import sending
from portal.services.files import collecting as files
from portal.services.files import listing
from tests.databases import World
from tests.gateways.sftp import SftpServer
from tests.make import answers, work
from tests.make import claims as make
from tests.services.claims.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


@pytest.fixture
def server(office: Office, tmp_path: Path) -> Iterator[SftpServer]:
    key = office.world.runtime.settings.sftp_key_file
    assert runtime.sftp_key(key).startswith("ssh-ed25519 ")
    serving = SftpServer(tmp_path / "partner", key)
    reached_by(office.world, serving)
    yield serving
    serving.close()


def reached_by(world: World, serving: SftpServer, **more: str) -> None:
    with world.write("partner:edit") as uow:
        row = practices.partner_by_code(uow, world.practice_id, "clearing")
        practices.set_server(uow, row, serving.place(**more))


def tools(world: World) -> Tools:
    return Tools(world.units, world.runtime.parts, lambda: None)


def state(world: World) -> str:
    with world.read("interchange:view") as uow:
        (row,) = uow.entities(uow.select(InterchangeRow).where(InterchangeRow.direction == "out"))
        return row.state


def waits(world: World) -> list[tuple[str, str]]:
    """Reason and words of what is told of partners."""
    with world.read("interchange:view") as uow:
        found = uow.entities(
            uow.select(QueueItemRow).where(QueueItemRow.queue == transport.QUEUE, QueueItemRow.state == "OPEN")
        )
        return [(item.reason, str(from_json(item.detail["text"]))) for item in found]


def test_claims_go_and_answers_come_over_sftp(office: Office, server: SftpServer):
    world = office.world
    claim = office.claim()
    (sent,) = office.send().files
    assert sent.sent
    (file,) = (server.root / "in").iterdir()
    assert file.name == sent.name
    assert not office.out.exists(), "nothing lies in a folder besides"
    (server.root / "out" / "1.277ca").write_bytes(answers.statuses(file.read_bytes(), ("A7:164:IL",)))
    (server.root / "out" / "0.bad").write_bytes(b"ISA*")
    look = collecting()
    assert [look(tools(world)) for _ in range(3)] == [0, 1, 0]
    work.drain(world)
    assert office.state(claim) == "REJECTED"
    assert [path.name for path in (server.root / "out").iterdir()] == ["0.bad"]


def test_a_line_that_breaks_loses_and_doubles_nothing_and_is_tried_less_and_less(office: Office, server: SftpServer):
    world = office.world
    office.claim()
    server.breaks = lambda written: written > 10
    (sent,) = office.send().files
    assert (sent.sent, state(world)) == (False, "WRITTEN")
    with world.read("interchange:view") as uow:
        (trouble,) = transport.troubles(uow)
        assert (trouble.failures, trouble.next_try_at - world.clock.now()) == (1, timedelta(minutes=1))
    server.breaks = lambda _written: False
    assert resend_claims(tools(world)) == 0, "it is not left behind yet"
    world.clock.forward(minutes=6)
    assert (resend_claims(tools(world)), state(world)) == (1, "SENT")
    assert resend_claims(tools(world)) == 0
    assert [path.name for path in (server.root / "in").iterdir()] == [sent.name]
    with world.read("interchange:view") as uow:
        assert transport.troubles(uow) == ()


def test_another_host_key_is_told_at_once_and_nothing_goes_until_it_is_set_up(office: Office, server: SftpServer):
    world = office.world
    office.claim()
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    reached_by(world, server, host_key=other)
    (sent,) = office.send().files
    assert not sent.sent
    ((reason, words),) = waits(world)
    assert reason == "host-key"
    assert f"Quick Clearing: juniper@127.0.0.1:{server.port} showed another host key" in words
    world.clock.forward(minutes=6)
    reached_by(world, server)
    assert waits(world) == []
    assert (resend_claims(tools(world)), state(world)) == (1, "SENT")


def test_another_file_of_its_name_is_the_matter_of_that_file_alone(office: Office, server: SftpServer):
    world = office.world
    office.claim()
    server.stop()
    (sent,) = office.send().files
    server.start()
    (server.root / "in" / sent.name).write_bytes(b"another")
    world.clock.forward(minutes=6)
    assert (resend_claims(tools(world)), state(world)) == (0, "LAID")
    ((reason, words),) = waits(world)
    assert (reason, sent.name in words) == ("other-bytes", True)
    assert (server.root / "in" / sent.name).read_bytes() == b"another"
    (server.root / "in" / sent.name).unlink()
    assert (resend_claims(tools(world)), state(world), waits(world)) == (1, "SENT", [])


def test_a_partner_goes_back_to_its_folder(office: Office, server: SftpServer):
    with office.world.write("partner:edit") as uow:
        practices.set_server(uow, practices.partner_by_code(uow, office.world.practice_id, "clearing"), None)
        practices.edit_partner(uow, office.world.practice_id, "clearing", name="Quicker Clearing")
    with office.world.read("partner:edit") as uow:
        (route,) = transport.routes(uow, uow.first(uow.select(PartnerRow)).id)
    assert (route.server, route.name) == (None, "Quicker Clearing")
    office.claim()
    assert office.send().files[0].sent
    assert len(list(office.out.iterdir())) == 1


def test_what_was_laid_aside_at_the_old_place_goes_to_the_new_one(
    office: Office, server: SftpServer, monkeypatch: pytest.MonkeyPatch
):
    world = office.world
    office.claim()
    with monkeypatch.context() as patch:  # the connection breaks after the file was laid aside
        patch.setattr("paramiko.SFTPClient.rename", lambda *_: (_ for _ in ()).throw(EOFError()))
        assert not office.send().files[0].sent
    assert state(world) == "LAID"
    (server.root / "in2").mkdir()
    reached_by(world, server, outbox="/in2")
    assert state(world) == "WRITTEN"
    world.clock.forward(minutes=6)
    assert (resend_claims(tools(world)), state(world)) == (1, "SENT")
    assert len([path for path in (server.root / "in2").iterdir() if not path.name.startswith(".")]) == 1


def test_two_practices_never_fetch_from_one_inbox_of_a_server(office: Office, server: SftpServer):
    world, second = office.world, office.second_practice()
    with second.write("partner:edit") as uow:
        other = make.partner(uow, second.practice_id, folder="other")
        with pytest.raises(Refused, match="partner-server"):
            practices.set_server(uow, other, server.place())
        practices.set_server(uow, other, server.place(inbox="/elsewhere"))
    with second.write("partner:edit") as uow:  # set up so all the same, by two at once
        row = uow.first(uow.select(PartnerServerRow).where(PartnerServerRow.partner_id == other.id))
        uow.change(row, inbox="/out")
    (server.root / "out" / "pay.835").write_bytes(b"ISA")
    look, tried = collecting(), len(server.logins)
    assert [look(tools(world)) for _ in range(2)] == [0, 0]
    assert len(server.logins) == tried, "nothing is looked at"


def test_a_file_that_is_closed_to_us_stops_no_other_and_is_told(
    office: Office, server: SftpServer, monkeypatch: pytest.MonkeyPatch
):
    world, out = office.world, server.root / "out"
    opened = paramiko.SFTPClient.open

    def closed(client: paramiko.SFTPClient, filename: bytes, *given: Any) -> Any:
        if filename.endswith(b"/0.835"):
            raise PermissionError(errno.EACCES, "no")
        return opened(client, filename, *given)

    monkeypatch.setattr("paramiko.SFTPClient.open", closed)
    for name in ("0.835", "1.999", "2.999"):
        (out / name).write_bytes(b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^"
                                 b"*00501*000000001*0*P*:~TA1*00000000%b*260101*1200*A*000~IEA*0*000000001~"
                                 % name[:1].encode())  # fmt: skip
    look = collecting()
    for _ in range(2):
        look(tools(world))
        world.clock.forward(minutes=10)
    assert [path.name for path in out.iterdir()] == ["0.835"]
    with world.read("interchange:view") as uow:
        assert transport.troubles(uow) == (), "the way there is none the worse: it is not left to rest"
        ((_, words),) = transport.left_behind(uow).items()
    assert "A file on" in str(words)


def test_a_look_ends_in_time_and_the_next_goes_on(office: Office, server: SftpServer, monkeypatch: pytest.MonkeyPatch):
    world, out = office.world, server.root / "out"
    monkeypatch.setattr(files, "LOOK_SECONDS", 0.0)
    for name in ("1.999", "2.999"):
        (out / name).write_bytes(b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^"
                                 b"*00501*000000001*0*P*:~TA1*00000000%b*260101*1200*A*000~IEA*0*000000001~"
                                 % name[:1].encode())  # fmt: skip
    look = collecting()
    assert [look(tools(world)) for _ in range(4)] == [0, 1, 0, 1]
    with world.read("interchange:view") as uow:
        assert transport.troubles(uow) == (), "that there is much to do is no failure"


def test_a_file_whose_name_is_in_other_letters_is_taken_and_its_name_shown_escaped(office: Office, server: SftpServer):
    out = server.root / "out"
    for name in (b"\xe9.999", b"22.999"):
        Path(os.fsdecode(os.fsencode(out) + b"/" + name)).write_bytes(
            b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*1200*^"
            b"*00501*000000001*0*P*:~TA1*00000000%d*260101*1200*A*000~IEA*0*000000001~" % len(name)
        )
    look = collecting()
    assert [look(tools(office.world)) for _ in range(2)] == [0, 2]
    assert list(out.iterdir()) == []
    with office.world.read("interchange:view") as uow:
        assert {one.name for one in listing.listed(uow).files} == {"\\xe9.999", "22.999"}


def test_what_somebody_is_at_no_other_lays_over(office: Office, server: SftpServer, monkeypatch: pytest.MonkeyPatch):
    world, lay, again = office.world, sftp._Session.lay, []
    office.claim()

    def twice(session: Any, folder: str, name: str, body: bytes) -> None:
        monkeypatch.setattr(sftp._Session, "lay", lay)
        again.append(sending.resend_unsent(world.units, world.runtime.parts, office.biller))
        assert list((server.root / "in").iterdir()) == []
        lay(session, folder, name, body)

    monkeypatch.setattr(sftp._Session, "lay", twice)
    assert office.send().files[0].sent
    assert again == [0]

"""Files through a real SFTP server on loopback: whole, once, and with nobody but the partner."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from portal.domain.transport import TransportFault
from portal.gateways.sftp import SftpExchange
from tests.gateways.sftp import SftpServer, client_key

BODY = b"ISA*" + bytes(range(32, 127)) * 900 + b"IEA~"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    serving = SftpServer(tmp_path / "partner", client_key(tmp_path))
    yield serving
    serving.close()


@pytest.fixture
def sftp(tmp_path: Path, server: SftpServer) -> SftpExchange:
    return SftpExchange(tmp_path / "sftp.key")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_laid_aside_and_then_given_its_name_once(sftp: SftpExchange, server: SftpServer):
    arrived = server.root / "in"
    with sftp("house", server.place()) as session:
        session.lay("house", "1.837", BODY)
        assert names(arrived) == [".1.837.part"], "nobody takes it for whole"
        session.hand("house", "1.837", BODY)
    assert [(path.name, path.read_bytes()) for path in arrived.iterdir()] == [("1.837", BODY)]
    with sftp("house", server.place()) as session:  # the answer to the rename was lost: it is done again
        session.hand("house", "1.837", BODY)
        session.lay("house", "1.837", BODY)
        session.hand("house", "1.837", BODY)
        assert names(arrived) == ["1.837"]
        (arrived / "1.837").unlink()  # the partner took it
        session.hand("house", "1.837", BODY)
    assert names(arrived) == [], "what was taken does not come a second time"


def test_another_file_of_the_same_name_is_refused_loudly_and_left(sftp: SftpExchange, server: SftpServer):
    (server.root / "in" / "1.837").write_bytes(BODY + b"more")
    with sftp("house", server.place()) as session:
        session.lay("house", "1.837", BODY)
        with pytest.raises(TransportFault, match="other-bytes"):
            session.hand("house", "1.837", BODY)
    assert (server.root / "in" / "1.837").read_bytes() == BODY + b"more"


def test_a_connection_that_breaks_leaves_no_half_file_to_be_taken(sftp: SftpExchange, server: SftpServer):
    server.breaks = lambda written: written > 40_000
    with sftp("house", server.place()) as session, pytest.raises(TransportFault) as fault:
        session.lay("house", "1.837", BODY)
    assert fault.value.code in {"broken-off", "unreachable"}
    assert f"juniper@127.0.0.1:{server.port}" in str(fault.value.text)
    assert [name for name in names(server.root / "in") if not name.startswith(".")] == []
    server.breaks = lambda _written: False
    with sftp("house", server.place()) as session:
        session.lay("house", "1.837", BODY)
        session.hand("house", "1.837", BODY)
    assert (server.root / "in" / "1.837").read_bytes() == BODY


def test_whole_files_are_listed_taken_and_put_away(
    sftp: SftpExchange, server: SftpServer, monkeypatch: pytest.MonkeyPatch
):
    out = server.root / "out"
    for name in ("b.999", "a.835", ".hidden", "c.part", "d.tmp"):
        (out / name).write_bytes(name.encode())
    (out / "sub").mkdir()
    (out / "e.999").symlink_to(out / "b.999")
    monkeypatch.setattr("portal.gateways.sftp.MOST_BYTES", 100_000)
    os.truncate(out / "b.999", 200_000)
    with sftp("house", server.place(done="/out/done")) as session:
        assert session.names("house") == ["a.835", "b.999"]
        os.utime(out / "b.999", (7, 1_000))
        assert session.stamp("house", "b.999") == (200_000, 1_000)
        assert session.take("house", "a.835") == b"a.835"
        session.done("house", "a.835")
        (out / "a.835").write_bytes(b"second")
        session.done("house", "a.835")
        for gone in (session.take, session.stamp):
            with pytest.raises(FileNotFoundError):
                gone("house", "a.835")
        with pytest.raises(ValueError, match="plain name"):
            session.take("house", "../in/x")
        with pytest.raises(ValueError, match="another partner"):
            session.names("other")
    assert sorted(path.read_bytes() for path in (out / "done").iterdir()) == [b"a.835", b"second"]
    with sftp("house", server.place()) as session:
        assert len(session.take("house", "b.999")) == 100_000, "no more than shows it to be too large"
        session.done("house", "b.999")
    assert "b.999" not in names(out), "without a folder for done ones it is removed once it is stored"


def test_another_host_key_is_refused_before_anything_is_told(sftp: SftpExchange, server: SftpServer):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(TransportFault) as fault, sftp("house", server.place(host_key=other)):
        pass
    assert fault.value.code == "host-key"
    assert server.logins == []


def test_a_host_key_of_another_kind_is_another_key(sftp: SftpExchange, server: SftpServer):
    place = server.place()
    server.stop()
    server.host_key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    server.start()
    with pytest.raises(TransportFault, match="host-key"), sftp("house", place):
        pass


def test_each_way_of_not_getting_in_is_told_apart(sftp: SftpExchange, server: SftpServer, tmp_path: Path):
    stranger = SftpExchange(client_key(tmp_path / "stranger"))
    cases = [(stranger, server.place(), "login"), (SftpExchange(tmp_path / "no.key"), server.place(), "key-missing")]
    for exchange, place, code in cases:
        with pytest.raises(TransportFault, match=code), exchange("house", place):
            pass
    for session_place in (server.place(inbox="/none"), server.place(outbox="/nowhere")):
        with sftp("house", session_place) as session, pytest.raises(TransportFault, match="folder"):
            session.names("house") if session_place.inbox == "/none" else session.lay("house", "1.837", BODY)
    place = server.place()
    server.stop()
    with pytest.raises(TransportFault, match="unreachable"), sftp("house", place):
        pass
    server.start()


def test_a_server_that_says_nothing_is_not_waited_for(
    sftp: SftpExchange, server: SftpServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("portal.gateways.sftp.SILENT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server_place = server.place()
        place = type(server_place)(
            "127.0.0.1", mute.getsockname()[1], "juniper", server_place.host_key, "/out", "/in"
        )  # fmt: skip
        with pytest.raises(TransportFault) as fault, sftp("house", place):
            pass
    assert fault.value.code in {"timeout", "broken-off"}


def test_after_a_listing_that_stopped_early_the_session_goes_on(
    sftp: SftpExchange, server: SftpServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("portal.gateways.sftp.MOST_NAMES", 3)
    for number in range(600):
        (server.root / "out" / f"{number:04}.835").write_bytes(b"%d" % number)
    with sftp("house", server.place()) as session:
        for name in session.names("house"):
            assert session.take("house", name) == b"%d" % int(name[:4])
            session.done("house", name)
    assert len(names(server.root / "out")) == 597


def test_a_name_in_other_letters_hides_no_other_and_is_taken(sftp: SftpExchange, server: SftpServer):
    out = os.fsencode(server.root / "out")
    for name in (b"a\xe9.835", "b\N{LATIN SMALL LETTER E WITH ACUTE}.835".encode(), b"c.835"):
        Path(os.fsdecode(out + b"/" + name)).write_bytes(name)
    with sftp("house", server.place(done="/out/done")) as session:
        for name in session.names("house"):
            assert session.take("house", name) == os.fsencode(name)
            session.done("house", name)
        with pytest.raises(FileNotFoundError):
            session.take("house", os.fsdecode(b"a\xe9.835"))
    assert [os.fsencode(name) for name in names(server.root / "out" / "done")] == [
        b"a\xe9.835", b"b\xc3\xa9.835", b"c.835",
    ]  # fmt: skip

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from portal.domain.errors import Refused
from portal.domain.transport import pinned, server, wait

WIRE = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(range(32))
KEY = "ssh-ed25519 " + base64.b64encode(WIRE).decode()


def test_a_server_is_read_from_what_people_write():
    made = server("juniper@sftp.clearing.example", f"{KEY} ops@clearing", inbox="/out/", outbox="in/claims")
    assert (made.user, made.host, made.port, made.inbox, made.outbox, made.done) == (
        *("juniper", "sftp.clearing.example", 22, "/out", "in/claims", ""),
    )
    assert made.address == "juniper@sftp.clearing.example:22"
    assert made.fingerprint.startswith("SHA256:")
    assert len(made.fingerprint) == 50
    six = server("a@b@[::1]:2222", KEY, inbox="/a", outbox="/b", done="/c")
    assert (six.user, six.host, six.port, six.address) == ("a@b", "::1", 2222, "a@b@[::1]:2222")


def test_a_key_is_read_from_a_line_of_known_hosts():
    assert pinned(f"clearing.example,192.0.2.1 {KEY}") == KEY


@pytest.mark.parametrize(
    "key", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !!!!", KEY.replace("ed25519 ", "rsa "), KEY[:-8]]
)
def test_what_is_no_such_key_is_refused(key: str):
    with pytest.raises(Refused, match="server-key"):
        pinned(key)


@pytest.mark.parametrize(
    "address", ["", "host", "@host", "user@", "user@ho st", "user@host:0", "user@host:99999", "u;x@h"]
)
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(Refused, match="server-address"):
        server(address, KEY, inbox="/a", outbox="/b")


@pytest.mark.parametrize(("inbox", "outbox", "done"), [
    ("", "/b", ""), ("/a", "/a/", ""), ("/a", "/b", "/a"), ("../a", "/b", ""), ("/a\n", "/b\x00c", ""),
])  # fmt: skip
def test_folders_that_are_none_or_the_same_are_refused(inbox: str, outbox: str, done: str):
    with pytest.raises(Refused, match="server-folder"):
        server("u@h", KEY, inbox=inbox, outbox=outbox, done=done)


def test_the_wait_doubles_up_to_an_hour():
    waits = [wait(failures) for failures in range(1, 40)]
    assert waits[:4] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert set(waits[6:]) == {timedelta(hours=1)}

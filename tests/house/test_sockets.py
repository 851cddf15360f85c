"""Tests reach no other machine, and reach this one."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

OUTSIDE = "192.0.2.1"  # RFC 5737: a documentation address that nobody has


def connect() -> None:
    with socket.socket() as one:
        one.connect((OUTSIDE, 80))


def send() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendto(b"", (OUTSIDE, 53))


def resolve() -> None:
    socket.getaddrinfo("example.com", 80)


@pytest.mark.parametrize("reach", [connect, send, resolve])
def test_other_machines_are_out_of_reach(reach: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError, match="tests reach no other machine"):
        reach()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_in_reach(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection((host, server.getsockname()[1])):
        pass

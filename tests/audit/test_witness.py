"""The witness over real HTTP on loopback, and each refusal that tlog-witness prescribes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select

from audit import signer, tree
from audit.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    VerifierKey,
    encode_hashes,
    parse_note,
    sign,
    verify_cosignatures,
)
from audit.table import audit_checkpoint
from audit.witness import SIZE_TYPE, Witness, WitnessBehind, WitnessRefused, server, submit
from tests.audit.acts import KEY, NAME, START, TRUSTED, act, fill, tick, write
from tests.audit.conftest import SQLITE

WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
WITNESS = VerifierKey.of("witness.example/w1", WITNESS_KEY, COSIGNATURE)
LEAVES = [tree.leaf(b"%d" % each) for each in range(9)]


def note(size: int, key: Ed25519PrivateKey = KEY, name: str = NAME, leaves: list[bytes] = LEAVES) -> str:
    return sign(Checkpoint(name, size, tree.root(leaves[:size])), [key])


def request(old: int, size: int, signed: str | None = None) -> bytes:
    proof = tree.Tree(LEAVES[:size]).consistency(min(old, size))
    return f"old {old}\n{encode_hashes(proof)}\n{signed or note(size)}".encode()


def now() -> datetime:
    return START


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "state.json", WITNESS.name, WITNESS_KEY, TRUSTED, now)


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    listening = server(witness, "127.0.0.1", 0)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{listening.server_address[1]}/witness"
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_it_cosigns_a_log_that_grows(witness: Witness, tmp_path: Path) -> None:
    for old, size in ((0, 3), (3, 3), (3, 7), (7, 8)):
        answer = witness.add_checkpoint(request(old, size))
        assert answer.status == 200, answer
        parsed = parse_note(note(size) + answer.body)
        assert verify_cosignatures(parsed.text, parsed.signatures, [WITNESS]) == {WITNESS.name: int(START.timestamp())}
    again = Witness(tmp_path / "state.json", WITNESS.name, WITNESS_KEY, TRUSTED, now)
    assert again.add_checkpoint(request(3, 9)).body == "8\n"


def test_refusals(witness: Witness) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x0a" * 32)
    assert witness.add_checkpoint(request(0, 5)).status == 200

    def status(body: bytes) -> int:
        return witness.add_checkpoint(body).status

    assert status(b"") == 400
    assert status(b"\xff") == 400
    assert status(request(5, 7).replace(b"old 5", b"old 05")) == 400
    assert status(b"old 5\n" + b"A" * 44 + b"\n\n" + note(7).encode()) == 400
    assert status(f"old 5\n{encode_hashes(LEAVES[:1] * 64)}\n{note(7)}".encode()) == 400
    assert status(request(5, 7, note(7, name="candor/unknown"))) == 404
    assert status(request(5, 7, note(7, key=other))) == 403
    assert status(request(6, 5)) == 400
    conflict = witness.add_checkpoint(request(4, 7))
    assert (conflict.status, conflict.body, conflict.content_type) == (409, "5\n", SIZE_TYPE)
    assert status(request(0, 7)) == 409
    forked = [*LEAVES[:2], tree.leaf(b"other"), *LEAVES[3:]]
    assert status(request(5, 5, note(5, leaves=forked))) == 409
    assert status(request(5, 7, note(7, leaves=forked))) == 422
    assert status(f"old 5\n\n{note(7)}".encode()) == 422
    assert status(request(5, 7)) == 200


def test_from_nothing_only_an_empty_proof(witness: Witness) -> None:
    assert witness.add_checkpoint(f"old 0\n{encode_hashes(LEAVES[:1])}\n{note(5)}".encode()).status == 422
    assert witness.add_checkpoint(request(0, 0)).status == 200
    assert witness.add_checkpoint(request(0, 5)).status == 200


def test_state_is_kept_before_the_answer_and_a_rollback_never_happens(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 2))
    threads = [threading.Thread(target=witness.add_checkpoint, args=(request(2, size),)) for size in (3, 4, 5, 6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    size = int(witness.add_checkpoint(request(0, 9)).body)
    assert size in {3, 4, 5, 6}
    assert witness.add_checkpoint(request(size, 9)).status == 200


@SQLITE
def test_a_log_is_witnessed_over_http(database: Engine, address: str, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    fill(database, 3, 3)
    tick(database, anchors)
    for grown, old in ((0, 0), (4, 3), (2, 7)):
        if grown:
            write(database, [act()] * grown)
            tick(database, anchors)
        with database.begin() as connection:
            asked = signer.submission(connection, old)
            assert asked is not None
            lines = submit(address, asked.note, asked.old_size, asked.proof, [WITNESS])
            signer.record_cosignatures(connection, asked.size, lines, START, anchors)
            assert signer.submission(connection, asked.size) is None
    with database.connect() as connection:
        newest = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc())).first()
        parsed = parse_note(newest.note + newest.cosignatures)
        assert verify_cosignatures(parsed.text, parsed.signatures, [WITNESS]) == {WITNESS.name: int(START.timestamp())}
        unsigned_size = signer.submission(connection, 5)
        with pytest.raises(ValueError, match="the witness saw 10 events"):
            signer.submission(connection, 10)
    assert unsigned_size is not None
    with pytest.raises(WitnessBehind) as caught:
        submit(address, unsigned_size.note, 5, unsigned_size.proof, [WITNESS])
    assert caught.value.size == 9


def test_what_the_client_refuses(address: str) -> None:
    for url in ("http://192.0.2.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1"):
        with pytest.raises(WitnessRefused, match="over https"):
            submit(url, note(3), 0, [], [WITNESS])
    with pytest.raises(WitnessRefused, match="cannot be reached"):
        submit("http://127.0.0.1:1", note(3), 0, [], [WITNESS])
    with pytest.raises(WitnessRefused, match="not known here"):
        submit(address, note(3), 0, [], [VerifierKey.of("w2", WITNESS_KEY, COSIGNATURE)])
    with pytest.raises(WitnessRefused, match="403"):
        submit(address, note(4, key=WITNESS_KEY), 3, [], [WITNESS])


@contextmanager
def answering(*parts: bytes, between: float = 0.0) -> Iterator[str]:
    """Something on loopback that answers whatever it is asked with these bytes, piece by piece."""
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with suppress(OSError):
                for part in parts:
                    self.wfile.write(part)
                    over.wait(between)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            over.set()
            listening.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + "— witness.example/w1 ²\n".encode(),
        b"HTTP/1.1 409 Conflict\r\n\r\n" + "²".encode(),
        b"HTTP/1.1 409 Conflict\r\n\r\n" + b"9" * 5000,
    ],
)
def test_whatever_a_witness_answers_is_a_refusal(answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(WitnessRefused):
        submit(url, note(3), 0, [], [WITNESS])


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_witness_that_never_comes_to_an_end_is_left(head: bytes) -> None:
    with answering(head, *[b"X"] * 600, between=0.1) as url, pytest.raises(WitnessRefused):
        submit(url, note(3), 0, [], [WITNESS], timeout=0.5)


def test_http_edges(address: str) -> None:
    host = address.split("/")[2]
    connection = HTTPConnection(host, timeout=10)
    try:
        for path, length, status in (
            ("/add-checkpoint", 1, 400),
            ("/elsewhere", 1, 404),
            ("/add-checkpoint", 9**9, 413),
        ):
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", str(length))
            connection.endheaders(b"x" * length if length == 1 else None)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
        connection.request("GET", "/add-checkpoint")
        assert connection.getresponse().status == 501
    finally:
        connection.close()

"""A witness: a small server on another machine that cosigns a log only while the log keeps growing (C2SP tlog-witness).

It knows nothing of the log's content: names and keys of logs, and for each the last size and root it cosigned. Also the
client's side, with which the worker asks a witness.
"""

from __future__ import annotations

import json
import os
import re
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import (
    COSIGNATURE,
    BadNote,
    VerifierKey,
    cosign,
    decode_hashes,
    encode_hashes,
    make_key_file,
    parse_checkpoint,
    parse_note,
    parse_signatures,
    sync_directory,
    valid_name,
    verify,
    verify_cosignatures,
)
from audit.tree import EMPTY, verify_consistency

SIZE_TYPE: Final = "text/x.tlog.size"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"
_LONGEST_REQUEST: Final = 128 * 1024
_MOST_HASHES: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n?")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered."""

    status: HTTPStatus
    body: str
    content_type: str = _TEXT_TYPE


class WitnessBehind(Exception):
    """The witness last saw another size; `size` is the one to prove from."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness last saw {size} events")
        self.size = size


class WitnessRefused(Exception):
    """The witness did not cosign, or could not be reached; the text says why."""


class WitnessContradicts(WitnessRefused):
    """The witness holds another history than the log it was shown: one of the two was cut or rewritten."""


class Witness:
    """The witness itself, without HTTP: checks, remembers on disk, then cosigns.

    `logs` are the verifier keys of the logs it serves. The state file is JSON, origin to size and base64 root; it is
    replaced as a whole and on disk before a cosignature leaves.
    """

    def __init__(
        self,
        state: Path,
        name: str,
        key: Ed25519PrivateKey,
        logs: Iterable[VerifierKey],
        now: Callable[[], datetime],
    ) -> None:
        if not valid_name(name):
            raise ValueError("a witness needs a name without blanks or plus")
        self.name = name
        self._state, self._key, self._logs, self._now = state, key, list(logs), now
        self._lock = threading.Lock()

    def add_checkpoint(self, request: bytes) -> Answer:
        """Answer the body of POST add-checkpoint: cosignature lines, or the refusal that tlog-witness prescribes."""
        try:
            old_size, proof, note = _parse_request(request.decode())
            text = parse_note(note).text
            checkpoint = parse_checkpoint(text)
        except (BadNote, UnicodeDecodeError) as problem:
            return Answer(HTTPStatus.BAD_REQUEST, f"{problem}\n")
        keys = [key for key in self._logs if key.name == checkpoint.origin]
        if not keys:
            return Answer(HTTPStatus.NOT_FOUND, "this log is not known here\n")
        try:
            verify(note, keys)
        except BadNote as problem:
            return Answer(HTTPStatus.FORBIDDEN, f"{problem}\n")
        if old_size > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is larger than the new one\n")
        with self._lock:
            seen = self._seen()
            size, root = seen.get(checkpoint.origin, (0, EMPTY))
            if old_size != size or (old_size == checkpoint.size and root != checkpoint.root):
                return Answer(HTTPStatus.CONFLICT, f"{size}\n", SIZE_TYPE)
            if not verify_consistency(size, root, checkpoint.size, checkpoint.root, proof):
                return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "the log was not only appended to\n")
            if (size, root) != (checkpoint.size, checkpoint.root):
                self._remember({**seen, checkpoint.origin: (checkpoint.size, checkpoint.root)})
        return Answer(HTTPStatus.OK, cosign(text, self.name, self._key, self._now()))

    def _seen(self) -> dict[str, tuple[int, bytes]]:
        if not self._state.exists():
            return {}
        said = json.loads(self._state.read_text())
        return {origin: (each["size"], b64decode(each["root"])) for origin, each in said.items()}

    def _remember(self, seen: dict[str, tuple[int, bytes]]) -> None:
        said = {origin: {"size": size, "root": b64encode(root).decode()} for origin, (size, root) in seen.items()}
        aside = self._state.with_name(self._state.name + ".new")
        with aside.open("w") as file:
            json.dump(said, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._state)
        sync_directory(self._state.parent)


def _parse_request(request: str) -> tuple[int, list[bytes], str]:
    """The old size, the proof and the note of a request; raises BadNote."""
    head, blank, note = request.partition("\n\n")
    old_line, *proof_lines = head.split("\n")
    old = _OLD.fullmatch(old_line)
    if not blank or old is None or len(proof_lines) > _MOST_HASHES:
        raise BadNote("not a request to add a checkpoint")
    return int(old[1]), decode_hashes(proof_lines), note


def make_key(path: Path, name: str) -> VerifierKey:
    """Make a witness's key: 32 raw bytes in a file of mode 0400, its public key as a line in the same with `.pub`.

    Raises ValueError for a name with blanks or plus, FileExistsError where a key stands already.
    """
    if not valid_name(name):
        raise ValueError("a witness needs a name without blanks or plus")
    public = VerifierKey.of(name, make_key_file(path), COSIGNATURE)
    _beside(path).write_text(public.text() + "\n")
    sync_directory(path.parent)
    return public


def opened(path: Path, state: Path, logs: Iterable[VerifierKey], now: Callable[[], datetime]) -> Witness:
    """A witness of a key that `make_key` made; raises BadNote when the public key beside it is another's."""
    key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    public = VerifierKey.parse(_beside(path).read_text())
    if public != VerifierKey.of(public.name, key, COSIGNATURE):
        raise BadNote(f"{_beside(path)} is not the public key of {path}")
    return Witness(state, public.name, key, logs, now)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def server(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """A server for the witness, bound but not yet serving: call `serve_forever`. TLS is a proxy's in front of it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "candor-witness"
        timeout = 30

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isascii() or not length.isdigit() or int(length) > _LONGEST_REQUEST:
                self.close_connection = True
                self._answer(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long, or of no stated length\n"))
                return
            body = self.rfile.read(int(length))
            if self.path.rstrip("/").endswith("/add-checkpoint"):
                self._answer(witness.add_checkpoint(body))
            else:
                self._answer(Answer(HTTPStatus.NOT_FOUND, "only add-checkpoint is here\n"))

        def _answer(self, answer: Answer) -> None:
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            """Say nothing: what was cosigned stands in the state file."""

    return ThreadingHTTPServer((host, port), Handler)


def submit(
    url: str,
    note: str,
    old_size: int,
    proof: Sequence[bytes],
    keys: Iterable[VerifierKey],
    timeout: float = 10.0,
) -> str:
    """Ask the witness at a submission prefix to cosign; gives its signature lines, verified under one of its keys.

    Only https, or http to this machine, is spoken. Raises WitnessBehind when the proof must start elsewhere,
    WitnessContradicts when what it saw before does not lead to this, WitnessRefused for everything else: refused,
    unreachable, or an answer that no known key signed.
    """
    known = list(keys)
    request = f"old {old_size}\n{encode_hashes(proof)}\n{note}"
    status, body = _post(url, request.encode(), timeout)
    behind = _SIZE.fullmatch(body)
    if status == HTTPStatus.CONFLICT and behind is not None and int(behind[1]) != old_size:
        raise WitnessBehind(int(behind[1]))
    if status in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise WitnessContradicts(f"the witness answered {status}: {body[:200].strip()}")
    if status != HTTPStatus.OK:
        raise WitnessRefused(f"the witness answered {status}: {body[:200].strip()}")
    try:
        signatures = parse_signatures(body)
        found = verify_cosignatures(parse_note(note).text, signatures, known)
    except BadNote as problem:
        raise WitnessRefused(f"the witness answered something else: {problem}") from None
    if not found:
        raise WitnessRefused("the witness signed with a key that is not known here")
    ids = {(key.name, key.id) for key in known}
    return "".join(each.line() for each in signatures if (each.name, each.key_id) in ids)


def _post(url: str, body: bytes, timeout: float) -> tuple[int, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or (parts.scheme == "http" and host not in _LOOPBACK):
        raise WitnessRefused("a witness is asked over https, or over http on this machine")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(host, parts.port, timeout=timeout)
    end = threading.Timer(timeout, lambda: _hang_up(sock))
    end.daemon = True
    try:
        connection.connect()
        sock = connection.sock  # the connection lets go of it once the answer begins
        # A witness that sends a byte now and then keeps within every timeout of the socket: the whole has an end too.
        end.start()
        connection.request("POST", parts.path.rstrip("/") + "/add-checkpoint", body, {"Content-Type": _TEXT_TYPE})
        answer = connection.getresponse()
        return answer.status, answer.read(_LONGEST_REQUEST).decode("utf-8", "replace")
    except (OSError, HTTPException) as problem:
        raise WitnessRefused(f"the witness cannot be reached: {type(problem).__name__}") from None
    finally:
        end.cancel()
        connection.close()


def _hang_up(sock: socket) -> None:
    """End a conversation from another thread: whoever waits for the other side reads its end."""
    with suppress(OSError):  # it ended by itself
        sock.shutdown(SHUT_RDWR)

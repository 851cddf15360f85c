"""Questions answered while one waits: HTTP with a MIME envelope, as CAQH CORE 270 version 2.2.0 has it (45 CFR
162.1203(b)).
"""

from __future__ import annotations

import re
import socket
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from portal.domain.realtime import Service
from portal.domain.texts import T_
from portal.domain.transport import TransportFault

RULE = "2.2.0"
_REQUESTS = {"270": "X12_270_Request_005010X279A1"}
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 25.0
"""The rule grants a payer 20 seconds (CAQH CORE 156), and the way takes some."""
MOST_BYTES = 1024 * 1024
_CODE = re.compile(r"[A-Za-z]{1,40}")


class RealtimeServices:
    """Asks services of partners; one question a call."""

    def __init__(self, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = answer_seconds

    def __call__(self, service: Service, password: str, body: bytes, *, kind: str, id_: bytes, at: datetime) -> bytes:
        """The X12 answer to a question of `kind` (270); `id_` (16 bytes) is the same when the same is asked again.

        Raises TransportFault `unreachable`, `timeout`, `login`, `refused`, `broken-off`; nothing of the service's own
        words is in it, as they may name people.
        """
        sent: dict[str, str | bytes] = {
            "PayloadType": _REQUESTS[kind], "ProcessingMode": "RealTime", "PayloadID": str(uuid.UUID(bytes=id_)),
            "TimeStamp": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "UserName": service.user, "Password": password,
            "SenderID": service.sender, "ReceiverID": service.receiver, "CORERuleVersion": RULE, "Payload": body,
        }  # fmt: skip
        said = self._said(service, sent)
        code = said.get("ErrorCode", b"").decode("ascii", "replace").strip()
        if code != "Success" or not said.get("Payload", b"").strip():
            known = code if _CODE.fullmatch(code) else "?"
            raise _fault("login" if code.startswith("Unauthor") else "refused", service, known)
        return said["Payload"].strip()

    def _said(self, service: Service, sent: Mapping[str, str | bytes]) -> dict[str, bytes]:
        with requests.Session() as session:
            session.trust_env = service.url.startswith("https:")  # a proxy has no business on loopback
            status, kind, body = self._posted(session, service, sent)
        if status in {401, 403}:
            raise _fault("login", service)
        fields = _fields(kind, body)
        if not fields:
            raise _fault("refused", service, str(status))
        return fields

    def _posted(
        self, session: requests.Session, service: Service, sent: Mapping[str, str | bytes]
    ) -> tuple[int, str, bytes]:
        """Status, type and bytes of what came back."""
        fields = [(name, (None, value)) for name, value in sent.items()]
        with _Deadline(self._seconds) as deadline:
            for scheme in ("https://", "http://"):
                session.mount(scheme, deadline)
            try:
                answer = session.post(
                    service.url, files=fields, stream=True, allow_redirects=False,
                    timeout=(CONNECT_SECONDS, self._seconds),
                )  # fmt: skip
            except requests.Timeout:
                raise _fault("timeout", service) from None
            except requests.RequestException:
                raise _fault("timeout" if deadline.over else "unreachable", service) from None
            with answer:
                kind = answer.headers.get("Content-Type", "")
                return answer.status_code, kind, self._body(service, answer, deadline)

    @staticmethod
    def _body(service: Service, answer: requests.Response, deadline: _Deadline) -> bytes:
        """The whole answer; where the deadline cut it the library tells a broken line, or its end, so that is asked."""
        body = bytearray()
        try:
            for part in answer.iter_content(8192):
                body += part
                if len(body) > MOST_BYTES:
                    raise _fault("broken-off", service)
        except requests.RequestException:
            raise _fault("timeout" if deadline.over else "broken-off", service) from None
        if deadline.over:
            raise _fault("timeout", service)
        return bytes(body)


class _Deadline(HTTPAdapter):
    """Ends whatever stands of an exchange after so many seconds: the library's own times are for each silence within.

    A service, or a proxy on the way, that sends a byte now and then is cut off all the same, in its handshake, its
    headers or its body.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.over = False
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()

    def get_connection_with_tls_context(self, *given: Any, **more: Any) -> Any:
        """The library's pool, whose connections are told to the deadline as soon as they are there."""
        pool: Any = super().get_connection_with_tls_context(*given, **more)
        watch, plain = self._watch, pool.ConnectionCls

        class Watched(plain):  # type: ignore[misc, valid-type]  # which one it is, the library knows
            def _new_conn(self) -> socket.socket:
                line: socket.socket = super()._new_conn()
                watch(line)
                return line

        pool.ConnectionCls = Watched
        return pool

    def _watch(self, line: socket.socket) -> None:
        with self._lock:
            self._lines.append(line.dup())  # TLS takes the line over; the end of a copy is the end of both
        if self.over:
            self._end()

    def _end(self) -> None:
        self.over = True
        with self._lock:
            for line in self._lines:
                with suppress(OSError):  # it has ended by itself
                    line.shutdown(socket.SHUT_RDWR)


def _fields(kind: str, body: bytes) -> dict[str, bytes]:
    """The fields of a multipart body, byte for byte; nothing where it is none."""
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=policy.compat32).parsebytes(head + body)
    if not message.is_multipart():
        return {}
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    named = ((part.get_param("name", header="content-disposition"), part) for part in parts)
    return {name: bytes(part.get_payload(decode=True) or b"") for name, part in named if isinstance(name, str)}


def _fault(code: str, service: Service, said: str = "") -> TransportFault:
    """What went wrong; of the address only the host is told."""
    host = urlsplit(service.url).hostname or ""
    text = {
        "unreachable": T_("{host} cannot be reached.", host=host),
        "timeout": T_("{host} gave no answer in time.", host=host),
        "login": T_("{host} does not accept our user and password.", host=host),
        "refused": T_("{host} did not take the question ({said}).", host=host, said=said),
        "broken-off": T_("The answer of {host} broke off.", host=host),
    }[code]
    return TransportFault(code, text)

"""Questions answered while one waits: HTTP with a MIME envelope, as CAQH CORE 270 version 2.2.0 has it (45 CFR
162.1203(b)).
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesParser
from urllib.parse import urlsplit

import requests

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
        until = time.monotonic() + self._seconds
        try:
            answer = session.post(
                service.url, files=fields, stream=True, allow_redirects=False, timeout=(CONNECT_SECONDS, self._seconds)
            )
        except requests.Timeout:
            raise _fault("timeout", service) from None
        except requests.RequestException:
            raise _fault("unreachable", service) from None
        with answer:
            kind = answer.headers.get("Content-Type", "")
            return answer.status_code, kind, self._body(service, answer, until)

    @staticmethod
    def _body(service: Service, answer: requests.Response, until: float) -> bytes:
        """The whole answer; the library tells a silence within it as a broken line, so the clock is asked."""
        body = bytearray()
        try:
            for part in answer.iter_content(1):  # a larger part would be waited for past the time
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > until:
                    raise _fault("broken-off", service)
        except requests.RequestException:
            raise _fault("timeout" if time.monotonic() > until else "broken-off", service) from None
        return bytes(body)


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

"""A payer's service that answers one question while one waits, on a loopback port (CAQH CORE 270, HTTP and MIME)."""

from __future__ import annotations

import hmac
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.domain.dates import Clock

RULE = "2.2.0"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name of the overridden parameter
        """Say nothing: `asked` tells of requests."""


class RealtimePayer:
    """Serves between `start` and `stop`, or as a context manager; `answer` turns a 270 into what comes back.

    `fault` makes the next answers bad ones: `down` (HTTP 503), `html`, `error` (an error of the envelope), `cut`.
    """

    def __init__(self, answer: Callable[[bytes], bytes], *, user: str, password: str, clock: Clock) -> None:
        self.asked: list[dict[str, str]] = []
        self.fault = ""
        self._answer, self._user, self._password, self._clock = answer, user, password, clock
        app = Flask(__name__, static_folder=None)
        app.add_url_rule("/core", "core", self._core, methods=["POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="payer in real time", daemon=True
        )

    @property
    def url(self) -> str:
        """Where questions are posted."""
        return f"http://{self._server.host}:{self._server.port}/core"

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _core(self) -> Response:
        given = request.form.to_dict()
        self.asked.append(given)
        if self.fault == "down":
            return Response("out of order", 503)
        if self.fault == "html":
            return Response("<p>Maintenance</p>", mimetype="text/html")
        known = given.get("UserName") == self._user
        if not (known and hmac.compare_digest(given.get("Password", "").encode(), self._password.encode())):
            return self._envelope("CoreEnvelopeError", "UnauthorizedUser", b"")
        if self.fault == "error" or given.get("ProcessingMode") != "RealTime":
            return self._envelope("CoreEnvelopeError", "PayloadTypeNotSupported", b"")
        told = self._answer(given.get("Payload", "").encode())
        return self._envelope("X12_271_Response_005010X279A1", "Success", told[:60] if self.fault == "cut" else told)

    def _envelope(self, kind: str, code: str, payload: bytes) -> Response:
        given = request.form
        fields = {
            "PayloadType": kind, "ProcessingMode": "RealTime", "PayloadID": str(uuid.uuid4()),
            "TimeStamp": f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}", "SenderID": given.get("ReceiverID", ""),
            "ReceiverID": given.get("SenderID", ""), "CORERuleVersion": RULE, "ErrorCode": code, "ErrorMessage": code,
        }  # fmt: skip
        mark = uuid.uuid4().hex
        parts = [(name, value.encode()) for name, value in fields.items()] + ([("Payload", payload)] if payload else [])
        body = b"".join(
            b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark.encode(), name.encode(), value)
            for name, value in parts
        )
        return Response(body + f"--{mark}--\r\n".encode(), content_type=f"multipart/form-data; boundary={mark}")

"""The API over HTTP: keys, capture, faults, idempotency and the table of endpoints under /v1."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request

from portal.sandbox.cards import checkout, disputes, forms, refunds
from portal.sandbox.cards.account import Account
from portal.sandbox.cards.errors import ApiError
from portal.sandbox.cards.faults import Fault, Faults
from portal.sandbox.cards.forms import Json

_EXPAND = frozenset({"expand"})


@dataclass(frozen=True, slots=True)
class Captured:
    """One request as it came in: what the merchant disclosed. Parameters are flat, as written in the form or query."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]


class _Keys:
    """Idempotency keys: the first answer for a key is the answer for ever; another request under it is refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, tuple[int, str] | None]] = {}

    def replay(self, key: str, print_: str) -> tuple[int, str] | None:
        """The kept answer, or None when this request is to be executed now."""
        with self._lock:
            if key not in self._known:
                self._known[key] = (print_, None)
                return None
            known, answer = self._known[key]
            if known != print_:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                raise ApiError(400, message, kind="idempotency_error")
            if answer is None:
                message = "There is currently another in-progress request using this Idempotency Key."
                raise ApiError(409, message, kind="idempotency_error", code="idempotency_key_in_use")
            return answer

    def keep(self, key: str, answer: tuple[int, str] | None) -> None:
        """Keep the answer, or with None forget the key: what was refused before anything was done may be mended."""
        with self._lock:
            if answer is None:
                del self._known[key]
            else:
                self._known[key] = (self._known[key][0], answer)


Endpoint = Callable[[Account, Json, str], Json]


def _read(kind: str) -> Endpoint:
    def endpoint(account: Account, params: Json, identifier: str) -> Json:
        forms.closed(params, _EXPAND)
        with account.lock:
            return account.picture(account.find(kind, identifier), params.get("expand"))

    return endpoint


def _list(kind: str, url: str, *filters: str) -> Endpoint:
    def endpoint(account: Account, params: Json, _identifier: str) -> Json:
        with account.lock:
            return account.page(kind, params, filters=frozenset(filters), url=url)

    return endpoint


def _open(account: Account, params: Json, _identifier: str) -> Json:
    return account.picture(checkout.open_session(account, params), params.get("expand"))


def _expire(account: Account, params: Json, identifier: str) -> Json:
    forms.closed(params, _EXPAND)
    return account.picture(checkout.expire(account, identifier))


def _refund(account: Account, params: Json, _identifier: str) -> Json:
    return account.picture(refunds.refund(account, params), params.get("expand"))


def _answer(account: Account, params: Json, identifier: str) -> Json:
    return account.picture(disputes.answer(account, params, identifier), params.get("expand"))


ENDPOINTS: tuple[tuple[str, re.Pattern[str], Endpoint], ...] = tuple(
    (method, re.compile(pattern + r"\Z"), endpoint)
    for method, pattern, endpoint in (
        ("POST", r"checkout/sessions", _open),
        ("GET", r"checkout/sessions", _list("checkout.session", "/v1/checkout/sessions", "payment_intent", "status")),
        ("GET", r"checkout/sessions/(\w+)", _read("checkout.session")),
        ("POST", r"checkout/sessions/(\w+)/expire", _expire),
        ("GET", r"payment_intents", _list("payment_intent", "/v1/payment_intents")),
        ("GET", r"payment_intents/(\w+)", _read("payment_intent")),
        ("GET", r"charges", _list("charge", "/v1/charges", "payment_intent")),
        ("GET", r"charges/(\w+)", _read("charge")),
        ("GET", r"balance_transactions", _list("balance_transaction", "/v1/balance_transactions", "source", "type")),
        ("GET", r"balance_transactions/(\w+)", _read("balance_transaction")),
        ("POST", r"refunds", _refund),
        ("GET", r"refunds", _list("refund", "/v1/refunds", "payment_intent", "charge")),
        ("GET", r"refunds/(\w+)", _read("refund")),
        ("GET", r"disputes", _list("dispute", "/v1/disputes", "payment_intent", "charge")),
        ("GET", r"disputes/(\w+)", _read("dispute")),
        ("POST", r"disputes/(\w+)", _answer),
        ("GET", r"events", _list("event", "/v1/events", "type", "types")),
        ("GET", r"events/(\w+)", _read("event")),
    )
)
"""Method, path after /v1/ and what answers; anything else is 404."""


class Api:
    """What stands behind /v1."""

    def __init__(self, account: Account, api_key: str, faults: Faults) -> None:
        self.captured: list[Captured] = []
        self._account, self._api_key, self._faults, self._keys = account, api_key, faults, _Keys()

    def add_to(self, app: Flask) -> None:
        """Put the API into a Flask app."""
        app.add_url_rule("/v1/<path:rest>", "v1", self.answer, methods=["GET", "POST", "DELETE"])

    def allowed(self) -> bool:
        """Whether the request carries the account's key, as bearer or as the user name of basic credentials."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                given = b64decode(given, validate=True).decode().partition(":")[0]
            except ValueError:
                return False
        return hmac.compare_digest(given.encode(), self._api_key.encode())

    def answer(self, rest: str) -> Response:
        """One request: captured, allowed, perhaps hit by a fault, executed once per idempotency key."""
        pairs = tuple((request.form if request.method == "POST" else request.args).items(multi=True))
        self.captured.append(Captured(request.method, request.path, pairs, tuple(request.headers.items())))
        fault = self._faults.next_api()
        try:
            self._admit()
            if fault is not None:
                self._before(fault)
            status, body, replayed = self._execute(rest, pairs)
        except ApiError as error:
            status, body, replayed = error.status, json.dumps(error.body()), False
        if fault is not None and fault.kind in {"hang", "drop"}:
            self._never(fault)
        answer = Response(body, status, content_type="application/json")
        answer.headers["Request-Id"] = f"req_{secrets.token_hex(7)}"
        if replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer

    def _admit(self) -> None:
        if not self.allowed():
            raise ApiError(401, "Invalid API Key provided.")

    def _before(self, fault: Fault) -> None:
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        elif fault.kind == "429":
            raise ApiError(429, "Too many requests hit the API too quickly.", code="rate_limit")
        elif fault.kind == "500":
            raise ApiError(500, "An unknown error occurred.", kind="api_error")

    def _never(self, fault: Fault) -> None:
        """The work is done and the answer never comes: shut the line at once, or after a long silence."""
        if fault.kind == "hang":
            self._faults.hang(fault.seconds)
        line: Any = request.environ["werkzeug.socket"]
        line.shutdown(socket.SHUT_RDWR)

    def _execute(self, rest: str, pairs: tuple[tuple[str, str], ...]) -> tuple[int, str, bool]:
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if not key:
            return (*self._do(rest, pairs), False)
        kept = self._keys.replay(key, json.dumps([request.path, sorted(pairs)]))
        if kept is not None:
            return (*kept, True)
        answer = None
        try:
            answer = self._do(rest, pairs)
        finally:
            self._keys.keep(key, answer)
        return (*answer, False)

    def _do(self, rest: str, pairs: tuple[tuple[str, str], ...]) -> tuple[int, str]:
        checkout.sweep(self._account)
        for method, pattern, endpoint in ENDPOINTS:
            match = pattern.match(rest)
            if match is not None and method == request.method:
                found = endpoint(self._account, forms.nested(pairs), match[1] if pattern.groups else "")
                return 200, json.dumps(found)
        raise ApiError(404, f"Unrecognized request URL ({request.method}: {request.path}).")

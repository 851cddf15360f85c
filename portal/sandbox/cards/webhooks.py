"""Telling the merchant: signed webhooks from a thread, sent again until they are taken, with faults to order."""

from __future__ import annotations

import heapq
import hmac
import http.client
import itertools
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from portal.domain.dates import Clock
from portal.sandbox.cards.faults import Faults
from portal.sandbox.cards.forms import Json

RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Waits between attempts at one event; after the last one the event is given up, and only a poll finds it."""

TOLD = frozenset({
    "checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed", "charge.refunded", "refund.created", "refund.updated", "refund.failed",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
})  # fmt: skip
"""The events the merchant has asked for; others are only listed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at telling: the event, its type, and the merchant's answer, 0 when there was none."""

    event: str
    kind: str
    status: int


def sign(secret: str, body: bytes, at: int) -> str:
    """The value of Stripe-Signature: `t`, and `v1` = HMAC-SHA256 over `t.body`, hex."""
    code = hmac.new(secret.encode(), str(at).encode() + b"." + body, sha256).hexdigest()
    return f"t={at},v1={code}"


class Courier:
    """Carries events to `url`, in order of their making save where a fault says otherwise."""

    def __init__(
        self, secret: str, clock: Clock, faults: Faults, url: str | None, retry_seconds: Sequence[float] = RETRY_SECONDS
    ) -> None:
        self.url = url
        self.attempts: list[Attempt] = []
        self._secret, self._clock, self._faults, self._retries = secret, clock, faults, tuple(retry_seconds)
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, int, Json]] = []
        self._count = itertools.count()
        self._late: list[Json] = []
        self._after_next: list[Json] = []
        self._busy = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="card webhooks", daemon=True)

    def start(self) -> None:
        """Begin carrying."""
        self._thread.start()

    def stop(self) -> None:
        """Stop carrying; what is left is never told."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def take(self, event: Json) -> None:
        """Accept an event for carrying and let the next fault decide what becomes of it."""
        if event["type"] not in TOLD or self.url is None:
            return
        fault = self._faults.next_webhook()
        with self._changed:
            if fault is None or fault.kind == "twice":
                for _ in range(2 if fault else 1):
                    self._put(event)
                while self._after_next:
                    self._put(self._after_next.pop(0))
            elif fault.kind == "out_of_order":
                self._after_next.append(event)
            elif fault.kind == "late" and fault.seconds:
                self._put(event, wait=fault.seconds)
            elif fault.kind == "late":
                self._late.append(event)

    def release(self) -> None:
        """Send now whatever is held as late or waits for a next event."""
        with self._changed:
            for event in (*self._late, *self._after_next):
                self._put(event)
            self._late, self._after_next = [], []

    def idle(self, seconds: float = 10.0) -> bool:
        """Wait until nothing is left to send but what is held; False when that takes longer than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, timeout=seconds)

    def _put(self, event: Json, *, attempt: int = 0, wait: float = 0.0) -> None:
        heapq.heappush(self._due, (time.monotonic() + wait, next(self._count), attempt, event))
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and not (self._due and self._due[0][0] <= time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                _, _, attempt, event = heapq.heappop(self._due)
                self._busy = True
            status = self._send(event)
            with self._changed:
                self.attempts.append(Attempt(event["id"], event["type"], status))
                if not 200 <= status < 300 and attempt < len(self._retries):
                    self._put(event, attempt=attempt + 1, wait=self._retries[attempt])
                self._busy = False
                self._changed.notify_all()

    def _send(self, event: Json) -> int:
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        target = urlsplit(self.url or "")
        signature = sign(self._secret, body, int(self._clock.now().timestamp()))
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        connection = http.client.HTTPConnection(target.hostname or "", target.port or 80, timeout=10)
        try:
            connection.request("POST", target.path + (f"?{target.query}" if target.query else ""), body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        else:
            return answer.status
        finally:
            connection.close()

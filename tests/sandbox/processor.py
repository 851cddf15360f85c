"""A card processor on a free port for tests, with a clock to set and a merchant that listens."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from portal.sandbox.cards.processor import CardProcessor

API_KEY = "sk_test_practice"
SECRET = "whsec_practice"
NOON = datetime(2026, 8, 3, 12, tzinfo=UTC)


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, instant: datetime = NOON) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


class Merchant:
    """A server that takes webhooks; `answers` are the statuses of the next ones, 200 after that."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.answers: deque[int] = deque()
        merchant = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                merchant.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(merchant.answers.popleft() if merchant.answers else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def processor(clock: SetClock, webhook_url: str | None = None) -> CardProcessor:
    return CardProcessor(
        api_key=API_KEY, webhook_secret=SECRET, clock=clock, webhook_url=webhook_url, retry_seconds=(0.01, 0.01)
    )

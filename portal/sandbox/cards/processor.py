"""The processor as one thing to start and stop: a real server on a loopback port."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.domain.dates import Clock
from portal.sandbox.cards import checkout, disputes, pages, refunds
from portal.sandbox.cards.account import Account
from portal.sandbox.cards.api import Api, Captured
from portal.sandbox.cards.faults import Faults
from portal.sandbox.cards.webhooks import RETRY_SECONDS, Attempt, Courier


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name of the overridden parameter
        """Say nothing: the account of requests is `captured`."""


class CardProcessor:
    """A Stripe-speaking server; use it as a context manager, or call `start` and `stop`.

    `url` is its address once started, for the `api` base address of the Stripe library. `webhook_url` may be set when
    it becomes known; events before that are only listed. Its time is the clock's, its objects live in memory.
    A bank debit arrives at the first request after `bank_seconds`, or only by `settle` without.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        api_key: str,
        webhook_secret: str,
        clock: Clock,
        webhook_url: str | None = None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        bank_seconds: int | None = None,
    ) -> None:
        self.faults = Faults()
        self._courier = Courier(webhook_secret, clock, self.faults, webhook_url, retry_seconds)
        self._account = Account(clock, self._courier.take)
        self._account.bank_seconds = bank_seconds
        self._api = Api(self._account, api_key, self.faults)
        app = Flask(__name__, static_folder=None)
        self._api.add_to(app)
        pages.add_to(app, self._account)
        pages.add_switches_to(app, self._account, self._api, self.faults, self._courier)
        self._server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
        self._account.url = self.url
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="card processor", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:40123."""
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def webhook_url(self) -> str | None:
        """Where events are told."""
        return self._courier.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._courier.url = url

    @property
    def captured(self) -> tuple[Captured, ...]:
        """Every API request received so far, in order."""
        return tuple(self._api.captured)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try at telling an event so far, in order."""
        return tuple(self._courier.attempts)

    def start(self) -> None:
        """Serve and tell, in threads of its own."""
        self._courier.start()
        self._thread.start()

    def stop(self) -> None:
        """Let go of what hangs, stop serving and telling, and give the port back."""
        self.faults.clear()
        self.faults.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._courier.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pay(self, session_id: str, means: str = "card", *, declined: bool = False) -> bool:
        """What a patient does on the page, without a browser; False when the card was declined."""
        return checkout.pay(self._account, session_id, means, declined=declined)

    def settle(self, intent_id: str, *, succeeded: bool = True) -> None:
        """Let a bank debit arrive, or come back unpaid."""
        checkout.settle(self._account, intent_id, succeeded=succeeded)

    def settle_refund(self, refund_id: str, *, succeeded: bool = True) -> None:
        """Let a pending refund arrive, or any refund fail."""
        refunds.settle(self._account, refund_id, succeeded=succeeded)

    def dispute(self, intent_id: str, *, inquiry: bool = False) -> str:
        """Let a card's holder dispute a charge, or their bank only ask; returns the dispute's id."""
        return str(disputes.dispute(self._account, intent_id, inquiry=inquiry)["id"])

    def escalate(self, dispute_id: str) -> None:
        """Let an inquiry become a dispute."""
        disputes.escalate(self._account, dispute_id)

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """Let the bank decide."""
        disputes.close(self._account, dispute_id, won=won)

    def return_debit(self, intent_id: str) -> str:
        """Let a bank take back a debit that had settled; returns the dispute's id."""
        return str(disputes.return_debit(self._account, intent_id)["id"])

    def release(self) -> None:
        """Let go of hanging requests, and send events held as late or for the next."""
        self.faults.release()
        self._courier.release()

    def idle(self, seconds: float = 10.0) -> bool:
        """Wait until every event that is due was told or given up; False after `seconds`."""
        return self._courier.idle(seconds)

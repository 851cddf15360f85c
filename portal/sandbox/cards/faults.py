"""What can go wrong between a merchant and its processor, to be ordered up for the next requests and webhooks."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

API_FAULTS = frozenset({"429", "500", "slow", "hang", "drop"})
"""429 and 500 answer without doing anything; slow waits first; hang and drop do the work and then never answer."""

WEBHOOK_FAULTS = frozenset({"lost", "twice", "late", "out_of_order"})
"""lost: never sent; twice: sent two times; late: held for seconds, or until released; out_of_order: sent after
the next event."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that was ordered; `seconds` matters to slow, hang and late only."""

    kind: str
    seconds: float = 0.0


class Faults:
    """Queues of faults, one for API requests, one for webhooks; each request or event takes the next of its queue."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._api: deque[Fault] = deque()
        self._webhooks: deque[Fault] = deque()
        self._released = threading.Event()

    def api(self, kind: str, *, times: int = 1, seconds: float = 0.0) -> None:
        """Order a fault for the next `times` API requests; raises ValueError for a kind that is not in API_FAULTS."""
        if kind not in API_FAULTS:
            raise ValueError(f"no such API fault: {kind}")
        with self._lock:
            self._api.extend([Fault(kind, seconds)] * times)

    def webhook(self, kind: str, *, times: int = 1, seconds: float = 0.0) -> None:
        """Order a fault for the next `times` events; raises ValueError for a kind that is not in WEBHOOK_FAULTS."""
        if kind not in WEBHOOK_FAULTS:
            raise ValueError(f"no such webhook fault: {kind}")
        with self._lock:
            self._webhooks.extend([Fault(kind, seconds)] * times)

    def clear(self) -> None:
        """Forget every fault that has not struck yet."""
        with self._lock:
            self._api.clear()
            self._webhooks.clear()

    def next_api(self) -> Fault | None:
        """Take the fault for this API request."""
        with self._lock:
            return self._api.popleft() if self._api else None

    def next_webhook(self) -> Fault | None:
        """Take the fault for this event."""
        with self._lock:
            return self._webhooks.popleft() if self._webhooks else None

    def hang(self, seconds: float) -> None:
        """Wait until `release` or for `seconds`, whichever is first."""
        self._released.wait(timeout=seconds or 60.0)

    def release(self) -> None:
        """Let every hanging request go."""
        self._released.set()
        self._released = threading.Event()

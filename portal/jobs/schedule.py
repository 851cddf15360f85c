"""Periodic work: who is called how often; each call is cheap when nothing is to be done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from portal.jobs.handlers import Tools

_LOG = logging.getLogger("candor.jobs")


@dataclass(frozen=True, slots=True)
class Every:
    """One piece of periodic work."""

    name: str
    seconds: float
    call: Callable[[Tools], object]


PERIODIC: tuple[Every, ...] = (Every("audit.sign", 5, lambda tools: tools.sign()),)


@dataclass(slots=True)
class Schedule:
    """Remembers when each was called last, by the machine's own steady clock."""

    every: Sequence[Every] = PERIODIC
    clock: Callable[[], float] = time.monotonic
    _last: dict[str, float] = field(default_factory=dict)

    def due(self, tools: Tools) -> None:
        """Call what is due; a failure is told and does not stop the others."""
        for each in self.every:
            now = self.clock()
            if now - self._last.get(each.name, float("-inf")) >= each.seconds:
                self._last[each.name] = now
                try:
                    each.call(tools)
                except Exception as error:  # noqa: BLE001 - periodic work comes again by itself
                    _LOG.error("periodic work failed", extra={"work": each.name, "error": type(error).__name__})

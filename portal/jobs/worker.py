"""The embedded engine: one machine, jobs in our own table, leases that a dead worker lets go (DESIGN 3, Jobs)."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable

from portal.jobs.handlers import HANDLERS, Tools
from portal.jobs.schedule import Schedule
from portal.services import outbox
from portal.services.outbox import LEASE, Job

_LOG = logging.getLogger("candor.jobs")
_PAUSE_SECONDS = 0.5


class Worker:
    """Takes one job after the other until told to stop; idempotent handlers make a second run harmless."""

    def __init__(self, tools: Tools, schedule: Schedule | None = None) -> None:
        self._tools, self._schedule = tools, schedule
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._stop = threading.Event()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stop.set()

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Work until stopped."""
        ready()
        while not self._stop.is_set():
            if self._schedule is not None:
                self._schedule.due(self._tools)
            if not self.step():
                self._stop.wait(_PAUSE_SECONDS)

    def drain(self, most: int = 1_000_000) -> int:
        """Work until nothing is due; returns how many jobs ran. For commands, the demonstration and tests."""
        done = 0
        while done < most and self.step():
            done += 1
        return done

    def step(self) -> bool:
        """Run one job, if one is due."""
        job = outbox.lease(self._tools.units, self.name)
        if job is None:
            return False
        error = self._run(job)
        outbox.finish(self._tools.units, job, self.name, error=error)
        return True

    def _run(self, job: Job) -> str | None:
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(job, over), daemon=True)
        keeper.start()
        try:
            HANDLERS[job.name](self._tools, job)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the job is tried again and said so
            _LOG.error("job failed", extra={"job": job.name, "attempt": job.attempts, "error": type(error).__name__})
            return type(error).__name__
        finally:
            over.set()
            keeper.join()
        return None

    def _keep(self, job: Job, over: threading.Event) -> None:
        """Renew the lease while the job runs, from a third of its length on."""
        while not over.wait(LEASE.total_seconds() / 3):
            if not outbox.renew(self._tools.units, job, self.name):
                return

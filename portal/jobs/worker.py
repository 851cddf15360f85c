"""The embedded engine: one machine, jobs in our own table, leases that a dead worker lets go (DESIGN 3, Jobs)."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import timedelta

from portal.jobs.handlers import HANDLERS, Handler, Tools
from portal.jobs.schedule import Schedule
from portal.services import outbox
from portal.services.outbox import LEASE, Job

_LOG = logging.getLogger("candor.jobs")
_PAUSE_SECONDS = 0.5
_REST_SECONDS = 5.0


class Worker:
    """Takes one job after the other until told to stop, and mails beside them.

    Idempotent handlers make a second run harmless.
    """

    def __init__(
        self,
        tools: Tools,
        schedule: Schedule | None = None,
        *,
        handlers: Mapping[str, Handler] = HANDLERS,
        lease: timedelta = LEASE,
    ) -> None:
        """`lease` is how long a job stays with a worker that says nothing more."""
        self._tools, self._schedule, self._handlers, self._lease = tools, schedule, handlers, lease
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._stop = threading.Event()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stop.set()

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Work until stopped, also through times in which the store does not answer."""
        with self._schedule.running(self._tools) if self._schedule else nullcontext():
            ready()
            beside = threading.Thread(target=self._work, kwargs={"express": True}, name="express")
            beside.start()
            try:
                self._work(express=False)
            finally:
                self._stop.set()  # whatever ended this one ends both: somebody starts them again
                beside.join()

    def _work(self, *, express: bool) -> None:
        while not self._stop.is_set():
            try:
                worked = self.step(express=express)
            except Exception as error:  # noqa: BLE001 - a store that is gone comes back; leases see to the job
                _LOG.error("worker cannot reach its jobs", extra={"error": type(error).__name__})
                self._stop.wait(_REST_SECONDS)
                continue
            if not worked:
                self._stop.wait(_PAUSE_SECONDS)

    def drain(self, most: int = 1_000_000) -> int:
        """Work until nothing is due; returns how many jobs ran. For commands, the demonstration and tests."""
        done = 0
        while done < most and self.step():
            done += 1
        return done

    def step(self, *, express: bool = False) -> bool:
        """Run one job, if one is due; with `express`, only one that no long job may hold up."""
        job = outbox.lease(self._tools.units, self.name, self._lease, express=express)
        if job is None:
            return False
        error = self._run(job)
        outbox.finish(self._tools.units, job, self.name, error=error)
        return True

    def _run(self, job: Job) -> str | None:
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(job, over), name="keeper", daemon=True)
        keeper.start()
        try:
            self._handlers[job.name](self._tools, job)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the job is tried again and said so
            _LOG.error("job failed", extra={"job": job.name, "attempt": job.attempts, "error": type(error).__name__})
            return type(error).__name__
        finally:
            over.set()
            keeper.join()
        return None

    def _keep(self, job: Job, over: threading.Event) -> None:
        """Renew the lease while the job runs, each time a third of it has gone by."""
        while not over.wait(self._lease.total_seconds() / 3):
            try:
                if not outbox.renew(self._tools.units, job, self.name, self._lease):
                    return
            except Exception as error:  # noqa: BLE001 - there are two more thirds to try in
                _LOG.error("lease not renewed", extra={"job": job.name, "error": type(error).__name__})

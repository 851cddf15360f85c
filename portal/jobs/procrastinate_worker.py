"""The engine for several machines: Procrastinate on PostgreSQL, running the same handlers under the same rules."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from portal.jobs.handlers import HANDLERS, Handler, Tools
from portal.jobs.schedule import Schedule
from portal.services.outbox import KEPT, LEASE, MOST_ATTEMPTS, Job, wait_after

_LOG = logging.getLogger("candor.jobs")
_TASK = "candor.job"
"""As `gateways.procrastinate` names it."""
_AT_ONCE = 2
"""So that a mail does not wait for a long file to be read."""
_REST_SECONDS = 5.0
_TIDY_SECONDS = 3600.0


class Later(procrastinate.BaseRetryStrategy):
    """Rests between tries as the embedded engine does."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> procrastinate.RetryDecision | None:  # noqa: ARG002 - its shape is the library's
        """When to try again, None for never."""
        wait = wait_after(job.attempts + 1)
        return None if wait is None else procrastinate.RetryDecision(retry_at=datetime.now(UTC) + wait)


_DUE = """
    SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
    ORDER BY id
"""


class ProcrastinateWorker:
    """Runs jobs on a PostgreSQL store; any number of these may run, on any number of machines."""

    def __init__(
        self,
        tools: Tools,
        conninfo: str,
        schedule: Schedule | None = None,
        *,
        handlers: Mapping[str, Handler] = HANDLERS,
        lease: timedelta = LEASE,
    ) -> None:
        """`conninfo` is libpq's; `lease` is how long a worker may say nothing before its jobs go to another."""
        self._tools, self._schedule, self._handlers, self._lease = tools, schedule, handlers, lease
        self._conninfo = conninfo
        self._over = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._working: asyncio.Task[None] | None = None

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Work until stopped, also through times in which the store does not answer."""
        with self._schedule.running(self._tools) if self._schedule else nullcontext():
            while not self._over.is_set():
                try:
                    asyncio.run(self._work(ready))
                except Exception as error:  # noqa: BLE001 - a store that is gone comes back; others take over meanwhile
                    _LOG.error("worker cannot reach its jobs", extra={"error": type(error).__name__})
                    self._over.wait(_REST_SECONDS)

    def stop(self) -> None:
        """End after the job in hand; may be called from a signal's handler or another thread."""
        self._over.set()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end)

    def drain(self) -> None:
        """Work until nothing is due. For commands, the demonstration and tests."""
        asyncio.run(self._drain())

    def _app(self) -> procrastinate.App:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=self._conninfo))
        app.task(name=_TASK, pass_context=True, retry=Later())(self._run)
        return app

    def _run(self, context: Any, *, name: str, key: str, practice: str | None, ids: Mapping[str, str]) -> None:
        attempts = context.job.attempts + 1
        job = Job(
            context.job.id.to_bytes(16), name, key, bytes.fromhex(practice) if practice else None,
            {argument: bytes.fromhex(id_) for argument, id_ in ids.items()}, attempts,
        )  # fmt: skip
        try:
            self._handlers[name](self._tools, job)
        except Exception as error:
            _LOG.error("job failed", extra={"job": name, "attempt": attempts, "error": type(error).__name__})
            raise

    async def _work(self, ready: Callable[[], None]) -> None:
        app = self._app()
        async with app.open_async():
            watching = asyncio.create_task(self._watch(app))
            self._working = asyncio.create_task(app.run_worker_async(**self._options()))
            self._loop = asyncio.get_running_loop()
            self._end()
            ready()
            try:
                await self._working
            except asyncio.CancelledError:
                _LOG.info("worker stopped")
            finally:
                self._loop = None
                watching.cancel()

    def _end(self) -> None:
        if self._over.is_set() and self._working is not None:
            self._working.cancel()  # the library then lets the job in hand end

    async def _drain(self) -> None:
        app = self._app()
        async with app.open_async():
            await self._take_over(app)
            left: list[int] = []
            while True:
                await app.run_worker_async(**self._options(), wait=False, listen_notify=False)
                # the library stops looking while its last job still runs: what that one asked for is left behind
                due = await self._due(app)
                if not due or due == left:
                    return
                left = due

    async def _due(self, app: procrastinate.App) -> list[int]:
        rows = await app.connector.execute_query_all_async(_DUE)
        return [int(row["id"]) for row in rows]

    def _options(self) -> dict[str, Any]:
        seconds = self._lease.total_seconds()
        return {
            "concurrency": _AT_ONCE, "update_heartbeat_interval": seconds / 3, "stalled_worker_timeout": seconds,
            "fetch_job_polling_interval": min(seconds, 5.0), "install_signal_handlers": False,
        }  # fmt: skip

    async def _watch(self, app: procrastinate.App) -> None:
        """Give the jobs of workers that have gone silent to whoever is there, and let go of what was done long ago."""
        tidied = float("-inf")
        while True:
            try:
                await self._take_over(app)
                if time.monotonic() - tidied > _TIDY_SECONDS:
                    await app.job_manager.delete_old_jobs(nb_hours=int(KEPT.total_seconds() // 3600))
                    tidied = time.monotonic()
            except ConnectorException as error:
                _LOG.error("worker cannot reach its jobs", extra={"error": type(error).__name__})
            await asyncio.sleep(self._lease.total_seconds() / 3)

    async def _take_over(self, app: procrastinate.App) -> None:
        manager = app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._lease.total_seconds()):
            try:
                if job.attempts + 1 >= MOST_ATTEMPTS:
                    # it has ended its worker so often that no try is left
                    await manager.finish_job(job, status=Status.FAILED, delete_job=False)
                else:
                    await manager.retry_job(job)
            except ConnectorException:
                continue  # another worker was quicker

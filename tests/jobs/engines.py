"""Both job engines behind one small handle, so that one set of tests holds for both."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep

from sqlalchemy import text

from portal.domain.ledger import Entry, Line
from portal.jobs.handlers import Handler, Tools, actor
from portal.jobs.worker import Worker
from portal.models.ledger import LedgerEntryRow
from portal.runtime import conninfo
from portal.services import ledger, outbox
from portal.services.outbox import LEASE, Job
from tests.databases import World

ID = bytes(range(16))
SHORT = timedelta(seconds=1)


def posting(tools: Tools, job: Job) -> None:
    """What a job does to the books: once by its key, however often it runs."""
    entry = Entry("charge", date(2026, 8, 3), job.key, ID * 2, (Line("receivable:payer", 5000), Line("revenue", -5000)))
    with tools.units.write(actor(job), "payment:settle") as uow:
        ledger.post(uow, [entry])


@dataclass
class Seen:
    """A handler that remembers what it was called with, and fails as often as told."""

    failures: int = 0
    jobs: list[Job] = field(default_factory=list)

    def __call__(self, _tools: Tools, job: Job) -> None:
        self.jobs.append(job)
        if len(self.jobs) <= self.failures:
            raise ValueError("Ada Okonkwo, whose name must not be kept")


@dataclass
class Engine:
    """The engine of a world's store."""

    world: World

    @property
    def procrastinate(self) -> bool:
        return self.world.runtime.engine.dialect.name == "postgresql"

    @property
    def tools(self) -> Tools:
        return Tools(self.world.units, self.world.runtime.parts, sign=lambda: None)

    def worker(self, handlers: Mapping[str, Handler], lease: timedelta = LEASE):
        if self.procrastinate:
            from portal.jobs.procrastinate_worker import ProcrastinateWorker

            return ProcrastinateWorker(self.tools, conninfo(self.world.runtime), handlers=handlers, lease=lease)
        return Worker(self.tools, handlers=handlers, lease=lease)

    def drain(self, lease: timedelta = LEASE, **handlers: Handler) -> None:
        self.worker({name.replace("_", "."): handler for name, handler in handlers.items()}, lease).drain()

    def ask(self, key: str = "a", name: str = "test.post", ids=None, **more) -> bool:
        with self.world.write("payment:settle") as uow:
            return outbox.later(uow, name, key, ids, **more)

    def rested(self) -> None:
        """As long as the longest rest goes by."""
        self.world.clock.forward(days=400)
        if self.procrastinate:
            self._sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")

    def rest_seconds(self) -> float:
        """How long the only waiting job rests from now on."""
        if self.procrastinate:
            return float(self._sql("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs"))
        due = self._sql("SELECT run_after FROM job")
        return (datetime.fromisoformat(due).replace(tzinfo=UTC) - self.world.clock.now()).total_seconds()

    def lose_workers(self) -> None:
        """The worker that holds the only job is gone, and this was the job's last try but one."""
        tries = outbox.MOST_ATTEMPTS
        if self.procrastinate:
            self._sql(f"UPDATE procrastinate_jobs SET status = 'doing', attempts = {tries - 1}")
        else:
            self._sql(f"UPDATE job SET state = 'RUNNING', attempts = {tries}, lease_until = '2000-01-01 00:00:00'")

    def counts(self) -> dict[str, int]:
        return {state: n for state, n in outbox.counts(self.world.units).items() if n}

    def posted(self) -> int:
        with self.world.read("payment:settle") as uow:
            return uow.count(uow.select(LedgerEntryRow.id))

    def killed_in_mid_job(self, tmp_path: Path, program: str = "tests.jobs.killed") -> None:
        """A worker process of its own takes the job, does half of it, and is killed outright."""
        mark = tmp_path / "in-mid-job"
        settings = self.world.runtime.settings
        process = subprocess.Popen(
            [sys.executable, "-m", program, str(mark)],
            env=os.environ
            | {
                "CANDOR_HOME": str(settings.home),
                "CANDOR_MODE": "development",
                "CANDOR_DATABASE_URL": settings.database_url,
            },
        )
        try:
            while not mark.exists():
                assert process.poll() is None, "the worker ended by itself"
                sleep(0.05)
        finally:
            process.kill()
            process.wait()

    def finished_by_another(self, lease: timedelta = SHORT, **handlers: Handler) -> None:
        """Another worker takes over once the lease of the dead one is over."""
        self.world.clock.at = datetime.now(UTC) + 10 * lease
        for _ in range(200):
            self.drain(lease, **handlers)
            if not {"WAITING", "RUNNING"} & self.counts().keys():
                return
            sleep(0.1)  # Procrastinate reckons by the database's own clock
        raise AssertionError("nobody took over")

    def _sql(self, statement: str):
        with self.world.runtime.engine.begin() as connection:
            done = connection.execute(text(statement))
            return done.scalar() if done.returns_rows else None

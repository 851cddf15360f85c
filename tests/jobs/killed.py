"""A worker process that does half of a job, says so, and then holds it until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

from portal import config
from portal.jobs.handlers import Tools
from portal.runtime import running
from portal.services.outbox import Job
from tests.databases import World
from tests.jobs.engines import SHORT, Engine, posting


def main(mark: Path) -> None:
    def hold(tools: Tools, job: Job) -> None:
        posting(tools, job)
        mark.touch()
        Event().wait()

    with running(config.load()) as runtime:
        Engine(World(runtime, None)).worker({"test.post": hold}, SHORT).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

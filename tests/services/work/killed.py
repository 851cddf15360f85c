"""A worker process that comes to the middle of a step with a whole view, says so, and waits there to be killed."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event
from typing import Any

from portal import config
from portal.jobs.handlers import work_through
from portal.runtime import running
from portal.services.work import taking
from tests.databases import World
from tests.jobs.engines import SHORT, Engine

_ITEMS = 6
"""In the middle of the second part, where parts are of four."""


def main(mark: Path) -> None:
    done, one = [], taking.do_one

    def hold(*given: Any) -> None:
        if len(done) == _ITEMS:
            mark.touch()
            Event().wait()
        one(*given)
        done.append(given)

    taking.do_one = hold  # type: ignore[assignment]
    with running(config.load()) as runtime:
        Engine(World(runtime, None)).worker({"queue.bulk": work_through}, SHORT).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A patient's first page, sealed and audited, of a year of visits: `python -m bench.home [VISITS]`.

Wanted: under 30 ms in the median, and under 60 KB over the wire for the first view with its style sheet and script,
compressed as they are served (issue "The patient's side").
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bench.timing import seconds
from portal import runtime
from portal.app import create_app
from portal.services.statements import making
from tests.databases import StillClock, World, establish, settings_for
from tests.make import accounts, users

ROUNDS = 60


@contextmanager
def opened(home: Path) -> Iterator[World]:
    """A store with a practice in a folder."""
    settings = settings_for(home)
    runtime.migrate(settings)
    clock = StillClock()
    with runtime.running(settings, clock=clock) as running:
        yield World(running, clock, establish(running))


def fill(world: World, visits: int) -> bytes:
    """A patient with visits of a year, answered by the plan, some of them billed."""
    with world.write("patient:change") as uow:
        patient = accounts.patient(uow)
        cover = accounts.coverage(uow, patient, accounts.payer(uow))
        for n in range(visits):
            [charge] = accounts.visit(uow, patient, accounts.MAY + timedelta(days=n * 7), {"G0438": 18_500}, cover)
            accounts.answer(uow, charge, cover, ("CO", "45", 5_700), ("PR", "3", 1_500))
        patient_id = patient.id
    for _ in range(3):
        made = making.make(world.units, world.runtime.parts, world.machine("statement.make"), patient_id)
        if made is not None:
            making.print_paper(world.units, world.runtime.parts, world.machine("statement.paper"), made)
        world.clock.forward(days=30)
    return patient_id


def main() -> None:
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    with tempfile.TemporaryDirectory() as name, opened(Path(name)) as world:
        patient_id = fill(world, visits)
        user_id = users.user(world, "patient", patient_id=patient_id)
        browser = users.browser(create_app(world.runtime), world, user_id)
        for _ in range(5):
            page = browser.get("/my/")
            assert page.status_code == 200, page.status_code
        times = sorted(seconds(lambda: browser.get("/my/")) * 1000 for _ in range(ROUNDS))
        print(
            f"{visits} visits: median {statistics.median(times):.1f} ms, "
            f"fastest {times[0]:.1f}, slowest {times[-1]:.1f}"
        )
        parts = {"page, as it is": len(page.data)}
        for address in [*re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text), "/static/fonts/public-sans.woff2"]:
            parts[address] = len(browser.get(address, headers={"Accept-Encoding": "gzip"}).data)
        for word, size in parts.items():
            print(f"{size / 1024:7.1f} KB  {word}")
        print(f"{sum(parts.values()) / 1024:7.1f} KB in all; wanted under 60")


if __name__ == "__main__":
    main()

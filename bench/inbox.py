"""A day's inbox of 50 files taken in and read by the worker, against pyx12 validating its remittances, in one run.

    .venv/bin/python -m bench.inbox [--claims 40] [--paid 44]

44 remittances of so many claims each, 4 acknowledgements of files that nobody sent, a file of two kinds and a torn one;
each is stored sealed, sorted, read, posted and audited by its own job.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.reading import validated_seconds
from bench.remittance_file import PARTNER, fill, found, installation, remittance_file
from portal import runtime
from portal.access.actors import system
from portal.jobs.handlers import Tools
from portal.jobs.worker import Worker
from portal.models.interchanges import InterchangeRow
from portal.services import practices
from portal.services.files.collecting import Collector
from portal.services.practices import PartnerFacts
from portal.x12.envelope import write_ta1s

ANSWERED = 4


class Clock:
    """The real time, and an hour more when asked: what is torn is set aside after an hour."""

    def __init__(self) -> None:
        self.more = timedelta()

    def now(self) -> datetime:
        return runtime.SystemClock().now() + self.more


def ta1(number: int) -> bytes:
    """An answer to an interchange."""
    at = datetime(2026, 8, 3, 7, 30)  # noqa: DTZ001 - an envelope carries local time without a zone
    return write_ta1s(PARTNER, 900 + number, [["TA1", f"{number:09d}", "260803", "0730", "A", "000"]], at)


def inbox(claims: int, count: int) -> tuple[dict[str, bytes], list[bytes]]:
    """The files by name, and the remittances among them."""
    paid = [remittance_file(claims, at * claims, at + 1) for at in range(count + 2)]
    files = {f"{at:02d}.835": body for at, body in enumerate(paid[:count])}
    files |= {f"{at:02d}.ta1": ta1(at + 1) for at in range(ANSWERED)}
    files["both.edi"] = ta1(99) + paid[count]
    files["torn.835"] = paid[count + 1][: -len(paid[count + 1]) // 4]
    return files, paid[: count + 1]


def states(running: Any, practice: bytes) -> dict[str, int]:
    """How many files stand in each state."""
    with running.units.read(system("bench", practice_id=practice), "interchange:view") as uow:
        rows = uow.rows(uow.select(InterchangeRow.state))
    counted: dict[str, int] = {}
    for row in rows:
        counted[row.state] = counted.get(row.state, 0) + 1
    return counted


def main() -> None:
    """Print the seconds, files and claims a second, and the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=40)
    options.add_argument("--paid", type=int, default=44)
    given = options.parse_args()
    claims, count = given.claims, given.paid
    files, paid = inbox(claims, count)
    clock = Clock()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home"
        running = stack.enter_context(runtime.running(installation(home), clock=clock))
        practice = found(running)
        fill(running, practice, claims * (count + 2))
        facts = PartnerFacts(
            code="clearing", name="Clearing", sender_id="JUNIPER", receiver_id="PAYER", group_sender="JUNIPER",
            group_receiver="PAYER", submitter_name="Juniper", submitter_contact="Desk",
            submitter_phone="5035550100", folder="clearing",
        )  # fmt: skip
        with running.units.write(system("bench", practice_id=practice), "partner:edit") as uow:
            practices.add_partner(uow, practice, facts)
        waiting = running.settings.edi / "clearing" / "in"
        waiting.mkdir(parents=True)
        for name, body in files.items():
            (waiting / name).write_bytes(body)
        tools = Tools(running.units, running.parts, lambda: None)
        collector, worker = Collector(), Worker(tools)
        start = time.perf_counter()
        collector.look(running.units, running.parts)
        taken = collector.look(running.units, running.parts)
        stored = time.perf_counter() - start
        while worker.step():
            pass
        seconds = time.perf_counter() - start
        clock.more = timedelta(minutes=61)
        taken += collector.look(running.units, running.parts)
        left = len(list(waiting.iterdir()))
        told = ", ".join(f"{count} {state}" for state, count in sorted(states(running, practice).items()))
    if taken != len(files) or left:
        raise SystemExit(f"{taken} of {len(files)} files were taken, {left} left")
    theirs = sum(validated_seconds(body) for body in paid)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes, {claims * len(paid)} claims paid: {told}")
    rate = claims * len(paid) / seconds
    print(f"taken in and stored in {stored:.1f} s, all read in {seconds:.1f} s, {rate:.0f} claims/s")
    print(f"pyx12 validates the remittances in {theirs:.1f} s; ratio {seconds / theirs:.2f}")


if __name__ == "__main__":
    main()

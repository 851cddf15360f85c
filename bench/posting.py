"""Posting a 10,000-claim 835 on SQLite, sealed and audited, against pyx12 validating the same file, in one run.

    .venv/bin/python -m bench.posting [--claims 10000]

Goal: a ratio of at most 1.0. While it posts, a second process loads a page of names through the unit of work again
and again: none may fail, and the longest wait is told.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.reading import validated_seconds
from bench.remittance_file import fill, found, installation, remittance_file
from portal import runtime
from portal.access.actors import Actor, Grant, system
from portal.config import load
from portal.models.claims import ClaimRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.patients import PatientRow
from portal.services import ledger
from portal.services.remittances.importing import import_remittances
from portal.services.unit_of_work.trail import Request

PAUSE_SECONDS = 0.05
"""Between two pages: one person's clicks many times over, and yet not the whole of a processor."""


def page(units: Any, practice: bytes, user: bytes) -> None:
    """A page of 50 claims with sealed names, told like any page."""
    actor = Actor(
        user.hex(), user, practice_id=practice, grants=(Grant("biller", practice),), session="00" * 8,
        assurance="aal2", method="totp", authenticated_seconds_ago=10,
    )  # fmt: skip
    with units.read(actor, "claim:view", request=Request(os.urandom(16), "127.0.0.1")) as uow:
        rows = uow.rows(
            uow.select(ClaimRow.id, ClaimRow.state, ClaimRow.patient_id, PatientRow.last_name_sealed)
            .where(ClaimRow.practice_id == practice, PatientRow.id == ClaimRow.patient_id)
            .order_by(ClaimRow.filing_due, ClaimRow.id)
            .limit(50)
        )
        for row in rows:
            uow.open(row.last_name_sealed, PatientRow.last_name_sealed, row=row.patient_id, subject=row.patient_id)


def reader(home: str, practice: bytes, go: Any, stop: Any, told: Any) -> None:
    """Load the page until told to stop; tell every wait in seconds, and what failed."""
    waits: list[float] = []
    failures: list[str] = []
    with runtime.running(load({"CANDOR_HOME": home, "CANDOR_MODE": "development"})) as running:
        user = os.urandom(16)
        page(running.units, practice, user)
        go.set()
        while not stop.is_set():
            start = time.perf_counter()
            try:
                page(running.units, practice, user)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                failures.append(repr(error))
            waits.append(time.perf_counter() - start)
            time.sleep(PAUSE_SECONDS)
    told.put((waits, failures))


def main() -> None:
    """Print the ratio, the rates and the waits."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=10_000)
    claims = options.parse_args().claims
    body = remittance_file(claims)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with runtime.running(installation(home)) as running:
            practice = found(running)
            fill(running, practice, claims)
            print(f"{claims} claims, {len(body):,} bytes; the store holds {_rows(running, practice)}")
            context = multiprocessing.get_context("spawn")
            go, stop, told = context.Event(), context.Event(), context.Queue()
            other = context.Process(target=reader, args=(str(home), practice, go, stop, told))
            other.start()
            go.wait()
            seconds = _post(running, practice, body)
            stop.set()
            waits, failures = told.get()
            other.join()
            print(f"posted in {seconds:.1f} s ({claims / seconds:,.0f} claims/s); then {_rows(running, practice)}")
    processor = time.process_time()
    theirs = validated_seconds(body)
    print(f"processor time of pyx12: {time.process_time() - processor:.1f} s")
    waits.sort()
    print(f"pyx12 validates the file in {theirs:.1f} s")
    print(f"ratio posting / pyx12: {seconds / theirs:.2f} (goal: at most 1.00)")
    print(
        f"pages meanwhile: {len(waits)}, failed {len(failures)}, median {1000 * waits[len(waits) // 2]:.0f} ms, "
        f"longest {waits[-1]:.2f} s"
    )
    for failure in failures[:3]:
        print(failure)


def _post(running: Any, practice: bytes, body: bytes) -> float:
    start = time.perf_counter()
    processor = time.process_time()
    result = import_remittances(running.units, system("bench", practice_id=practice), None, "bench.835", body)
    seconds = time.perf_counter() - start
    print(f"processor time of posting: {time.process_time() - processor:.1f} s")
    (one,) = result.payments
    if one.state != "POSTED" or one.matched != one.claims:
        raise SystemExit(f"not posted: {one} {result.findings[:3]}")
    return seconds


def _rows(running: Any, practice: bytes) -> str:
    with running.units.read(system("bench", practice_id=practice), "account:view") as uow:
        if ledger.balance(uow):
            raise SystemExit("the books do not sum to nought")
        return f"{uow.count(uow.select(LedgerEntryRow.id))} entries, {uow.count(uow.select(LedgerLineRow.id))} lines"


if __name__ == "__main__":
    main()

"""Finding queue items by the beginning of a name among 100,000 patients: `python -m bench.name_search [--patients N]`.

Every patient has a data key of their own, and no token of a beginning is stored: names are looked through in leaves of
a thousand, and each candidate's own name is opened (decision 0016). On SQLite, in one process, the search told in the
log. Wanted: at most 0.4 s per 100,000 patients; for comparison
the same with every name opened, before any is in a leaf.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from datetime import date
from pathlib import Path

from bench.queue_page import stage
from bench.timing import seconds
from portal.access.actors import Actor, Grant, system
from portal.models.patients import PatientRow
from portal.services.patients import leaves, searching
from portal.services.work import showing

NAMES = ("Abernathy", "Brandt", "Calloway", "Delgado", "Marlowe", "Ochoa", "Raman", "Weiss")
ITEMS = 500


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--patients", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=7)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        running, practice_id, _ = stage(Path(folder), ITEMS)
        for start in range(0, given.patients, 2_000):
            with running.units.write(system("bench", practice_id=practice_id), "patient:change") as uow:
                for at in range(start, min(start + 2_000, given.patients)):
                    uow.new(
                        PatientRow, last_name_sealed=f"{NAMES[at % len(NAMES)]}{at}", first_name_sealed="Adaeze",
                        birth_date_sealed=date(1980, 2, 3), sex_sealed="F", mrn_sealed=f"N{at}",
                        account_number_sealed=f"B{at}", language="en_US", state="ACTIVE", created_at=uow.now,
                    )  # fmt: skip
        biller = Actor(
            "ab" * 16, b"\xab" * 16, practice_id=practice_id, grants=(Grant("biller", practice_id),), session="00" * 8,
            assurance="aal2", method="bench", authenticated_seconds_ago=0,
        )  # fmt: skip
        among = given.patients + ITEMS // 5

        def search(words: str, hits: int) -> None:
            with running.units.read(biller, "queue:view", kind="query") as uow:
                patients, scanned = searching.found(uow, words)
                page = showing.find(uow, words, patients, scanned)
            assert scanned >= among, scanned
            assert page.rows is not None
            assert len(page.rows) == hits, len(page.rows)

        def middle(words: str, hits: int, rounds: int) -> float:
            search(words, hits)  # keys and plans warm, as in a process that serves
            return statistics.median(seconds(lambda: search(words, hits)) for _ in range(rounds))

        each = middle("zzz", 0, 1)
        packing = seconds(lambda: leaves.pack(running.units, system("name.pack", practice_id=practice_id)))
        print(f"every name opened: {each:.2f} s among {among:,} patients; packing them all: {packing:.1f} s")
        for words, hits in (("okon", showing.MOST_FOUND), ("zzz", 0), ("ochoa", 0)):
            took = middle(words, hits, given.rounds)
            share = took / 0.4 * 100_000 / among
            print(f"{words!r}: {took:.3f} s, {took / each:.3f} of opening every name")
            print(f"ratio to 0.4 s per 100,000: {share:.2f}; wanted at most 1")
        running.engine.dispose()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()

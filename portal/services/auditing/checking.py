"""Checking a store's log and its rows against it, for backups and for `audit verify --cells`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit import verify
from audit.checkpoint import VerifierKey
from portal.services.auditing import cells


def check(
    url: str, anchors: Sequence[Path], keys: Sequence[VerifierKey], witness_keys: Sequence[VerifierKey] = ()
) -> verify.Report:
    """Verify the log of a store and compare every digested row with its last event; needs no key and no settings."""
    return verify.verify(url, anchors, keys, cells.cells(url), cell_tables=cells.tables(), witness_keys=witness_keys)


def faults(url: str, anchors: Sequence[Path], keys: Sequence[VerifierKey]) -> list[str]:
    """The same as sentences; empty when all is well. Bind `keys` to hand it to `backups.making.verify`."""
    return [problem.text for problem in check(url, anchors, keys).problems]

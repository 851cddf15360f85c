"""Double entry in whole cents, append only: an entry whose lines do not sum to nought cannot be built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

ACCOUNTS = frozenset({
    "receivable:payer", "receivable:patient", "revenue", "contractual", "cash:card", "cash:eft", "cash:check",
    "unapplied:patient", "unapplied:payer", "payer-recoupment", "interest-income", "refunds-payable", "processor-fees",
})  # fmt: skip
"""Every account but the write-offs, which are named write-off:<reason>."""

WRITE_OFF = "write-off:"


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Line:
    """One signed amount on one account, debit positive; ids name what it belongs to, where it belongs to something."""

    account: str
    amount_cents: int
    patient_id: bytes | None = None
    payer_id: bytes | None = None
    encounter_id: bytes | None = None
    charge_id: bytes | None = None
    claim_id: bytes | None = None
    deposit_id: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown account or a line of nought."""
        if self.account not in ACCOUNTS and not (
            self.account.startswith(WRITE_OFF) and len(self.account) > len(WRITE_OFF)
        ):
            raise ValueError(f"no such account: {self.account}")
        if self.amount_cents == 0:
            raise ValueError("a ledger line of nought says nothing")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the trade in the books; raises ValueError unless its lines sum to nought and there are at least two.

    `key` is the idempotency key: the same key with another `inputs_digest` is a Conflict.
    """

    kind: str
    posted_on: date
    key: str
    inputs_digest: bytes
    lines: tuple[Line, ...]
    reverses_id: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what does not balance."""
        if len(self.lines) < 2:
            raise ValueError("an entry has at least two lines")
        if off := sum(line.amount_cents for line in self.lines):
            raise ValueError(f"an entry must sum to nought; this one is off by {off} cents")


def inputs_digest(inputs: Mapping[str, object]) -> bytes:
    """SHA-256 of the canonical JSON of a posting's input (DESIGN 3): sorted keys, no blanks, UTF-8, no floats."""
    return hashlib.sha256(_encode(inputs).encode()).digest()

"""Small builders of events for the tests of the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from audit import log, signer
from audit.checkpoint import VerifierKey, origin
from audit.event import Event

KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
NAME = origin(b"\x02" * 16)
TRUSTED = [VerifierKey.of(NAME, KEY)]
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def ident(word: str) -> bytes:
    """A stable id of 16 bytes for a word."""
    return sha256(word.encode()).digest()[:16]


def act(**fields: Any) -> Event:
    return Event(**{"type": "rest", "subtype": "claim:read", "action": "R", "actor": ident("biller").hex(), **fields})


def write(engine: Engine, events: Iterable[Event], now: datetime = START) -> list[int]:
    with engine.begin() as connection:
        return log.append(connection, events, now)


def fill(engine: Engine, count: int, per_transaction: int = 1) -> None:
    """So many events, a minute apart per transaction."""
    for at in range(0, count, per_transaction):
        batch = [act(subjects=[ident(f"p{n % 7}")]) for n in range(at, min(at + per_transaction, count))]
        write(engine, batch, START + timedelta(minutes=at))


def tick(engine: Engine, anchors: Path, now: datetime = START + timedelta(days=1)) -> signer.Tick:
    with engine.begin() as connection:
        return signer.tick(connection, NAME, [KEY], anchors, now)

"""Signing the newest head, anchoring it, having it witnessed: the worker's part, never a web process's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, insert, select, update

from audit.canonical import instant
from audit.checkpoint import Checkpoint, VerifierKey, anchor, parse_signatures, sign, verify
from audit.event import parse
from audit.search import read
from audit.table import (
    CONTRADICTED,
    NO_WITNESS,
    SIGN_MARK,
    WITNESS_MARK,
    audit_checkpoint,
    audit_head,
    audit_mark,
)
from audit.tree import Frontier, Tree, leaf

ANCHOR_AGAIN: Final = timedelta(minutes=5)
RED_AFTER: Final = timedelta(minutes=10)
RED_BEHIND: Final = 10_000


class Broken(Exception):
    """The log does not continue what was last signed; nothing was signed. Run the verifier."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did, at which size of the log."""

    size: int
    signed: bool
    anchored: bool


@dataclass(frozen=True, slots=True)
class Health:
    """How far the anchors are behind: events not anchored, and how long the oldest of them has waited.

    `witnessed` is what the witness cosigned last, None where none is set up; `contradicted` says that it holds another
    history than this log.
    """

    size: int
    anchored: int
    waiting: timedelta
    witnessed: int | None = None
    witness_waiting: timedelta = timedelta(0)
    contradicted: bool = False

    @property
    def witness_red(self) -> bool:
        """Whether the witness is what must be looked at."""
        behind = self.size - (self.size if self.witnessed is None else self.witnessed)
        return self.contradicted or self.witness_waiting > RED_AFTER or behind > RED_BEHIND

    @property
    def red(self) -> bool:
        """Whether the compliance page must say so (SECURITY 3.4): by the anchor file or the witness."""
        return self.waiting > RED_AFTER or self.size - self.anchored > RED_BEHIND or self.witness_red


@dataclass(frozen=True, slots=True)
class Submission:
    """What a witness is sent: the signed note, the size it last saw, the proof from there."""

    note: str
    size: int
    old_size: int
    proof: list[bytes]


def tick(
    connection: Connection, origin: str, keys: Sequence[Ed25519PrivateKey], anchor_path: Path, now: datetime
) -> Tick:
    """Sign and anchor the newest head when events are unsigned; else anchor it again every five minutes.

    In the caller's transaction, and idempotent: when that fails to commit, the anchor file holds a true line more and
    the next tick signs the same note. Raises Broken when the events since the last signed head do not lead from it to
    the present head (a log must not sign what contradicts what it signed), OSError when the anchor cannot be written.
    """
    connection.execute(select(audit_mark.c.seq).where(audit_mark.c.name == SIGN_MARK).with_for_update()).scalar_one()
    head = connection.execute(select(audit_head.c.size, audit_head.c.frontier).where(audit_head.c.id == 1)).one()
    last = _newest(connection)
    if head.size == (last.size if last else 0):
        if last is None or (last.anchored_at and now - _moment(last.anchored_at) < ANCHOR_AGAIN):
            return Tick(head.size, signed=False, anchored=False)
        _anchored(connection, anchor_path, last.size, last.note + (last.cosignatures or ""), now)
        return Tick(head.size, signed=False, anchored=True)
    frontier = _continued(connection, origin, keys, last, head.size)
    if frontier.to_bytes() != head.frontier:
        raise Broken(f"the head of the log is not that of its {head.size} events")
    note = sign(Checkpoint(origin, frontier.size, frontier.root()), keys)
    values = {"size": head.size, "note": note, "frontier": frontier.to_bytes(), "signed_at": instant(now)}
    connection.execute(insert(audit_checkpoint).values(values))
    connection.execute(update(audit_mark).where(audit_mark.c.name == SIGN_MARK).values(seq=head.size))
    _anchored(connection, anchor_path, head.size, note, now)
    return Tick(head.size, signed=True, anchored=True)


def health(connection: Connection, now: datetime) -> Health:
    """How far the anchors are behind, for the compliance page and the metrics."""
    beside = audit_head.join(audit_mark, audit_mark.c.name == WITNESS_MARK)
    size, mark = connection.execute(select(audit_head.c.size, audit_mark.c.seq).select_from(beside)).one()
    anchored = connection.execute(
        select(audit_checkpoint.c.size)
        .where(audit_checkpoint.c.anchored_at.is_not(None))
        .order_by(audit_checkpoint.c.size.desc())
        .limit(1)
    ).scalar()
    seen = None if mark == NO_WITNESS else max(mark, 0)
    return Health(
        size,
        anchored or 0,
        _waited(connection, anchored or 0, now),
        seen,
        timedelta(0) if seen is None else _waited(connection, seen, now),
        mark == CONTRADICTED,
    )


def witnessed(connection: Connection) -> int:
    """The size that the witness cosigned last, or NO_WITNESS, or CONTRADICTED."""
    return int(connection.execute(select(audit_mark.c.seq).where(audit_mark.c.name == WITNESS_MARK)).scalar_one())


def mark_witness(connection: Connection, mark: int) -> None:
    """Keep what is known of the witness, as `witnessed` tells it."""
    connection.execute(update(audit_mark).where(audit_mark.c.name == WITNESS_MARK).values(seq=mark))


def submission(connection: Connection, old_size: int) -> Submission | None:
    """What to send a witness that last saw `old_size`; None when it has seen the newest checkpoint.

    From a size that we signed it reads only the events after it; from another, all. Raises ValueError when the witness
    saw more than there is: then the log was cut.
    """
    newest = _newest(connection)
    if newest is None or newest.size == old_size:
        return None
    if old_size > newest.size:
        raise ValueError(f"the witness saw {old_size} events, the newest checkpoint has {newest.size}")
    known = connection.execute(
        select(audit_checkpoint.c.frontier).where(audit_checkpoint.c.size == old_size)
    ).scalar_one_or_none()
    base = Frontier() if known is None else Frontier.from_bytes(old_size, known)
    leaves = [each.leaf for each in read(connection, base.size, newest.size - 1)]
    return Submission(newest.note, newest.size, old_size, Tree(leaves, base).consistency(old_size))


def record_cosignatures(connection: Connection, size: int, lines: str, now: datetime, anchor_path: Path) -> None:
    """Keep what a witness answered (already verified) beside the checkpoint of that size, and in the anchor file.

    A witness that two workers asked at once stands there once. In the caller's transaction; when that fails to commit,
    the anchor file holds a true line more.
    """
    row = audit_checkpoint.c.size == size
    columns = audit_checkpoint.c.note, audit_checkpoint.c.cosignatures
    stored = connection.execute(select(*columns).where(row).with_for_update()).one()
    before: str = stored.cosignatures or ""
    there = {(each.name, each.key_id) for each in parse_signatures(before)} if before else set()
    new = "".join(each.line() for each in parse_signatures(lines) if (each.name, each.key_id) not in there)
    mark_witness(connection, max(witnessed(connection), size))
    if new:
        anchor(anchor_path, stored.note + before + new, now)
        connection.execute(
            update(audit_checkpoint).where(row).values(cosignatures=before + new, witnessed_at=instant(now))
        )


def _waited(connection: Connection, size: int, now: datetime) -> timedelta:
    """How long the first event above a size has waited; a purged one waits for nothing."""
    oldest = next(read(connection, size, size), None)
    since = _moment(parse(oldest.body)["recorded"]) if oldest and oldest.body else now
    return max(now - since, timedelta(0))


def _newest(connection: Connection) -> Row[int, str, bytes, str, str | None, str | None] | None:
    columns = audit_checkpoint.c
    return connection.execute(
        select(
            columns.size, columns.note, columns.frontier, columns.signed_at, columns.anchored_at, columns.cosignatures
        )
        .order_by(columns.size.desc())
        .limit(1)
    ).one_or_none()


def _continued(
    connection: Connection,
    origin: str,
    keys: Sequence[Ed25519PrivateKey],
    last: Row[int, str, bytes, str, str | None, str | None] | None,
    size: int,
) -> Frontier:
    """The frontier at a size, from the last signed one over the events after it, each checked; raises Broken."""
    frontier = Frontier()
    if last is not None:
        try:
            signed = verify(last.note, [VerifierKey.of(origin, key) for key in keys])
            frontier = Frontier.from_bytes(last.size, last.frontier)
        except ValueError as problem:
            raise Broken(f"the checkpoint of {last.size} events is not sound: {problem}") from None
        if (signed.size, signed.root) != (last.size, frontier.root()):
            raise Broken(f"the checkpoint of {last.size} events does not fit its frontier")
    for each in read(connection, frontier.size, size - 1):
        if each.seq != frontier.size or not isinstance(each.body, bytes) or leaf(each.body) != each.leaf:
            raise Broken(f"event {frontier.size} is missing or was changed")
        frontier.append(each.leaf)
    if frontier.size != size:
        raise Broken(f"event {frontier.size} is missing")
    return frontier


def _anchored(connection: Connection, path: Path, size: int, note: str, now: datetime) -> None:
    anchor(path, note, now)
    connection.execute(update(audit_checkpoint).where(audit_checkpoint.c.size == size).values(anchored_at=instant(now)))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

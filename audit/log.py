"""Appending to the log, inside the transaction of what is logged; and filling the tables that searches use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from audit.canonical import instant
from audit.event import Event, parse, split
from audit.search import read, search
from audit.table import INDEX_MARK, audit_actor, audit_event, audit_head, audit_mark, audit_subject
from audit.tree import Frontier, leaf

__all__ = ["append", "clear_index", "index_events", "read", "search"]


def append(connection: Connection, events: Iterable[Event], now: datetime) -> list[int]:
    """Append events and give their sequence numbers; the caller's last step before its commit.

    Locks the head row until that commit: on PostgreSQL by FOR UPDATE (under READ COMMITTED), on SQLite the caller
    already holds BEGIN IMMEDIATE. `now` is aware; where it lies before the last event, that event's time is recorded
    and the real one goes to `clock`. An event with more than 500 subjects becomes several. Raises RuntimeError when
    there is no head row or when it changed under a transaction that held no lock: then nothing
    may be disclosed.
    """
    parts = [part for event in events for part in split(event)]
    if not parts:
        return []
    head = connection.execute(
        select(audit_head.c.size, audit_head.c.last_recorded, audit_head.c.frontier)
        .where(audit_head.c.id == 1)
        .with_for_update()
    ).one_or_none()
    if head is None:
        raise RuntimeError("the audit log has no head row")
    real = instant(now)
    recorded = max(real, head.last_recorded)
    clock = None if recorded == real else real
    frontier = Frontier.from_bytes(head.size, head.frontier)
    rows = []
    for part in parts:
        body = part.to_body(frontier.size, recorded, clock)
        leaf_hash = leaf(body)
        rows.append({"seq": frontier.size, "body": body, "leaf": leaf_hash})
        frontier.append(leaf_hash)
    connection.execute(insert(audit_event), rows)
    changed = connection.execute(
        update(audit_head)
        .where(audit_head.c.id == 1, audit_head.c.size == head.size)
        .values(size=frontier.size, last_recorded=recorded, frontier=frontier.to_bytes())
    )
    if changed.rowcount != 1:
        raise RuntimeError("the audit log grew beside this transaction")
    return list(range(head.size, frontier.size))


def index_events(connection: Connection, batch: int = 1000) -> int:
    """Enter the next events into audit_subject and audit_actor; gives how many, 0 when the index is up to date.

    One transaction of the caller's per call; the mark moves with the rows, so that a crash repeats nothing.
    """
    mark = connection.execute(
        select(audit_mark.c.seq).where(audit_mark.c.name == INDEX_MARK).with_for_update()
    ).scalar_one()
    found = [
        (event.seq, parse(event.body)) for event in read(connection, mark, mark + batch - 1) if event.body is not None
    ]
    subjects = [
        {"seq": seq, "subject": bytes.fromhex(subject)} for seq, said in found for subject in said.get("subjects", ())
    ]
    if subjects:
        connection.execute(insert(audit_subject), subjects)
    if found:
        connection.execute(insert(audit_actor), [{"seq": seq, "actor": said["actor"]} for seq, said in found])
    size = connection.execute(select(audit_head.c.size)).scalar_one()
    reached = min(mark + batch, size)
    connection.execute(update(audit_mark).where(audit_mark.c.name == INDEX_MARK).values(seq=reached))
    return int(reached - mark)


def clear_index(connection: Connection) -> None:
    """Empty the derived tables, to be filled anew by `index_events`."""
    connection.execute(delete(audit_subject))
    connection.execute(delete(audit_actor))
    connection.execute(update(audit_mark).where(audit_mark.c.name == INDEX_MARK).values(seq=0))

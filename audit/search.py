"""Reading the log: by number, and by who, whom, what and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Column, Connection, select

from audit.canonical import Id, id16, instant
from audit.event import parse
from audit.table import INDEX_MARK, audit_actor, audit_event, audit_head, audit_mark, audit_subject

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it lies in the table; the body is None after a purge."""

    seq: int
    body: bytes | None
    leaf: bytes


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The conditions of a search, each None when it does not matter."""

    subject: str | None
    practices: frozenset[str] | None
    plain: dict[str, str | int]  # keys of the body that must have exactly this value

    def holds(self, body: object) -> dict[str, Any] | None:
        """The parsed event when it meets all conditions; most bodies are refused by their bytes, unparsed.

        What is no event is passed over: finding damage is the verifier's and the signer's part, and one damaged row
        must not stop all searches.
        """
        if not isinstance(body, bytes) or any(_member(key, value) not in body for key, value in self.plain.items()):
            return None
        if self.subject is not None and self.subject.encode() not in body:
            return None
        try:
            said = parse(body)
        except ValueError:
            return None
        if any(said.get(key) != value for key, value in self.plain.items()):
            return None
        if self.subject is not None and self.subject not in said.get("subjects", ()):
            return None
        if self.practices is not None and self.practices.isdisjoint(said.get("practices", ())):
            return None
        return said


def _member(key: str, value: str | int) -> bytes:
    """How a code or number stands in canonical JSON."""
    return (f'"{key}":{value}' if isinstance(value, int) else f'"{key}":"{value}"').encode()


def read(connection: Connection, first: int, last: int) -> Iterator[Stored]:
    """The stored events first to last, both included, in order."""
    while first <= last:
        rows = connection.execute(
            select(audit_event.c.seq, audit_event.c.body, audit_event.c.leaf)
            .where(audit_event.c.seq.between(first, last))
            .order_by(audit_event.c.seq)
            .limit(_CHUNK)
        ).all()
        for seq, body, leaf in rows:
            yield Stored(seq, body, leaf)
        if len(rows) < _CHUNK:
            return
        first = rows[-1].seq + 1


def search(
    connection: Connection,
    *,
    subject: Id | None = None,
    actor: str | None = None,
    action: str | None = None,
    type: str | None = None,  # noqa: A002 -- the field's name in the event
    outcome: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    practices: Collection[Id] | None = None,
    limit: int | None = None,
    before_seq: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Parsed events that meet all conditions given, newest first; lazily, so a caller may stop at any time.

    `since` is included, `until` excluded. `practices` bounds an officer: only events that touched one of them come
    back, and none that touched no practice. For the next page pass the last event's seq as `before_seq`. A patient or
    actor is found through the index tables up to their mark and by reading the bodies above it; other conditions read
    bodies within the time range. Purged bodies are not found.
    """
    named = {"actor": actor, "action": action, "type": type, "outcome": outcome}
    wanted = _Wanted(
        None if subject is None else id16(subject),
        None if practices is None else frozenset(map(id16, practices)),
        {key: value for key, value in named.items() if value is not None},
    )
    size = connection.execute(select(audit_head.c.size)).scalar_one()
    low = 0 if since is None else first_at(connection, instant(since), size)
    high = size if until is None else first_at(connection, instant(until), size)
    high = high if before_seq is None else min(high, before_seq)
    mark = connection.execute(select(audit_mark.c.seq).where(audit_mark.c.name == INDEX_MARK)).scalar_one()
    found = (wanted.holds(body) for body in _candidates(connection, wanted, low, high, mark))
    yield from islice((said for said in found if said is not None), limit)


def _candidates(connection: Connection, wanted: _Wanted, low: int, high: int, mark: int) -> Iterator[object]:
    """Bodies low (included) to high (excluded), newest first; below the mark only those that the index names."""
    named: tuple[Column[Any], Column[Any], object] | None = None
    if wanted.subject is not None:
        named = (audit_subject.c.seq, audit_subject.c.subject, bytes.fromhex(wanted.subject))
    elif "actor" in wanted.plain:
        named = (audit_actor.c.seq, audit_actor.c.actor, wanted.plain["actor"])
    turn = low if named is None else max(low, min(mark, high))
    bodies = select(audit_event.c.seq, audit_event.c.body).order_by(audit_event.c.seq.desc())
    while high > turn:
        rows = connection.execute(bodies.where(audit_event.c.seq.between(turn, high - 1)).limit(_CHUNK)).all()
        yield from (body for _, body in rows if body is not None)
        high = rows[-1].seq if len(rows) == _CHUNK else turn
    if named is None:
        return
    seq, column, value = named
    numbers = select(seq).where(column == value).order_by(seq.desc()).limit(_CHUNK)
    while high > low:  # two steps, so that no planner can prefer to walk the whole log
        chosen = connection.execute(numbers.where(seq.between(low, high - 1))).scalars().all()
        rows = connection.execute(bodies.where(audit_event.c.seq.in_(chosen))).all()
        yield from (body for _, body in rows if body is not None)
        high = chosen[-1] if len(chosen) == _CHUNK else low


def first_at(connection: Connection, moment: str, size: int) -> int:
    """The number of the first event recorded at or after a moment: times never go back, so halving finds it.

    A purged event counts by the next one that still has its body.
    """
    low, high = 0, size
    present = select(audit_event.c.seq, audit_event.c.body).where(audit_event.c.body.is_not(None))
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            present.where(audit_event.c.seq.between(middle, high - 1)).order_by(audit_event.c.seq).limit(1)
        ).one_or_none()
        if row is None or parse(row.body)["recorded"] >= moment:
            high = middle
        else:
            low = row.seq + 1
    return low

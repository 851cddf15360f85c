"""Bodies of events past their time are removed; their leaf hashes stay, so that every proof still holds (SECURITY 3.6).

First a purge event names the numbers that go, then they go, a batch a transaction. Killed in between, the next run ends
what the events name: until then the log only has more than it must. Kept are the events of whom a legal hold names, and
those that the verifier needs for ever: purges and announced signing keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from audit import log
from audit.canonical import instant
from audit.event import SIGNING_KEY, SUBTYPE_PURGE, Object, parse
from audit.search import first_at, read
from audit.table import audit_actor, audit_event, audit_head, audit_purge, audit_subject
from audit.walk import MINIMUM_YEARS, PURGED_TYPE
from portal.access import policy
from portal.access.actors import Actor
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.services.auditing import holds
from portal.services.keys import expiring, shredding
from portal.services.keys.steps import Slot
from portal.services.unit_of_work import queries
from portal.services.unit_of_work.trail import Trail
from portal.services.unit_of_work.units import Units

YEARS: Final = 10
BATCH: Final = 1000
_PURGE: Final = f'"subtype":"{SUBTYPE_PURGE}"'.encode()
_KEY: Final = f'"type":"{SIGNING_KEY}"'.encode()

Span = tuple[int, int]
"""First and last number, both included."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to: how many bodies went, how many are held, and what became of audit keys."""

    bodies: int
    held: int
    keys_disabled: int
    keys_destroyed: int


def purge(units: Units, owner: Engine, actor: Actor, named: Collection[Slot] = (), years: int = YEARS) -> Purged:
    """Remove the bodies of events older than so many years, and the audit keys of those months.

    `owner` is an engine of the role that owns the tables: the one that works may not. `named` are the keys that
    unexpired backups need. Raises Refused for less than six years (45 CFR 164.316(b)(2)(i)).
    """
    if years < MINIMUM_YEARS:
        raise Refused(T_("Records are kept for at least {n} years.", n=MINIMUM_YEARS), code="retention")
    held = held_by(units, actor)
    begin(units, owner, actor, held, years)
    bodies = sum(finish(units, owner, held))
    if bodies:
        shredding.cut_log(units)
    kept, needed = _kept(units, held)
    disabled, destroyed = expiring.expire(units, actor, years_before(units.clock.now(), years), needed, named)
    return Purged(bodies, kept, len(disabled), len(destroyed))


def held_by(units: Units, actor: Actor) -> frozenset[bytes]:
    """Whose part of the log stays, however old it is."""
    with units.read(actor, "audit:purge") as uow:
        return holds.held(uow)


def begin(units: Units, owner: Engine, actor: Actor, held: Collection[bytes], years: int) -> tuple[Span, ...]:
    """Tell in the log which bodies go, and set the mark below which they may; gives their numbers.

    One event stays behind the last, to show the verifier how old they were.
    """
    now = units.clock.now()
    decision = policy.decide(actor, SUBTYPE_PURGE)
    if not decision.allowed:
        raise Refused(T_("Your role does not take this step."), code=decision.reason)
    with units.housekeeping() as session:  # what is old does not change: no writer is held up while it is read
        connection = session.connection()
        low, high = _below(connection), _high(connection, now, years)
        spans = tuple(_spans(connection, low, high, held))
    if not spans:
        return ()
    trail = Trail("rest", extra=[Object(PURGED_TYPE, f"{first}-{last}") for first, last in spans])
    trail.count = sum(last - first + 1 for first, last in spans)
    event = units.teller.tell(trail, actor=actor, decision=decision, request=None, action="D")
    with _writing(units, owner) as connection:
        seq = log.append(connection, [event], now)[0]
        if _below(connection) != low:
            raise Conflict(T_("Somebody else purges at this moment. Run it again."), code="purging")
        connection.execute(insert(audit_purge).values(below=high, event_seq=seq, purged_at=instant(now)))
    return spans


def finish(units: Units, owner: Engine, held: Collection[bytes], batch: int = BATCH) -> Iterator[int]:
    """Remove the bodies that purge events name and that are still there, a batch a transaction; yields their numbers.

    Who is held by now keeps them.
    """
    with _writing(units, owner) as connection:
        spans = [span for seq in _purges(connection) for span in _named(connection, seq)]
    stays = _staying(held)
    for first, last in spans:
        at = first
        while at <= last:
            with _writing(units, owner) as connection:
                there = (
                    select(audit_event.c.seq, audit_event.c.body)
                    .where(audit_event.c.seq.between(at, last), audit_event.c.body.is_not(None))
                    .order_by(audit_event.c.seq)
                    .limit(batch)
                )
                rows = connection.execute(there).all()
                seqs = [row.seq for row in rows if not stays(row.body)]
                if seqs:
                    gone = audit_event.c.seq.in_(seqs)
                    connection.execute(update(audit_event).where(gone).values(body=None))
                    connection.execute(delete(audit_subject).where(audit_subject.c.seq.in_(seqs)))
                    connection.execute(delete(audit_actor).where(audit_actor.c.seq.in_(seqs)))
            if seqs:
                yield len(seqs)
            at = rows[-1].seq + 1 if len(rows) == batch else last + 1


def years_before(now: datetime, years: int) -> datetime:
    """The same day so many years ago; the 29th of February counts as the 28th."""
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - years, day=day)


def _below(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(audit_purge.c.below), 0))).scalar_one())


def _high(connection: Connection, now: datetime, years: int) -> int:
    """The first number that stays: of the first event that is young enough, or of the last old one before it."""
    size = connection.execute(select(audit_head.c.size)).scalar_one()
    high = first_at(connection, instant(years_before(now, years)), size)
    behind = next((each for each in read(connection, high, high) if each.body is not None), None)
    shown = behind is not None and parse(behind.body or b"")["recorded"] <= instant(years_before(now, MINIMUM_YEARS))
    return high if shown else high - 1


def _spans(connection: Connection, low: int, high: int, held: Collection[bytes]) -> Iterator[Span]:
    """The numbers from low to below high but for those whose bodies stay."""
    stays, first = _staying(held), low
    for each in read(connection, low, high - 1):
        if each.body is not None and stays(each.body):
            if first < each.seq:
                yield first, each.seq - 1
            first = each.seq + 1
    if first < high:
        yield first, high - 1


def _staying(held: Collection[bytes]) -> Callable[[bytes], bool]:
    """Tells whether a body stays: it names somebody who is held, a purge, or a signing key."""
    marks = [subject.hex().encode() for subject in held] + [_PURGE, _KEY]
    return lambda body: any(mark in body for mark in marks)


def _kept(units: Units, held: Collection[bytes]) -> tuple[int, frozenset[Slot]]:
    """How many bodies below the mark are held, and the audit keys that they need."""
    marks, needed, kept = [subject.hex().encode() for subject in held], set(), 0
    with units.housekeeping() as session:
        connection = session.connection()
        bodies = select(audit_event.c.body).where(
            audit_event.c.seq < _below(connection), audit_event.c.body.is_not(None)
        )
        for (body,) in connection.execution_options(yield_per=500).execute(bodies):
            if any(mark in body for mark in marks):
                kept += 1
                said = parse(body)
                if "query" in said:
                    tenant = queries.tenant_of([bytes.fromhex(each) for each in said.get("practices", ())])
                    needed.add(expiring.slot_of(tenant, bytes.fromhex(said["query"]["sealed"])))
    return kept, frozenset(needed)


def _purges(connection: Connection) -> list[int]:
    return list(connection.execute(select(audit_purge.c.event_seq).order_by(audit_purge.c.below)).scalars())


def _named(connection: Connection, seq: int) -> Iterator[Span]:
    body = connection.execute(select(audit_event.c.body).where(audit_event.c.seq == seq)).scalar_one()
    for each in parse(body).get("objects", ()):
        if each["type"] == PURGED_TYPE:
            first, _, last = each["id"].partition("-")
            yield int(first), int(last)


@contextmanager
def _writing(units: Units, owner: Engine) -> Iterator[Connection]:
    gate: AbstractContextManager[None] = units.gate()
    with gate, owner.begin() as connection:
        yield connection

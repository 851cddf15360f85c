"""Wrong tries: whoever guesses is slowed down, and nobody who guesses can shut somebody else out (T29).

So is whoever searches by name too often: it opens a practice's names one after the other (SECURITY 2.6).
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.domain.users import is_disabled, next_try_at, wait_after
from portal.models.users import ThrottleRow, UserRow
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id

WINDOW = timedelta(minutes=10)
MOST_FROM_A_NETWORK = 30
"""Wrong tries from one network in the window, whatever the accounts."""
FAMILIAR_FOR = timedelta(days=90)
"""How long a network counts as one where the person signed in before (SP 800-63B-4 3.2.2)."""

MOST_SEARCHES = 40
"""Searches by name of one person in the window: one every fifteen seconds, and still somebody at a busy desk."""

NETWORK, ACCOUNT, FAMILIAR, SEARCH = "address", "account", "familiar", "search"
HASTE = T_(
    "A search by name opens many records, so it may be done {most} times in ten minutes. Wait a little, or look by "
    "number, or by last name and birth date: these always work.",
    most=MOST_SEARCHES,
)


def spelled(address: str) -> str:
    """An address in one spelling, so that addresses of one IPv6 network begin alike."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return found.exploded


def network(address: str) -> str:
    """What one client has for itself: an IPv4 address, or the first 64 bits of an IPv6 one."""
    full = spelled(address)
    return full[:19] if ":" in full else full


def from_network(column: InstrumentedAttribute[str], address: str) -> ColumnElement[bool]:
    """Whether a column of spelled addresses lies in the network of this one."""
    own = network(address)
    return column.startswith(own, autoescape=True) if ":" in own else column == own


def crowded(units: Units, address: str, *, kind: str = NETWORK, most: int | None = None) -> bool:
    """Whether a network has used up its wrong tries of this window."""
    return _used_up(units, kind, _digest(network(address).encode()), MOST_FROM_A_NETWORK if most is None else most)


def count_network(units: Units, address: str, *, kind: str = NETWORK) -> None:
    """One more from this network; the window begins with the first."""
    _count(units, kind, _digest(network(address).encode()))


def refuse_haste(units: Units, actor: Actor, permission: str, request: Request) -> None:
    """One more search by name of this person; raises Refused `slow`, and tells it, when the window's are used up."""
    source = _digest(actor.user_id or b"")
    if _used_up(units, SEARCH, source, MOST_SEARCHES):
        units.refused(actor, permission, "slow", request=request, kind="query", outcome=4)
        raise Refused(HASTE, code="slow")
    _count(units, SEARCH, source)


def _used_up(units: Units, kind: str, source: bytes, most: int) -> bool:
    with units.housekeeping() as session:
        row = _row(session, kind, source)
        return row is not None and row.failures >= most and row.until > units.clock.now()


def _count(units: Units, kind: str, source: bytes) -> None:
    now = units.clock.now()
    with units.housekeeping(writing=True) as session:
        row = _kept(session, kind, source, now)
        fresh = row.until <= now
        row.failures, row.until = (1, now + WINDOW) if fresh else (row.failures + 1, row.until)


def is_familiar(units: Units, user_id: bytes, address: str) -> bool:
    """Whether the person signed in from this network before, and its own wrong tries have not used that up."""
    with units.housekeeping() as session:
        row = _row(session, FAMILIAR, place(user_id, address))
        return row is not None and row.until > units.clock.now() - FAMILIAR_FOR and not is_disabled(row.failures)


def has_to_wait(user: UserRow, now: datetime) -> bool:
    """Whether wrong tries from anywhere unfamiliar hold up the next one from anywhere unfamiliar."""
    return is_disabled(user.failures) or (next_try_at(user.failures, user.last_failure_at) or now) > now


def source_waits(units: Units, kind: str, source: bytes) -> bool:
    """The same for a source that is counted by itself: a familiar network, or an email that nobody has."""
    with units.housekeeping() as session:
        row = _row(session, kind, source)
        return row is not None and (row.until > units.clock.now() or is_disabled(row.failures))


def count_source(units: Units, kind: str, source: bytes) -> None:
    """One more wrong try from such a source; the next one waits as long as an account's would."""
    now = units.clock.now()
    with units.housekeeping(writing=True) as session:
        row = _kept(session, kind, source, now)
        row.failures += 1
        row.until = now + wait_after(row.failures)


def place(user_id: bytes, address: str) -> bytes:
    """The source of a person in a familiar network."""
    return _digest(user_id + network(address).encode())


def nobody(token: bytes | None) -> bytes:
    """The source of an email that nobody has, by its blind index: it has to answer like one that somebody has."""
    return _digest(b"nobody" + (token or b""))


def succeeded(units: Units, user_id: bytes, address: str) -> None:
    """Both factors were right: this network is familiar from now on, with no wrong tries."""
    now = units.clock.now()
    with units.housekeeping(writing=True) as session:
        row = _kept(session, FAMILIAR, place(user_id, address), now)
        row.failures, row.until = 0, now
        session.execute(delete(ThrottleRow).where(ThrottleRow.until < now - FAMILIAR_FOR))


def locked(uow: UnitOfWork, user_id: bytes) -> UserRow:
    """The user, held until this transaction ends, so that tries made at once are all counted and codes work once."""
    user = uow.first(uow.select(UserRow).where(UserRow.id == user_id).with_for_update())
    return user if user is not None else uow.get(UserRow, user_id)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _row(session: Session, kind: str, source: bytes) -> ThrottleRow | None:
    statement = select(ThrottleRow).where(ThrottleRow.kind == kind, ThrottleRow.source == source)
    return session.execute(statement).scalar_one_or_none()


def _kept(session: Session, kind: str, source: bytes, now: datetime) -> ThrottleRow:
    """The row of a source, made where it is the first, and held until this transaction ends."""
    made = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement: Any = made(ThrottleRow).values(id=new_id(), kind=kind, source=source, failures=0, until=now)
    session.execute(statement.on_conflict_do_nothing())
    held = select(ThrottleRow).where(ThrottleRow.kind == kind, ThrottleRow.source == source).with_for_update()
    return session.execute(held).scalar_one()

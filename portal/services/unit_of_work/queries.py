"""What people searched for, sealed into the event under the month's audit key (SECURITY 2.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from audit.event import Event, Object, Query, Source
from portal.crypto.audit_text import audit_generation_of, open_audit_text, seal_audit_text
from portal.crypto.errors import SealBroken
from portal.crypto.keyring import Keyring
from portal.crypto.keys import INSTALLATION, Purpose, audit_generation
from portal.models.keys import KekRow
from portal.services.unit_of_work.sealing import stored

_NO_REQUEST = bytes(16)
"""Stands for the request id where there was no request: a command or a job."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search as it was asked: its words, how many candidates were opened for it, how many were shown."""

    words: str = field(repr=False)
    scanned: int
    shown: int


def tenant_of(practices: Collection[bytes]) -> bytes:
    """Whose audit key a search is sealed under: the one practice that its event names, else the installation's."""
    return next(iter(practices)) if len(practices) == 1 else INSTALLATION


def known(keyring: Keyring, tenant: bytes, now: datetime) -> bool:
    """Whether this process has met the audit key of this month."""
    try:
        keyring.audit_key(tenant, audit_generation(now.astimezone(UTC).date()), writing=True)
    except SealBroken:
        return False
    return True


def readable(keyring: Keyring, said: Mapping[str, Any]) -> bool:
    """Whether this process has met the audit key that an event's search names."""
    tenant = tenant_of([bytes.fromhex(each) for each in said.get("practices", ())])
    try:
        keyring.audit_key(tenant, audit_generation_of(bytes.fromhex(said["query"]["sealed"])))
    except SealBroken:
        return False
    return True


def make_key(connection: Connection, keyring: Keyring, tenant: bytes, now: datetime, source: Source) -> list[Event]:
    """Store this month's audit key unless another process did; gives the event of its making. The caller reloads."""
    made = keyring.new_audit_key(tenant, audit_generation(now.astimezone(UTC).date()))
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    done: Any = connection.execute(
        insert(cast("Any", KekRow.__table__))
        .values(
            tenant=tenant, purpose=int(Purpose.AUDIT), generation=made.generation, state=str(made.state),
            wrapped=made.wrapped, created_at=now, changed_at=now,
        )
        .on_conflict_do_nothing()
        .returning(KekRow.generation)
    )  # fmt: skip
    if done.first() is None:  # another process was quicker
        return []
    name = f"{tenant.hex()}.{int(Purpose.AUDIT)}.{made.generation}"
    return [
        Event(type="key", subtype="key:manage", action="C", actor="system:keys", source=source,
              practices=[tenant] if tenant != INSTALLATION else [], objects=[Object("key", name)])
    ]  # fmt: skip


def load(connection: Connection, keyring: Keyring) -> None:
    """Let the keyring know the keys as they stand."""
    keyring.load(stored(connection))


def seal(
    keyring: Keyring, searched: Searched, *, practices: Collection[bytes], request_id: bytes | None, now: datetime
) -> Query:
    """The search as the event carries it."""
    tenant = tenant_of(practices)
    generation = audit_generation(now.astimezone(UTC).date())
    sealed = seal_audit_text(
        keyring.audit_key(tenant, generation, writing=True), generation=generation, tenant=tenant,
        request_id=request_id or _NO_REQUEST, text=searched.words,
    )  # fmt: skip
    return Query(sealed, searched.scanned, searched.shown)


def read(keyring: Keyring, said: Mapping[str, Any]) -> str:
    """The words of the search that an event carries; raises SealBroken."""
    blob = bytes.fromhex(said["query"]["sealed"])
    tenant = tenant_of([bytes.fromhex(each) for each in said.get("practices", ())])
    request_id = bytes.fromhex(said["request_id"]) if "request_id" in said else _NO_REQUEST
    key = keyring.audit_key(tenant, audit_generation_of(blob))
    return open_audit_text(key, tenant=tenant, request_id=request_id, blob=blob)

"""Sealing and opening, the one way: the role's field set is checked, the value opened, the access recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from os import urandom
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.access.fields import OPENABLE
from portal.crypto import blind, factors
from portal.crypto.envelope import open_field, seal_field, version_of
from portal.crypto.errors import KeyRefused, SealBroken
from portal.crypto.keyring import READS, WRITES, Keyring, KeyState, StoredKey
from portal.crypto.keys import INSTALLATION, DataKey, Purpose, kek_generation_of
from portal.crypto.values import decode, encode
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.base import Base
from portal.models.keys import KekRow, SubjectKeyRow
from portal.models.types import Box
from portal.services.unit_of_work.fields import Field, by_table, shape
from portal.services.unit_of_work.trail import Trail

__all__ = ["INSTALLATION", "Sealer", "stored"]

_SLICE = 500


def stored(connection: Connection, *, lock: bool = False) -> list[StoredKey]:
    """Every stored tenant key, as the keyring takes them; `lock` keeps their states until the transaction ends."""
    keys = select(KekRow.tenant, KekRow.purpose, KekRow.generation, KekRow.state, KekRow.wrapped)
    return [StoredKey(*row) for row in connection.execute(keys.with_for_update(read=True) if lock else keys)]


@cache
def _openable(role: str) -> frozenset[int]:
    """Field codes that a role may open."""
    names = OPENABLE.get(role, frozenset())
    return frozenset(
        field.code for model in by_table().values() for field in shape(model).sealed.values() if field.name in names
    )


class Sealer:
    """Keys of the subjects met in one unit of work, and what is done with them."""

    def __init__(self, session: Session, keyring: Keyring, trail: Trail, role: str, now: datetime) -> None:
        self._session, self._keyring, self._trail, self._now = session, keyring, trail, now
        self._may = _openable(role)
        self._keys: dict[tuple[bytes, int], DataKey] = {}
        self._active: dict[bytes, DataKey] = {}
        self._expected: set[bytes] = set()
        self._fresh = False
        self._roots: dict[bytes, dict[int, str]] = {}
        self._held: set[bytes] = set()

    def expect(self, subjects: Iterable[bytes]) -> None:
        """Rows about these subjects were loaded: their keys come in one query with the first one needed."""
        self._expected.update(subjects)

    def open(self, field: Field, box: Box, *, tenant: bytes, subject: bytes, row: bytes) -> Any:
        """Open one sealed value and record it; raises Refused outside the role's field set, SealBroken when broken."""
        plain = self._opened(field, box, tenant=tenant, subject=subject, row=row)
        self._trail.opened.setdefault((field.table_code, row), set()).add(field.code & 0xFF)
        return plain

    def peek(self, field: Field, box: Box, row: Any, subject: bytes) -> Any:
        """Open a value to look it through; told as a number, not row by row. None of what was shredded."""
        try:
            return self._opened(field, box, tenant=row.practice_id, subject=subject, row=row.id)
        except SealBroken:
            if any(owner == subject for owner, _ in self._keys):
                raise
            return None

    def gone(self, subjects: Iterable[bytes]) -> set[bytes]:
        """Those of some subjects that have no key any more: what was sealed about them opens never again."""
        asked = set(subjects)
        self._load(asked | self._expected)
        self._expected.clear()
        return asked - {owner for owner, _ in self._keys}

    def _opened(self, field: Field, box: Box, *, tenant: bytes, subject: bytes, row: bytes) -> Any:
        if field.code not in self._may:
            raise Refused(T_("This part of the record is not shown in your role."), code="field-not-in-role")
        blob = box.blob
        key = self._key(subject, version_of(blob))
        plain = open_field(key, field_code=field.code, tenant=tenant, subject=subject, row=row, blob=blob)
        return decode(field.kind, plain)

    def seal(self, field: Field, value: Any, *, tenant: bytes, subject: bytes, row: bytes) -> Box:
        """Seal one value under its subject's active key, made now when the subject is new."""
        key = self._active_key(tenant, subject)
        return Box(
            seal_field(
                key,
                field_code=field.code,
                tenant=tenant,
                subject=subject,
                row=row,
                key_version=key.version,
                plaintext=encode(field.kind, value),
                bucket=field.bucket,
            )
        )

    def indexes(self, model: type[Base], tenant: bytes, plain: Mapping[str, Any]) -> dict[str, bytes | None]:
        """The blind index columns that the plain values given decide, by attribute; to be written in this transaction.

        Until it ends no index root of the tenant changes its state: which tokens are unique stays decided.
        """
        found: dict[str, bytes | None] = {}
        for index in shape(model).indexes:
            if all(name in plain for name in index.of):
                self._index_roots(tenant, hold=True)
                found[index.attribute] = self.token(index.rule, tenant, *(plain[name] for name in index.of))
        return found

    def token(self, rule: str, tenant: bytes, *parts: Any) -> bytes | None:
        """The token to write for a value, by a rule of SECURITY 2.6; None when nothing is left to index."""
        if any(part is None for part in parts):
            return None
        return self._token(rule, tenant, *parts, generation=self._active_root(tenant))

    def tokens(self, rule: str, tenant: bytes, *parts: Any) -> frozenset[bytes]:
        """The tokens to look a value up by: one for each readable index root, two while one follows another."""
        if any(part is None for part in parts):
            return frozenset()
        readable = [generation for generation, state in self._index_roots(tenant).items() if state in READS]
        found = (self._token(rule, tenant, *parts, generation=generation) for generation in readable)
        return frozenset(token for token in found if token is not None)

    def code_digests(self, tenant: bytes, owner: bytes, code: str) -> tuple[bytes, ...]:
        """How a one-time code is kept: its digest behind the mark of the index root, the one to write first.

        Empty for what cannot be a code.
        """
        roots = self._index_roots(tenant)
        readable = sorted((g for g, state in roots.items() if state in READS), key=lambda g: roots[g] not in WRITES)
        number = blind.INDEXES["one-time-code"].code
        found = ((g, factors.code_digest(self._index_key(tenant, number, g), owner, code)) for g in readable)
        return tuple(blind.mark(g) + digest for g, digest in found if digest is not None)

    def retokened(self, model: type[Base], row: Any, *, tenant: bytes, subject: bytes) -> dict[str, bytes | None]:
        """The index columns of a row under the active index root, by attribute; nothing of it is shown to anybody.

        What was shredded opens no more: its tokens become random, and are found by nothing. Raises SealBroken.
        """
        made, found = shape(model), {}
        generation = self._active_root(tenant)
        self._load({subject} | self._expected)
        self._expected.clear()
        gone = not any(owner == subject for owner, _ in self._keys)
        for index in made.indexes:
            if gone:
                kept = getattr(row, index.attribute)
                found[index.attribute] = None if kept is None else blind.mark(generation) + urandom(blind.TOKEN_BYTES)
                continue
            parts = [
                self._revealed(made.sealed[name], getattr(row, name), tenant=tenant, subject=subject, row=row.id)
                for name in index.of
            ]
            found[index.attribute] = self.token(index.rule, tenant, *parts)
        return found

    def _revealed(self, field: Field, box: Box | None, *, tenant: bytes, subject: bytes, row: bytes) -> Any:
        if box is None:
            return None
        key = self._key(subject, version_of(box.blob))
        plain = open_field(key, field_code=field.code, tenant=tenant, subject=subject, row=row, blob=box.blob)
        return decode(field.kind, plain)

    def _token(self, rule: str, tenant: bytes, *parts: Any, generation: int) -> bytes | None:
        self._index_key(tenant, blind.INDEXES[rule].code, generation)
        return blind.stored_token(self._keyring, rule, tenant, *parts, generation=generation)

    def _index_key(self, tenant: bytes, number: int, generation: int) -> bytes:
        """An index key; of a generation that this process has not met the keyring is told first."""
        try:
            return self._keyring.index_key(tenant, number, generation)
        except (SealBroken, KeyRefused):
            self.reload()
            return self._keyring.index_key(tenant, number, generation)

    def _active_root(self, tenant: bytes) -> int:
        active = [generation for generation, state in self._index_roots(tenant).items() if state in WRITES]
        if not active:
            raise KeyRefused("no active index key")
        return active[0]

    def _index_roots(self, tenant: bytes, *, hold: bool = False) -> Mapping[int, str]:
        """The tenant's index roots by state, as this transaction sees them: another process may have made one since.

        `hold` keeps them as they are until the transaction ends (PostgreSQL; SQLite has one writer at a time).
        """
        if tenant not in self._roots or (hold and tenant not in self._held):
            where = KekRow.tenant == tenant, KekRow.purpose == int(Purpose.INDEX)
            statement = select(KekRow.generation, KekRow.state).where(*where)
            found = self._session.execute(statement.with_for_update(read=True) if hold else statement)
            self._roots[tenant] = {row.generation: row.state for row in found}
            self._held |= {tenant} if hold else set()
        return self._roots[tenant]

    def renew(self, tenant: bytes, subject: bytes) -> int:
        """Give a subject a new data key version; older ones only open from now on. Returns the new version."""
        self._load({subject})
        newest = max((version for owner, version in self._keys if owner == subject), default=0)
        self._session.execute(
            update(SubjectKeyRow).where(SubjectKeyRow.subject == subject).values(state=str(KeyState.DECRYPT_ONLY))
        )
        self._make(tenant, subject, newest + 1)
        return newest + 1

    def reseal(self, field: Field, box: Box, *, tenant: bytes, subject: bytes, row: bytes) -> Box:
        """The same value under the subject's active key; nothing of it is shown to anybody."""
        plain = self._revealed(field, box, tenant=tenant, subject=subject, row=row)
        return self.seal(field, plain, tenant=tenant, subject=subject, row=row)

    def reload(self, *, lock: bool = False) -> None:
        """Let the keyring know the tenant keys as they stand in the store."""
        self._keyring.load(stored(self._session.connection(), lock=lock))

    def _known(self, tenant: bytes) -> None:
        """A practice made by another process since this one started has keys that the keyring has not met."""
        if not self._keyring.index_generations(tenant):
            self.reload()

    def _key(self, subject: bytes, version: int) -> DataKey:
        key = self._keys.get((subject, version))
        if key is None:
            self._load({subject} | self._expected)
            self._expected.clear()
            key = self._keys.get((subject, version))
        if key is None:
            raise SealBroken
        return key

    def _active_key(self, tenant: bytes, subject: bytes) -> DataKey:
        if subject in self._active:
            return self._active[subject]
        self._known(tenant)
        self._load({subject} | self._expected)
        self._expected.clear()
        if subject not in self._active:
            self._make(tenant, subject)
        return self._active[subject]

    def _load(self, subjects: Iterable[bytes]) -> None:
        missing = sorted(subject for subject in subjects if subject not in self._active)
        for start in range(0, len(missing), _SLICE):
            found = self._session.execute(
                select(
                    SubjectKeyRow.subject, SubjectKeyRow.version, SubjectKeyRow.tenant, SubjectKeyRow.state,
                    SubjectKeyRow.wrapped, SubjectKeyRow.commitment,
                ).where(SubjectKeyRow.subject.in_(missing[start : start + _SLICE]))
            )  # fmt: skip
            for subject, version, tenant, state, wrapped, commitment in found:
                self._known(tenant)
                key = self._unwrap(tenant, subject, version, wrapped, commitment)
                self._keys[subject, version] = key
                if state == "active":
                    self._active[subject] = key

    def _unwrap(self, tenant: bytes, subject: bytes, version: int, wrapped: bytes, commitment: bytes) -> DataKey:
        """Unwrap a data key; a KEK generation that another process made since is fetched once."""
        try:
            return self._keyring.data_key(tenant, subject, version, wrapped, commitment)
        except (SealBroken, KeyRefused):
            if self._fresh:
                raise
            self._refresh()
            return self._keyring.data_key(tenant, subject, version, wrapped, commitment)

    def _refresh(self, *, lock: bool = False) -> None:
        if not self._fresh:
            self.reload(lock=lock)
            self._fresh = True

    def _make(self, tenant: bytes, subject: bytes, version: int = 1) -> None:
        # A KEK rotated by another process must not wrap new keys here; on PostgreSQL its state is held till we commit.
        self._refresh(lock=True)
        key, wrapped, commitment = self._keyring.new_data_key(tenant, subject, version)
        values = {
            "subject": subject, "version": key.version, "tenant": tenant, "state": "active",
            "kek_generation": kek_generation_of(wrapped),
            "wrapped": wrapped, "commitment": commitment, "created_at": self._now,
        }  # fmt: skip
        if version == 1 and self._session.get_bind().dialect.name == "postgresql":
            first = postgresql.insert(SubjectKeyRow).values(values).on_conflict_do_nothing()
            if self._session.execute(first.returning(SubjectKeyRow.version)).first() is None:
                self._load({subject})  # another unit of work made it at the same moment
                return
        else:
            self._session.execute(insert(SubjectKeyRow), [values])
        self._keys[subject, key.version] = self._active[subject] = key

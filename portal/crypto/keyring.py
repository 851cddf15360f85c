"""The tenant keys of this process: unwrapped when first needed, kept for minutes, used as their state allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from os import urandom
from types import MappingProxyType

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.blind import derive_index_key
from portal.crypto.errors import KeyRefused, SealBroken
from portal.crypto.keys import (
    DataKey,
    KeyContext,
    Purpose,
    kek_generation_of,
    new_data_key,
    rewrap_data_key,
    unwrap_data_key,
    wrap_data_key,
)
from portal.crypto.roots import Root
from portal.crypto.sealing import KEY_BYTES

LIFETIME_SECONDS = 900.0

_Slot = tuple[bytes, int, int]


class KeyState(StrEnum):
    """Where a key generation stands in its life (SECURITY 2.5)."""

    PENDING = "pending"
    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt-only"
    DISABLED = "disabled"
    DESTROYED = "destroyed"


WRITES = frozenset({KeyState.ACTIVE})
READS = frozenset({KeyState.PENDING, KeyState.ACTIVE, KeyState.DECRYPT_ONLY})

MOVES = MappingProxyType(
    {
        KeyState.PENDING: frozenset({KeyState.ACTIVE}),
        KeyState.ACTIVE: frozenset({KeyState.DECRYPT_ONLY}),
        KeyState.DECRYPT_ONLY: frozenset({KeyState.DISABLED}),
        KeyState.DISABLED: frozenset({KeyState.DECRYPT_ONLY, KeyState.DESTROYED}),  # restorable until destroyed
        KeyState.DESTROYED: frozenset[KeyState](),
    }
)


def may_move(old: str, new: str) -> bool:
    """Tell whether a key generation may go from one state to another; unknown states may not."""
    return any(state == old and new in targets for state, targets in MOVES.items())


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A row of the `kek` table: one generation of a tenant's KEK, index root or audit key, wrapped under the root."""

    tenant: bytes
    purpose: int
    generation: int
    state: str
    wrapped: bytes = field(repr=False)

    def context(self) -> KeyContext:
        """Say what the wrapped form is bound to."""
        return KeyContext(self.tenant, self.purpose, self.generation)


def new_stored_key(
    roots: Root, tenant: bytes, purpose: int, generation: int, state: str = KeyState.PENDING
) -> StoredKey:
    """Make a tenant key and wrap it under the newest root; the caller stores the row."""
    wrapped = roots.wrap(urandom(KEY_BYTES), KeyContext(tenant, Purpose(purpose), generation))
    return StoredKey(tenant, purpose, generation, KeyState(state), wrapped)


def rewrap_stored_key(roots: Root, stored: StoredKey) -> StoredKey:
    """Wrap the same tenant key under the newest root, after the root was rotated."""
    return replace(stored, wrapped=roots.wrap(roots.unwrap(stored.wrapped, stored.context()), stored.context()))


class Keyring:
    """Unwraps stored tenant keys lazily and keeps them at most 15 minutes; safe to share between threads.

    A generation that no row has raises SealBroken (what named it was changed); one whose state forbids the use, and a
    tenant without an active key, raise KeyRefused.
    """

    def __init__(
        self,
        roots: Root,
        rows: Iterable[StoredKey] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
        lifetime_seconds: float = LIFETIME_SECONDS,
    ) -> None:
        self._roots = roots
        self._clock = clock
        self._lifetime = lifetime_seconds
        self._lock = threading.RLock()
        self._rows: dict[_Slot, StoredKey] = {}
        self._active: dict[tuple[bytes, int], int] = {}
        self._sealers: dict[_Slot, AESGCM] = {}
        self._index_roots: dict[_Slot, bytes] = {}
        self._index_keys: dict[tuple[_Slot, int], bytes] = {}
        self._drop_at = clock() + lifetime_seconds
        self.load(rows)

    def __repr__(self) -> str:
        return "<keyring>"

    def load(self, rows: Iterable[StoredKey]) -> None:
        """Take the rows as they stand now; if any changed, every unwrapped key is dropped.

        Raises ValueError for two rows of one generation, or two active ones where only audit keys may have several.
        """
        found: dict[_Slot, StoredKey] = {}
        active: dict[tuple[bytes, int], int] = {}
        for row in rows:
            slot = (row.tenant, int(row.purpose), row.generation)
            if slot in found:
                raise ValueError("two stored keys of one generation")
            found[slot] = row
            if row.state in WRITES and row.purpose != Purpose.AUDIT:
                if slot[:2] in active:
                    raise ValueError("two active keys for one purpose")
                active[slot[:2]] = row.generation
        with self._lock:
            if found != self._rows:
                self._rows, self._active = found, active
                self.drop()

    def drop(self) -> None:
        """Let go of every unwrapped key at once; they are unwrapped again when next needed."""
        with self._lock:
            self._sealers.clear()
            self._index_roots.clear()
            self._index_keys.clear()
            self._drop_at = self._clock() + self._lifetime

    def drop_old(self) -> None:
        """Drop what has reached its age; every use does this too, so call it from time to time in an idle process."""
        with self._lock:
            if self._clock() >= self._drop_at:
                self.drop()

    def kek(self, tenant: bytes) -> tuple[int, AESGCM]:
        """Give the generation and KEK that new data keys of a tenant are wrapped under."""
        with self._lock:
            generation = self._active_generation(tenant, Purpose.FIELD)
            return generation, self._sealer(tenant, Purpose.FIELD, generation, WRITES)

    def kek_of(self, tenant: bytes, generation: int) -> AESGCM:
        """Give the KEK that a wrapped data key names."""
        return self._sealer(tenant, Purpose.FIELD, generation, READS)

    def audit_key(self, tenant: bytes, generation: int, *, writing: bool = False) -> AESGCM:
        """Give the audit key of a month (`keys.audit_generation`); to write, it must be active."""
        return self._sealer(tenant, Purpose.AUDIT, generation, WRITES if writing else READS)

    def new_audit_key(self, tenant: bytes, generation: int) -> StoredKey:
        """Make the audit key of a month, active at once; the caller stores the row."""
        return new_stored_key(self._roots, tenant, Purpose.AUDIT, generation, KeyState.ACTIVE)

    def index_generations(self, tenant: bytes) -> tuple[int, ...]:
        """List the readable index root generations, newest first: while one is replaced, look for tokens of each."""
        with self._lock:
            rows = [
                row for (owner, purpose, _), row in self._rows.items() if (owner, purpose) == (tenant, Purpose.INDEX)
            ]
        return tuple(sorted((row.generation for row in rows if row.state in READS), reverse=True))

    def index_root(self, tenant: bytes, generation: int | None = None) -> bytes:
        """Give a tenant's index root: the active one, or a readable generation."""
        with self._lock:
            self.drop_old()
            row = self._row(*self._index_slot(tenant, generation), allowed=READS)
            slot = (row.tenant, int(row.purpose), row.generation)
            root = self._index_roots.get(slot)
            if root is None:
                root = self._index_roots[slot] = self._roots.unwrap(row.wrapped, row.context())
            return root

    def index_key(self, tenant: bytes, index_code: int, generation: int | None = None) -> bytes:
        """Give the key of one index (`blind.INDEXES`) of a tenant, under the active or a readable index root."""
        with self._lock:
            root = self.index_root(tenant, generation)
            place = (self._index_slot(tenant, generation), index_code)
            key = self._index_keys.get(place)
            if key is None:
                key = self._index_keys[place] = derive_index_key(root, tenant, index_code)
            return key

    def new_data_key(self, tenant: bytes, subject: bytes, version: int = 1) -> tuple[DataKey, bytes, bytes]:
        """Make a subject's data key; returns it with its wrapped form and commitment for the `subject_key` row."""
        generation, kek = self.kek(tenant)
        dek = new_data_key()
        wrapped, committed = wrap_data_key(
            kek, generation=generation, tenant=tenant, subject=subject, version=version, dek=dek
        )
        return DataKey(version, dek), wrapped, committed

    def data_key(self, tenant: bytes, subject: bytes, version: int, wrapped: bytes, commitment: bytes) -> DataKey:
        """Unwrap a subject's data key by the one KEK it names."""
        kek = self.kek_of(tenant, kek_generation_of(wrapped))
        return unwrap_data_key(
            kek, tenant=tenant, subject=subject, version=version, commitment=commitment, wrapped=wrapped
        )

    def rewrap_data_key(self, tenant: bytes, subject: bytes, version: int, wrapped: bytes, commitment: bytes) -> bytes:
        """Wrap a subject's data key under the active KEK; the commitment stays."""
        generation, kek = self.kek(tenant)
        return rewrap_data_key(
            self.kek_of(tenant, kek_generation_of(wrapped)),
            kek,
            new_generation=generation,
            tenant=tenant,
            subject=subject,
            version=version,
            commitment=commitment,
            wrapped=wrapped,
        )

    def _active_generation(self, tenant: bytes, purpose: Purpose) -> int:
        generation = self._active.get((tenant, purpose))
        if generation is None:
            raise KeyRefused(f"no active {purpose.name.lower()} key")
        return generation

    def _index_slot(self, tenant: bytes, generation: int | None) -> _Slot:
        if generation is None:
            generation = self._active_generation(tenant, Purpose.INDEX)
        return tenant, int(Purpose.INDEX), generation

    def _row(self, tenant: bytes, purpose: int, generation: int, *, allowed: frozenset[KeyState]) -> StoredKey:
        row = self._rows.get((tenant, int(purpose), generation))
        if row is None:
            raise SealBroken
        if row.state not in allowed:
            raise KeyRefused(f"{Purpose(purpose).name.lower()} key generation {generation} is {row.state}")
        return row

    def _sealer(self, tenant: bytes, purpose: Purpose, generation: int, allowed: frozenset[KeyState]) -> AESGCM:
        with self._lock:
            self.drop_old()
            row = self._row(tenant, purpose, generation, allowed=allowed)
            slot = (tenant, int(purpose), generation)
            sealer = self._sealers.get(slot)
            if sealer is None:
                sealer = self._sealers[slot] = AESGCM(self._roots.unwrap(row.wrapped, row.context()))
            return sealer

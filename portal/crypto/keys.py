"""Keys and their wrapped forms: data keys under a KEK, tenant keys under a root (SECURITY 2.2, 2.3)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from os import urandom
from typing import NoReturn, SupportsIndex

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.errors import SealBroken
from portal.crypto.sealing import ID_BYTES, KEY_BYTES, OVERHEAD_BYTES, header_of, number_of, seal, three_ids, unseal

INSTALLATION = bytes(ID_BYTES)
"""The tenant of what belongs to the installation: users, factors, sessions, payers."""

COMMITMENT_BYTES = 16
WRAPPED_BYTES = KEY_BYTES + OVERHEAD_BYTES
_DEK_LABEL = b"phi-dek/v1\x00"
_KEK_LABEL = b"phi-kek/v1\x00"
_COMMIT = b"phi-dek-commit/v1"


class Purpose(IntEnum):
    """What a tenant key is for; one key serves one purpose."""

    FIELD = 1
    INDEX = 2
    AUDIT = 3


@dataclass(frozen=True, slots=True)
class KeyContext:
    """Whose tenant key is being wrapped, for what, which generation; bound into its wrapped form."""

    tenant: bytes
    purpose: int
    generation: int

    def associated_data(self) -> bytes:
        """Give tenant (16), purpose (1) and generation (4, big endian); raises SealBroken if they do not fit."""
        if type(self.tenant) is not bytes or len(self.tenant) != ID_BYTES:
            raise SealBroken
        try:
            return self.tenant + self.purpose.to_bytes(1, "big") + self.generation.to_bytes(4, "big")
        except OverflowError:
            raise SealBroken from None

    def names(self) -> dict[str, str]:
        """Give the same as words, for a service that binds a map of strings (AWS KMS EncryptionContext)."""
        return {"tenant": self.tenant.hex(), "purpose": str(int(self.purpose)), "generation": str(self.generation)}


class DataKey:
    """One subject's data key in one version, ready for use; it cannot be printed, copied or pickled."""

    __slots__ = ("aead", "header", "version")

    def __init__(self, version: int, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        self.version = version
        self.header = header_of(version)
        self.aead = AESGCM(key)

    def __repr__(self) -> str:
        return "<data key>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a data key is not copied")


def new_data_key() -> bytes:
    """Make the 32 random bytes of a data key; wrap them, make a DataKey of them, and let them go."""
    return urandom(KEY_BYTES)


def commitment(dek: bytes) -> bytes:
    """Commit to a data key in 16 bytes, since GCM does not: two keys may open one forged ciphertext."""
    return hmac.digest(dek, _COMMIT, "sha256")[:COMMITMENT_BYTES]


def wrap_data_key(
    kek: AESGCM, *, generation: int, tenant: bytes, subject: bytes, version: int, dek: bytes
) -> tuple[bytes, bytes]:
    """Wrap a data key under its tenant's KEK of that generation; returns 66 bytes and the commitment stored beside."""
    if len(dek) != KEY_BYTES:
        raise ValueError("a data key has 32 bytes")
    committed = commitment(dek)
    if not three_ids(tenant, subject, committed):
        raise ValueError("tenant and subject are ids of 16 bytes")
    return seal(kek, _DEK_LABEL, generation, tenant + subject + version.to_bytes(4, "big") + committed, dek), committed


def _unwrap(kek: AESGCM, tenant: bytes, subject: bytes, version: int, committed: bytes, wrapped: bytes) -> bytes:
    if type(wrapped) is not bytes or len(wrapped) != WRAPPED_BYTES or not three_ids(tenant, subject, committed):
        raise SealBroken
    if type(version) is not int or not 0 <= version < 1 << 32:  # SQLite keeps text in a column of integers
        raise SealBroken
    dek = unseal(kek, _DEK_LABEL, tenant + subject + version.to_bytes(4, "big") + committed, wrapped)
    if not hmac.compare_digest(commitment(dek), committed):
        raise SealBroken
    return dek


def unwrap_data_key(
    kek: AESGCM, *, tenant: bytes, subject: bytes, version: int, commitment: bytes, wrapped: bytes
) -> DataKey:
    """Unwrap a data key and check its commitment; anything that does not fit raises SealBroken."""
    return DataKey(version, _unwrap(kek, tenant, subject, version, commitment, wrapped))


def rewrap_data_key(
    old: AESGCM,
    new: AESGCM,
    *,
    new_generation: int,
    tenant: bytes,
    subject: bytes,
    version: int,
    commitment: bytes,
    wrapped: bytes,
) -> bytes:
    """Wrap the same data key under another KEK generation; version and commitment stay as they are."""
    dek = _unwrap(old, tenant, subject, version, commitment, wrapped)
    return wrap_data_key(new, generation=new_generation, tenant=tenant, subject=subject, version=version, dek=dek)[0]


def kek_generation_of(wrapped: bytes) -> int:
    """Read the KEK generation a wrapped data key names; raises SealBroken for what is none."""
    return number_of(wrapped)


def wrap_tenant_key(root: AESGCM, root_generation: int, context: KeyContext, key: bytes) -> bytes:
    """Wrap a KEK, index root or audit key under a root held in this process; 66 bytes."""
    if len(key) != KEY_BYTES:
        raise ValueError("a tenant key has 32 bytes")
    return seal(root, _KEK_LABEL, root_generation, context.associated_data(), key)


def unwrap_tenant_key(root: AESGCM, context: KeyContext, wrapped: bytes) -> bytes:
    """Unwrap a KEK, index root or audit key; another tenant's, purpose's or generation's raises SealBroken."""
    if type(wrapped) is not bytes or len(wrapped) != WRAPPED_BYTES:
        raise SealBroken
    return unseal(root, _KEK_LABEL, context.associated_data(), wrapped)


def audit_generation(day: date) -> int:
    """Number the audit key of a month: year * 12 + month - 1, by the UTC day of the event."""
    return day.year * 12 + day.month - 1

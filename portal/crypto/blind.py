"""Blind indexes: equal values of one tenant and index have equal tokens; a token tells nothing else (SECURITY 2.6)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.crypto import canonical as rules
from portal.crypto.sealing import ID_BYTES, KEY_BYTES

TOKEN_BYTES = 16
MARK_BYTES = 4
STORED_BYTES = MARK_BYTES + TOKEN_BYTES
_INFO = b"phi-bidx/v1\x00"


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its number for ever, the version of its rule, and the rule of each part."""

    number: int
    version: int
    parts: tuple[Callable[[Any], str], ...]

    @property
    def code(self) -> int:
        """Give number * 256 + version, which the index key is derived from: a new rule gives new tokens."""
        return self.number * 256 + self.version


INDEXES: Mapping[str, Index] = MappingProxyType(
    {
        "member-id": Index(1, 1, (rules.identifier,)),
        "mrn": Index(2, 1, (rules.identifier,)),
        "account": Index(3, 1, (rules.identifier,)),
        "name-birth": Index(4, 1, (rules.name, rules.birth)),
        "phone": Index(5, 1, (rules.phone,)),
        "e-mail": Index(6, 1, (rules.email,)),
        "address": Index(7, 1, (rules.street, rules.zip5)),
        "claim-control": Index(8, 1, (rules.identifier,)),
        "payer-control": Index(9, 1, (rules.identifier,)),
        "one-time-code": Index(10, 1, (rules.one_time_code,)),
        "visit-source": Index(11, 1, (rules.digest,)),
        "document-content": Index(12, 1, (rules.digest,)),
        "contact-reference": Index(13, 1, (rules.identifier,)),
        "pay-code": Index(14, 1, (rules.one_time_code,)),
    }
)


def canonical(index: str, *parts: str | date | bytes) -> str | None:
    """Give the canonical form of a value, or None where nothing of it, or of one of its parts, is left.

    `name-birth` takes a name and a date, `address` a street line and a ZIP code, `visit-source` and `document-content`
    bytes, all others one str. An unknown index is a KeyError, a wrong number of parts a ValueError.
    """
    reduced = [rule(part) for rule, part in zip(INDEXES[index].parts, parts, strict=True)]
    return rules.SEPARATOR.join(reduced) if all(reduced) else None


def derive_index_key(index_root: bytes, tenant: bytes, index_code: int) -> bytes:
    """Derive the 32-byte key of one index from a tenant's index root by HKDF-SHA256 (RFC 5869)."""
    if len(tenant) != ID_BYTES:
        raise ValueError("a tenant is an id of 16 bytes")
    info = _INFO + index_code.to_bytes(2, "big")
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=tenant, info=info).derive(index_root)


def token(index_key: bytes, tenant: bytes, form: str | None) -> bytes | None:
    """Give the 16-byte token of a canonical form; nothing has no token, so that empty values never match each other.

    Raises ValueError for text that is not Unicode (a lone surrogate). A hit must be opened and compared before it is
    shown.
    """
    if not form:
        return None
    if len(tenant) != ID_BYTES:
        raise ValueError("a tenant is an id of 16 bytes")
    return hmac.digest(index_key, tenant + form.encode(), "sha256")[:TOKEN_BYTES]


class IndexKeys(Protocol):
    """Where index keys come from (`Keyring`)."""

    def index_key(self, tenant: bytes, index_code: int, generation: int | None = None) -> bytes:
        """Give the key of one index of a tenant, under the active or a named index root."""


def token_for(
    keys: IndexKeys, index: str, tenant: bytes, *parts: str | date | bytes, generation: int | None = None
) -> bytes | None:
    """Give the token of a value in an index of `INDEXES`, or None where nothing of it is left to index."""
    form = canonical(index, *parts)
    return None if form is None else token(keys.index_key(tenant, INDEXES[index].code, generation), tenant, form)


def mark(generation: int) -> bytes:
    """Give the four bytes (big endian) before whatever is kept under an index root: which generation of it."""
    return generation.to_bytes(MARK_BYTES, "big")


def stored_token(
    keys: IndexKeys, index: str, tenant: bytes, *parts: str | date | bytes, generation: int
) -> bytes | None:
    """Give a token as a column keeps it, 20 bytes: its mark and the token; None where nothing is left to index."""
    found = token_for(keys, index, tenant, *parts, generation=generation)
    return None if found is None else mark(generation) + found

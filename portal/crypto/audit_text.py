"""Sealed text in audit events: search queries and reasons, under the tenant's audit key of the month (SECURITY 2.3)."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.envelope import pad, unpad
from portal.crypto.errors import SealBroken
from portal.crypto.sealing import ID_BYTES, number_of, seal, unseal
from portal.crypto.values import decode, encode

_LABEL = b"phi-audit/v1\x00"


def seal_audit_text(
    key: AESGCM, *, generation: int, tenant: bytes, request_id: bytes, text: str, bucket: int = 128
) -> bytes:
    """Seal a text to its tenant and request; `generation` is the audit key's (`keys.audit_generation`).

    Raises ValueError for ids that are not 16 bytes.
    """
    if len(tenant) != ID_BYTES or len(request_id) != ID_BYTES:
        raise ValueError("tenant and request are ids of 16 bytes")
    return seal(key, _LABEL, generation, tenant + request_id, pad(encode("text", text), bucket))


def open_audit_text(key: AESGCM, *, tenant: bytes, request_id: bytes, blob: bytes) -> str:
    """Open a sealed text of that tenant and request; anything else raises SealBroken."""
    if len(tenant) != ID_BYTES or len(request_id) != ID_BYTES:
        raise SealBroken
    return str(decode("text", unpad(unseal(key, _LABEL, tenant + request_id, blob))))


def audit_generation_of(blob: bytes) -> int:
    """Read the audit key generation a sealed text names; raises SealBroken for what is none."""
    return number_of(blob)

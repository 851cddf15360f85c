"""The field envelope v1: one value, padded, sealed to its own field, tenant, subject and row (SECURITY 2.3)."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.errors import SealBroken
from portal.crypto.keys import DataKey
from portal.crypto.sealing import FORMAT_AND_ALGORITHM, ID_BYTES, OVERHEAD_BYTES, number_of, seal, three_ids

MAX_PLAINTEXT_BYTES = 25 * 1024 * 1024
BUCKETS = (32, 128, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
_LARGEST = BUCKETS[-1]
_LENGTHS = frozenset(BUCKETS)
_LABEL = b"phi-field/v1\x00"


def padded_length(plaintext_bytes: int, bucket: int) -> int:
    """Say how long a value becomes: its field's bucket, or the next that holds it and one byte of padding."""
    if bucket not in _LENGTHS:
        raise ValueError(f"{bucket} is not a bucket")
    need = plaintext_bytes + 1
    if need > _LARGEST:
        return -(-need // _LARGEST) * _LARGEST
    return next(size for size in BUCKETS if size >= bucket and size >= need)


def pad(plaintext: bytes, bucket: int) -> bytes:
    """Pad by ISO/IEC 7816-4 (0x80, then zeros), so that the length tells the bucket only.

    Raises ValueError for an unknown bucket and for more than 25 MiB.
    """
    if len(plaintext) > MAX_PLAINTEXT_BYTES:
        raise ValueError("longer than 25 MiB")
    return (plaintext + b"\x80").ljust(padded_length(len(plaintext), bucket), b"\x00")


def unpad(padded: bytes) -> bytes:
    """Take the padding off; a length that is no bucket or a missing mark raises SealBroken."""
    length = len(padded)
    if length not in _LENGTHS and (length % _LARGEST or not length):
        raise SealBroken
    marked = padded.rstrip(b"\x00")
    if marked[-1:] != b"\x80":
        raise SealBroken
    return marked[:-1]


def seal_field(
    key: AESGCM | DataKey,
    *,
    field_code: int,
    tenant: bytes,
    subject: bytes,
    row: bytes,
    plaintext: bytes,
    bucket: int,
    key_version: int | None = None,
) -> bytes:
    """Seal one value to its place; the result is its padded length and 34 bytes.

    Ids are 16 bytes, `field_code` 0 to 65535. `key_version` is needed with a bare AESGCM; a DataKey knows its own.
    Raises ValueError or OverflowError for arguments outside these bounds, TypeError for a plaintext that is not bytes.
    """
    if isinstance(key, DataKey):
        if key_version not in {None, key.version}:
            raise ValueError("not this key's version")
        aead, key_version = key.aead, key.version
    else:
        aead = key
    if key_version is None:
        raise ValueError("a bare key needs its version")
    if not three_ids(tenant, subject, row):
        raise ValueError("tenant, subject and row are ids of 16 bytes")
    context = field_code.to_bytes(2, "big") + tenant + subject + row
    return seal(aead, _LABEL, key_version, context, pad(plaintext, bucket))


def open_field(
    key: AESGCM | DataKey, *, field_code: int, tenant: bytes, subject: bytes, row: bytes, blob: bytes
) -> bytes:
    """Open one value in its own place; a blob of another place, key or version, or a changed one, raises SealBroken."""
    # `unseal` and `three_ids` written out: a page opens hundreds of fields, and calls cost more here than the cipher.
    try:
        header = blob[:6]
        if isinstance(key, DataKey):
            known, aead = header == key.header, key.aead
        else:
            known, aead = header[:2] == FORMAT_AND_ALGORITHM, key
        if not known or len(blob) < OVERHEAD_BYTES or not len(tenant) == len(subject) == len(row) == ID_BYTES:
            raise SealBroken
        aad = b"".join((_LABEL, header, field_code.to_bytes(2, "big"), tenant, subject, row))
        return unpad(aead.decrypt(blob[6:18], blob[18:], aad))
    except (InvalidTag, TypeError, OverflowError):
        raise SealBroken from None


def version_of(blob: bytes) -> int:
    """Read the DEK version an envelope names, to fetch that one key; raises SealBroken for what is no envelope."""
    return number_of(blob)


def stored_length(plaintext_bytes: int, bucket: int) -> int:
    """Say how many bytes a sealed value takes in its column."""
    return padded_length(plaintext_bytes, bucket) + OVERHEAD_BYTES

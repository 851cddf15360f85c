"""The one place where AES-256-GCM is applied; every sealed format of ours is this shape with another label.

Bytes: format 0x01, algorithm 0x01, number (4, big endian), nonce (12), ciphertext, tag (16).
AAD: label ending in 0x00, the six header bytes, context of a length fixed by the label.
"""

from __future__ import annotations

from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.errors import SealBroken

HEADER_BYTES = 6
OVERHEAD_BYTES = 34
ID_BYTES = 16
KEY_BYTES = 32
FORMAT_AND_ALGORITHM = b"\x01\x01"


def header_of(number: int) -> bytes:
    """Give the six header bytes for a key's version or generation."""
    return FORMAT_AND_ALGORITHM + number.to_bytes(4, "big")


def seal(aead: AESGCM, label: bytes, number: int, context: bytes, plaintext: bytes) -> bytes:
    """Seal `plaintext` under a fresh random nonce; `number` is the key's version or generation, 0 to 2**32 - 1.

    Raises OverflowError for a number that does not fit and TypeError for a plaintext that is not bytes.
    """
    header = header_of(number)
    nonce = urandom(12)
    return header + nonce + aead.encrypt(nonce, plaintext, label + header + context)


def unseal(aead: AESGCM, label: bytes, context: bytes, blob: bytes) -> bytes:
    """Give back what `seal` took; anything else raises SealBroken."""
    if type(blob) is not bytes or len(blob) < OVERHEAD_BYTES or blob[:2] != FORMAT_AND_ALGORITHM:
        raise SealBroken
    try:
        return aead.decrypt(blob[6:18], blob[18:], label + blob[:6] + context)
    except (InvalidTag, OverflowError):
        raise SealBroken from None


def number_of(blob: bytes) -> int:
    """Read the key version or generation a blob names, so that its one key can be fetched; not yet authenticated."""
    if type(blob) is not bytes or len(blob) < OVERHEAD_BYTES or blob[0] != 1:
        raise SealBroken
    return int.from_bytes(blob[2:6], "big")


def three_ids(first: bytes, second: bytes, third: bytes) -> bool:
    """Tell whether all three are ids: without fixed lengths, bytes could move from one id into the next."""
    return type(first) is type(second) is type(third) is bytes and len(first) == len(second) == len(third) == ID_BYTES

"""Second factors, one-time codes and tokens: how they are made, stored and recognised."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote, urlencode

from portal.crypto.canonical import CROCKFORD, one_time_code

TOTP_DIGITS = 6
TOTP_PERIOD_SECONDS = 30
TOTP_WINDOW_STEPS = 1
TOTP_SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_CODE_CHARACTERS = 16  # 80 bits; SP 800-63B-4 4.2.1.1 asks for 64
STATEMENT_CODE_CHARACTERS = 12  # 60 bits
TOKEN_BYTES = 32


def new_totp_secret() -> bytes:
    """Make a TOTP secret of 20 random bytes (RFC 4226 R6); store it sealed."""
    return secrets.token_bytes(TOTP_SECRET_BYTES)


def totp_step(now_seconds: float) -> int:
    """Number the 30-second step of an instant in Unix time."""
    return int(now_seconds // TOTP_PERIOD_SECONDS)


def totp(secret: bytes, step: int, digits: int = TOTP_DIGITS) -> str:
    """Compute the code of a step by HMAC-SHA1 (RFC 6238, RFC 4226 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def match_totp(secret: bytes, given: str, now_seconds: float, *, last_step: int | None) -> int | None:
    """Return the step that a given code belongs to, at most one away from now, or None.

    Store the step and hand it back as `last_step`: a code works once, and none older works after it (RFC 6238 5.2).
    Blanks inside the code are ignored.
    """
    code = "".join(given.split())
    if len(code) != TOTP_DIGITS or not (code.isascii() and code.isdigit()):
        return None
    now = totp_step(now_seconds)
    matched = None
    for step in range(max(now - TOTP_WINDOW_STEPS, 0), now + TOTP_WINDOW_STEPS + 1):
        right = hmac.compare_digest(totp(secret, step), code)
        if right and matched is None and (last_step is None or step > last_step):
            matched = step
    return matched


def otpauth_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """Write the key URI that authenticator apps read from a QR code; it holds the secret."""
    query = {
        "secret": b32encode(secret).decode().rstrip("="),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": str(TOTP_DIGITS),
        "period": str(TOTP_PERIOD_SECONDS),
    }
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='@')}?{urlencode(query, quote_via=quote)}"


def _new_code(characters: int) -> str:
    code = "".join(secrets.choice(CROCKFORD) for _ in range(characters))
    return "-".join(code[start : start + 4] for start in range(0, characters, 4))


def new_recovery_codes() -> list[str]:
    """Make ten recovery codes of 16 Crockford base32 characters in groups of four; store their digests only."""
    return [_new_code(RECOVERY_CODE_CHARACTERS) for _ in range(RECOVERY_CODES)]


def new_statement_code() -> str:
    """Make the code printed on a mailed statement: 12 Crockford base32 characters in groups of four."""
    return _new_code(STATEMENT_CODE_CHARACTERS)


def code_digest(key: bytes, owner: bytes, code: str) -> bytes | None:
    """Compute what is stored of a recovery or mailed code: HMAC-SHA256 over its owner's id (16) and the code.

    `key` is `Keyring.index_key` of the index "one-time-code". The code is read as people write it (hyphens, blanks and
    case do not matter; I and L are 1, O is 0); what cannot be a code has no digest.
    """
    if len(owner) != 16:
        raise ValueError("an owner is an id of 16 bytes")
    form = one_time_code(code)
    return hmac.digest(key, owner + form.encode(), "sha256") if form else None


def match_digests(given: Iterable[bytes], stored: Iterable[bytes]) -> bytes | None:
    """Return the stored digest that is among those given, or None; all are compared, each in constant time."""
    kept = list(stored)
    found = [one for digest in given for one in kept if hmac.compare_digest(digest, one)]
    return found[0] if found else None


def session_token() -> str:
    """Make a session's reference token, 32 random bytes; only its digest is stored; each sign-in level has its own."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def link_token() -> str:
    """Make the token of a one-time link, 32 random bytes; only its digest is stored."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """Compute what is stored of a token: SHA-256. A token is random, so neither salt nor slowness is needed."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()

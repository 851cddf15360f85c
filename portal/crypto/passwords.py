"""Passwords: which may be chosen, how they are hashed, and how they are checked (SP 800-63B-4 3.1.1.2)."""

from __future__ import annotations

import re
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from os import urandom
from typing import Literal, NamedTuple

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import matching, scoring

MIN_LENGTH_WITH_SECOND_FACTOR = 12
MIN_LENGTH_ALONE = 15
MAX_LENGTH = 256

Refusal = Literal["too-short", "too-long", "unusable", "common", "personal"]

# Between zxcvbn's third and highest score: far more guesses than the 50 failures after which a password is disabled.
_MIN_GUESSES = 10**9
# zxcvbn takes seconds for long passwords made to slow it down; whatever begins with 32 good characters is good.
_JUDGED_LENGTH = 32
_UNUSABLE = frozenset({"Cc", "Cn", "Cs"})  # control, unassigned (its normal form may still change), surrogate
_WORD = re.compile(r"[^\W_]{3,}")
_SALT_BYTES = 16
_HASH_BYTES = 32


class Verdict(NamedTuple):
    """Whether the password was right, and whether its stored hash is weaker than what is made today."""

    ok: bool
    needs_rehash: bool


def judge(password: str, context_words: Iterable[str], *, second_factor: bool) -> Refusal | None:
    """Say why a new password is refused, or None.

    At least 12 code points with a second factor and 15 without, at most 256; neither in zxcvbn's lists of common
    passwords, words and names, nor built of them or of `context_words` (the service, the practice, the user's own
    names and addresses) so simply that it would be guessed. There is no rule about kinds of characters.
    """
    if len(password) > 4 * MAX_LENGTH:
        return "too-long"
    password = unicodedata.normalize("NFC", password)
    if len(password) < (MIN_LENGTH_WITH_SECOND_FACTOR if second_factor else MIN_LENGTH_ALONE):
        return "too-short"
    if len(password) > MAX_LENGTH:
        return "too-long"
    if any(unicodedata.category(c) in _UNUSABLE for c in password):
        return "unusable"
    words = [word for text in context_words for word in (text.lower(), *_WORD.findall(text.lower()))]
    if _guesses(password, words) >= _MIN_GUESSES:
        return None
    return "common" if _guesses(password, []) < _MIN_GUESSES else "personal"


def _guesses(password: str, words: list[str]) -> int:
    # zxcvbn.zxcvbn() would leave the words in a table shared by all threads.
    ranked = {**matching.RANKED_DICTIONARIES, "user_inputs": matching.build_ranked_dict(words)}
    judged = password[:_JUDGED_LENGTH]
    return int(scoring.most_guessable_match_sequence(judged, matching.omnimatch(judged, ranked))["guesses"])


class Passwords:
    """Argon2id hashing of which at most `at_once` run at a time, since each takes `memory_kib` and a core.

    Parameters below those of ASVS 5.0 appendix C raise ValueError. Share one between all threads.
    """

    def __init__(self, at_once: int, *, time_cost: int = 3, memory_kib: int = 65_536, parallelism: int = 4) -> None:
        least_mib = {1: 46, 2: 19}.get(time_cost, 12)
        if time_cost < 1 or memory_kib < least_mib * 1024:
            raise ValueError("Argon2id parameters are below ASVS appendix C")
        self._slots = threading.BoundedSemaphore(at_once)
        self._hasher = PasswordHasher(
            time_cost, memory_kib, parallelism, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES, type=Type.ID
        )
        parts = (b64encode(urandom(length)).decode().rstrip("=") for length in (_SALT_BYTES, _HASH_BYTES))
        # A hash that belongs to no password: as slow to check as a real one, and never right.
        self._nobody = "$".join(("", "argon2id", "v=19", f"m={memory_kib},t={time_cost},p={parallelism}", *parts))

    def hash_password(self, password: str) -> str:
        """Hash a password, as its NFC UTF-8, into a PHC string with its own salt and parameters.

        Raises ValueError for one that `judge` refuses as too long or that is not Unicode text.
        """
        prepared = _prepared(password)
        if prepared is None:
            raise ValueError("not a password that can be stored")
        with self._slots:
            return self._hasher.hash(prepared)

    def verify_password(self, stored: str | None, given: str) -> Verdict:
        """Check a password; an unknown user (None), a broken hash or an overlong password is wrong in the same time."""
        prepared = _prepared(given)
        if stored is None or prepared is None or not stored.startswith("$argon2id$"):
            return self._verify(self._nobody, prepared or b"")
        return self._verify(stored, prepared)

    def _verify(self, stored: str, prepared: bytes) -> Verdict:
        with self._slots:
            try:
                self._hasher.verify(stored, prepared)
            except (VerificationError, InvalidHashError):
                return Verdict(ok=False, needs_rehash=False)
        return Verdict(ok=True, needs_rehash=self._hasher.check_needs_rehash(stored))


def _prepared(password: str) -> bytes | None:
    if len(password) > 4 * MAX_LENGTH:  # before the work of normalising; NFC shortens no text to less than a quarter
        return None
    normal = unicodedata.normalize("NFC", password)
    try:
        return normal.encode() if len(normal) <= MAX_LENGTH else None
    except UnicodeEncodeError:
        return None

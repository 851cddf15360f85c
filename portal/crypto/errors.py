"""What can go wrong with secrets: a broken seal, a key whose state forbids the use, an unusable root."""

from __future__ import annotations


class SealBroken(Exception):
    """A sealed value, wrapped key or commitment was refused.

    One class and one message for every cause (tag, length, type, key, place, commitment, padding, format), so that
    nothing about the cause reaches a page or a log (SECURITY 2.7). Raise it `from None`.
    """

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "sealed value refused"


class KeyRefused(Exception):
    """A key is known, or is needed, but no generation is in a state that allows the use."""


class RootRefused(Exception):
    """A root key cannot be taken into service; the message says why and never holds key material."""

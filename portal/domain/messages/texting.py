"""Text messages that come back: what somebody answered, once the gateway has proved who handed it in."""

from __future__ import annotations

from dataclasses import dataclass


class ReplyRefused(Exception):
    """What claims to be an answered text message is not proved to be one; the argument is a code."""

    @property
    def code(self) -> str:
        """Why, as a code."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Reply:
    """An answered text message: the telephone it came from, in ten digits, and its words."""

    phone: str
    words: str

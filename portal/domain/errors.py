"""The three ways in which a step of the trade can be turned down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.domain.texts import Text


class TradeError(Exception):
    """A step that was turned down, with a Text that says what, where and what to do."""

    def __init__(self, text: Text, *, code: str) -> None:
        """`code` is a short reason from a closed list; it goes to the audit log, the text to the person."""
        super().__init__(code)
        self.text = text
        self.code = code


class Refused(TradeError):
    """The rules do not allow the step, or this person may not take it."""


class NotFound(TradeError):
    """There is no such thing within this person's reach; absent and out of reach are told alike."""


class Conflict(TradeError):
    """Someone else changed the thing first, or a key was used again with other content."""

"""Mail as the trade knows it: what can become of one that was handed over for sending."""

from __future__ import annotations


class MailRefused(Exception):
    """The mail was surely not sent and never will be as it is: the address or the mail itself was turned down."""


class MailDelayed(Exception):
    """The mail was surely not sent, and may go later: the server was not there, or said to come again."""


class MailUncertain(Exception):
    """The mail may or may not have been sent; it is not repeated by itself."""

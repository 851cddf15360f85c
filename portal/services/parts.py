"""What the services ask of the world, as Protocols over domain types; `runtime` hands in what satisfies them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from portal.domain.dates import Clock
from portal.domain.documents import PagePicture
from portal.domain.messages.texting import Reply
from portal.domain.payments import CardEvent, Checkout, CheckoutState
from portal.domain.realtime import Service
from portal.domain.refunds import RefundState
from portal.domain.transport import Server


class Cards(Protocol):
    """The card processor; every call may raise CardsUnavailable or CardsRefused."""

    def open_checkout(
        self, *, payment_id: str, amount_cents: int, return_url: str, cancel_url: str, key: str, expires_at: datetime
    ) -> Checkout:
        """A page of the processor to pay on."""

    def checkout(self, checkout_id: str) -> CheckoutState:
        """What became of it."""

    def expire(self, checkout_id: str) -> None:
        """Close an open checkout."""

    def fee(self, intent: str) -> int | None:
        """What the processor kept, in cents."""

    def refund(self, intent: str, amount_cents: int, key: str) -> RefundState:
        """Send back part or all of a payment, once per key."""

    def verify(self, body: bytes, signature: str, now: datetime) -> CardEvent:
        """The event of a webhook whose signature and time hold; raises CardsRefused."""

    def events_since(self, instant: datetime) -> Iterator[CardEvent]:
        """Events as the processor lists them, for what lost webhooks missed."""


class Paper(Protocol):
    """Makes PDFs; slow, so only jobs call it."""

    def statement(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A statement as tagged PDF (PDF/UA-1)."""

    def letter(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A letter to a payer (`domain.letters.dump`) as tagged PDF (PDF/UA-1)."""

    def notice(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A letter about a bill that waits (`services.dunning.letters`) as tagged PDF (PDF/UA-1)."""

    def own_letter(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A letter to a patient, paragraph by paragraph (`services.assistance.letters`), as tagged PDF (PDF/UA-1)."""

    def receipt(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A receipt of a payment as tagged PDF (PDF/UA-1)."""


class Scans(Protocol):
    """Draws the pages of documents that came in; slow, so only jobs call it."""

    def pages(self, body: bytes, media_type: str, *, first: int = 1) -> Iterator[PagePicture]:
        """Pictures of the pages from the `first` on (from 1), PNG or JPEG; raises Unshowable (domain.documents)."""


class Mailer(Protocol):
    """Sends mail."""

    def send(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> bytes:
        """Send one mail once, and give the SHA-256 of its words.

        With a parameter `stop`, an address with which its reader wants no more. Raises MailRefused, MailDelayed or
        MailUncertain (domain.messages.mail).
        """


class Texter(Protocol):
    """Sends text messages to US telephone numbers, and reads what comes back."""

    def send(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> bytes:
        """Send one message once, and give the SHA-256 of its words; raises as a mailer does."""

    def reply(self, body: bytes, signature: str, at: float) -> Reply:
        """An answer whose signature and time (seconds since 1970) hold; raises ReplyRefused."""


class Exchange(Protocol):
    """Where files for a partner go and files from it come from; may raise OSError or TransportFault."""

    def lay(self, folder: str, name: str, body: bytes) -> None:
        """Write a file aside, under a name that nobody takes for a whole file."""

    def hand(self, folder: str, name: str, body: bytes) -> None:
        """Give a file that was laid aside its name, once, however often it is asked for; never over another file."""

    def names(self, folder: str) -> Sequence[str]:
        """Files waiting to be taken in, by name."""

    def stamp(self, folder: str, name: str) -> tuple[int, int]:
        """Size and time of the last change of a waiting file, unread; raises FileNotFoundError when it is gone."""

    def take(self, folder: str, name: str) -> bytes:
        """The bytes of a waiting file; raises FileNotFoundError when it is gone."""

    def done(self, folder: str, name: str) -> None:
        """Put a waiting file away once it is stored."""


class Sftp(Protocol):
    """Reaches partners' servers."""

    def __call__(self, folder: str, server: Server) -> AbstractContextManager[Exchange]:
        """The exchange with one partner, named `folder`, while the block lasts; may raise TransportFault."""


class Realtime(Protocol):
    """Asks services of partners that answer while one waits."""

    def __call__(self, service: Service, password: str, body: bytes, *, kind: str, id_: bytes, at: datetime) -> bytes:
        """The X12 answer to one question; `id_` is the same when it is asked again; may raise TransportFault."""


class Enqueue(Protocol):
    """Puts a job into the engine of a store that has its own (PostgreSQL), on the unit of work's own connection."""

    def __call__(
        self,
        connection: Any,
        *,
        name: str,
        key: str,
        practice: str | None,
        ids: Mapping[str, str],
        run_after: datetime | None,
        urgent: bool,
    ) -> None:
        """Enqueue within the caller's transaction; ids are hex, `run_after` None is at once."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The world as the services know it, and the few facts of the installation that they need."""

    clock: Clock
    cards: Cards | None
    """None where no processor is set up: the page says how else to pay."""
    paper: Paper
    scans: Scans
    mailer: Mailer
    texter: Texter | None
    """None where text messages are not set up."""
    exchange: Exchange
    sftp: Sftp
    realtime: Realtime
    public_url: str
    demo: bool
    release: str
    installation: bytes
    anchor_file: Path

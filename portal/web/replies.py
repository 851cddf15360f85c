"""What a view gives back: a page to render, a place to go, or a file; the guard makes the response of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.domain.texts import Text


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what it shows: `page` is a frozen dataclass from a service, `more` small things of the view."""

    template: str
    page: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Go:
    """303 to an address of ours (or, `outside`, to the card processor's), with a notice shown once there."""

    location: str
    notice: Text | None = None
    tone: str = "good"
    outside: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A download: sealed off by a sandbox policy and always an attachment, but for PDFs and pictures shown `inline`."""

    name: str
    media_type: str
    body: bytes
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Plain:
    """A bare body, for machines: health, metrics, webhooks."""

    body: str
    status: int = 200
    media_type: str = "text/plain; charset=utf-8"


Reply = Page | Go | File | Plain

"""Questions that a partner answers while one waits: where, as whom, and how its answer must look."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.domain.errors import Refused
from portal.domain.texts import T_

MOST_SIGNS = 50
"""Of a name in the envelope (CAQH CORE 270 version 2.2.0, 4.4.2)."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Service:
    """A partner's service for questions in real time; its password is kept sealed and is no part of it."""

    url: str
    user: str
    sender: str
    receiver: str


def service(url: str, user: str, *, sender: str, receiver: str) -> Service:
    """A partner's service as an administrator states it, by https, or by http on this machine.

    Raises Refused `service-url`, `service-name` with what is out of shape.
    """
    clean = url.strip()
    try:
        parts = urlsplit(clean)
        host, _ = parts.hostname, parts.port  # a port that is none raises here
    except ValueError:
        host = None
    known = host is not None and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
    if not known or "@" in parts.netloc or parts.fragment or not clean.isprintable() or len(clean) > 500:
        raise Refused(
            T_("The address of a service begins with https:// and holds no password: {url} does not.", url=clean[:200]),
            code="service-url",
        )
    names = [name.strip() for name in (user, sender, receiver)]
    for name in names:
        if not name or len(name) > MOST_SIGNS or not (name.isascii() and name.isprintable()):
            text = T_(
                "User, sender and receiver of a service are 1 to {n} plain signs each: {name} is not.",
                n=MOST_SIGNS, name=name[:80],
            )  # fmt: skip
            raise Refused(text, code="service-name")
    return Service(clean, *names)

"""Fields of an 837's segments as text, and the parties they name."""

from __future__ import annotations

from portal.domain.claims import Address, Person, Rendering
from portal.x12.claims.loops import Loop, Span, find
from portal.x12.reader import Segment


def text(segment: Segment | None, n: int) -> str:
    """An element without blanks around it; empty where the segment is not there."""
    return segment.get(n).strip() if segment is not None else ""


def reference(loop: Loop, qualifier: str) -> str:
    """REF02 of a qualifier."""
    return text(loop.first("REF", qualifier), 2)


def address(span: Span) -> Address | None:
    """N3 and N4 of a name loop."""
    street, town = find(span, "N3"), find(span, "N4")
    if street is None and town is None:
        return None
    postal = text(town, 3).replace("-", "")
    return Address(text(street, 1), text(town, 1), text(town, 2), postal, text(street, 2))


def npi(name: Segment) -> str:
    """The NPI of an NM1."""
    return text(name, 9) if text(name, 8) == "XX" else ""


def provider(span: Span | None, taxonomy_of: str = "PE") -> Rendering | None:
    """A provider of the claim: rendering, attending, operating …"""
    if not span:
        return None
    name = span[0]
    return Rendering(npi(name), text(name, 3), text(name, 4), text(find(span, "PRV", taxonomy_of), 3))


def named(span: Span) -> Person:
    """A person as an NM1 names it, with the address."""
    name = span[0]
    return Person(text(name, 3), text(name, 4), text(name, 5), text(name, 7), address=address(span))

"""What the titles of ICD-10-CM codes say of their use: the side of the body, and what only stands behind a disease.

The titles are public domain (NCHS); they are read as they were loaded, and none comes with us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

Side = Literal["", "right", "left", "both", "unsaid"]

_MANIFESTATION: Final = re.compile(r"\bin\b.*\bclassified elsewhere\b")
_WORDS: Final = {word: re.compile(rf"\b{word}\b") for word in ("right", "left", "bilateral", "unspecified")}


class Title(NamedTuple):
    """What the title of a code says."""

    manifestation: bool = False
    """A disease within one that is classified elsewhere, which stands before it (Official Guidelines I.A.13)."""
    side: Side = ""
    """`unsaid` where the list has the same for the right and the left side, and this code says neither."""


NOTHING: Final = Title()


def said(titles: Mapping[str, str]) -> dict[str, Title]:
    """Of titles by code, those that say something, read beside each other.

    A word for a side counts only where the same title stands with the other side: a left bundle branch is no side.
    """
    lowered = {code: title.lower() for code, title in titles.items()}
    standing = frozenset(lowered.values())
    kept: dict[Title, Title] = {}
    found: dict[str, Title] = {}
    for code, title in lowered.items():
        read = Title("classified elsewhere" in title and bool(_MANIFESTATION.search(title)), _side(title, standing))
        if read != NOTHING:
            found[code] = kept.setdefault(read, read)
    return found


def _side(title: str, standing: frozenset[str]) -> Side:
    if "bilateral" in title and _WORDS["bilateral"].search(title):
        return "both"
    if "right" in title and _turned(title, "right", "left") in standing:
        return "right"
    if "left" in title and _turned(title, "left", "right") in standing:
        return "left"
    if "unspecified" in title and any({right, left} <= standing for right, left in _sides_of(title)):
        return "unsaid"
    return ""


def _turned(title: str, one: str, other: str) -> str:
    """The title with the other side; empty where it does not say the one."""
    turned = _WORDS[one].sub(other, title)
    return "" if turned == title else turned


def _sides_of(title: str) -> Iterator[tuple[str, str]]:
    """The title with each of its words `unspecified` made right, and left."""
    for at in _WORDS["unspecified"].finditer(title):
        before, after = title[: at.start()], title[at.end() :]
        yield f"{before}right{after}", f"{before}left{after}"

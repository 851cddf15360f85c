"""How X12 writes text and numbers: the character set, separators, trailing empties, type R."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from portal.x12.reader import Delimiters

Element: TypeAlias = str | Sequence[str]
"""One element to write: a text, or a composite as the sequence of its components, or `Repeats`."""


class Repeats(tuple[str, ...]):
    """One element that is repeated, to write: its repetitions, joined by the separator of ISA11."""

    __slots__ = ()


STANDARD = Delimiters()
_UNFOLDED = str.maketrans(
    {"Ø": "O", "Đ": "D", "Ł": "L", "Æ": "AE", "Œ": "OE", "Þ": "TH", "Ð": "D", "ẞ": "SS"}
    | dict.fromkeys("\u2018\u2019", "'")
    | dict.fromkeys("\u201c\u201d", '"')
    | dict.fromkeys("\u2013\u2014", "-")
)
"""What Unicode decomposition (NFKD) leaves outside ASCII though it has an ASCII form."""


def segment_text(segment: Sequence[Element], delimiters: Delimiters) -> str:
    """One segment with its terminator: text cleaned, trailing empty components and elements dropped."""
    elements = []
    for element in segment:
        if isinstance(element, str):
            elements.append(plain(element, delimiters))
        else:
            mark = delimiters.repetition if isinstance(element, Repeats) else delimiters.component
            elements.append(_joined([plain(part, delimiters) for part in element], mark))
    return _joined(elements, delimiters.element) + delimiters.terminator


def _joined(parts: list[str], separator: str) -> str:
    while parts and not parts[-1]:
        parts.pop()
    return separator.join(parts)


def plain(text: str, delimiters: Delimiters = STANDARD) -> str:
    """Text as X12 carries it: upper-case ASCII, accents folded, separators and control characters made blanks.

    What has no ASCII form becomes a question mark; leading and trailing blanks go, blanks in a row become one.
    """
    if not (text.isascii() and text.isalnum()):
        folded = unicodedata.normalize("NFKD", text.upper().translate(_UNFOLDED))
        text = "".join(c if c.isascii() else "?" for c in folded if not unicodedata.combining(c))
        text = "".join(c if c.isprintable() else " " for c in text)
    text = text.upper()
    for mark in (delimiters.element, delimiters.component, delimiters.repetition, delimiters.terminator):
        text = text.replace(mark, " ") if mark else text
    return " ".join(text.split())


def decimal_text(value: Decimal) -> str:
    """A number as X12 type R: no needless noughts, no point when whole, minus only when negative (X12 RFI 396)."""
    text = f"{value:f}"
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    digits = digits.lstrip("0")
    return sign + digits if digits else "0"


def number(cents: int) -> str:
    """Whole cents as an amount of type R: 12350 is 123.5, 5 is .05."""
    return decimal_text(Decimal(cents).scaleb(-2))

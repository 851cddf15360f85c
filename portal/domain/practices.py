"""A practice and its providers: the shapes of their identifiers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_CODE = 20
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_TAXONOMY = re.compile(r"[0-9]{3}[A-Z0-9]{6}X")
STATES = frozenset({
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK",
    "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC", "AS", "GU", "MP",
    "PR", "VI", "AA", "AE", "AP", "FM", "MH", "PW",
})  # fmt: skip
"""States, territories and military addresses as the Postal Service abbreviates them (Publication 28, appendix B)."""
_NPI = re.compile(r"[12][0-9]{9}")
_NINE = re.compile(r"[0-9]{9}")
_ZIP = re.compile(r"[0-9]{5}(?:[0-9]{4})?")
_PHONE = re.compile(r"[2-9][0-9]{9}")
_PO_BOX = re.compile(r"(?i)\bP\s*\.?\s*O\s*\.?\s*BOX\b|\bPOST\s+OFFICE\s+BOX\b|\bLOCK\s?BOX\b")


def is_practice_code(text: str) -> bool:
    """Whether a text names a practice in commands: lower-case letters and digits, hyphens between, at most 20."""
    return len(text) <= _LONGEST_CODE and _CODE.fullmatch(text) is not None


def partner_folder(text: str) -> str | None:
    """The one name below the exchange that a path leads to, however it is spelled; None when it leads elsewhere.

    Of letters, digits, point, hyphen and underscore, so that no two names look alike to a person.
    """
    name = posixpath.normpath(text) if text else ""
    return name if _FOLDER.fullmatch(name) else None


@lru_cache(maxsize=4096)
def is_npi(text: str) -> bool:
    """Whether ten digits are an NPI: first 1 or 2, and Luhn over 80840 and the ten (45 CFR 162.406)."""
    if not _NPI.fullmatch(text) or not text.isascii():
        return False
    # 24 is what the prefix 80840 adds to the Luhn sum.
    total = 24
    for at, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_ein(text: str) -> bool:
    """Whether a text has the nine digits of an employer id, without a hyphen."""
    return _NINE.fullmatch(text) is not None


def is_taxonomy(text: str) -> bool:
    """Whether a text has the shape of a taxonomy code: ten characters that end in X (NUCC)."""
    return _TAXONOMY.fullmatch(text) is not None


def is_zip(text: str, *, nine: bool = False) -> bool:
    """Whether a text is a ZIP of five or nine digits without a hyphen; `nine` asks for all nine."""
    return _ZIP.fullmatch(text) is not None and (not nine or len(text) == 9)


def phone_written(digits: str) -> str:
    """Ten digits as people write a telephone number; anything else as it is."""
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 and digits.isdecimal() else digits


def address_lines(address: Mapping[str, Any] | None) -> tuple[str, ...]:
    """An address as it stands on an envelope; nothing for none."""
    if not address:
        return ()
    code = address["postal_code"]
    zip_ = f"{code[:5]}-{code[5:]}" if len(code) == 9 else code
    last = f"{address['city']}, {address['state']} {zip_}"
    return tuple(line for line in (address["line1"], address.get("line2", ""), last) if line)


def is_phone(text: str) -> bool:
    """Whether a text is a US telephone number of ten digits without punctuation."""
    return _PHONE.fullmatch(text) is not None


def is_post_box(line: str) -> bool:
    """Whether an address line names a post office box, which loop 2010AA does not take."""
    return _PO_BOX.search(line) is not None

"""Canonical forms: what must be equal for two values to count as the same in a blind index (SECURITY 2.6).

Each function is one rule in version 1. A changed rule needs a new index code, since stored tokens follow the old one.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

SEPARATOR = "\x1f"
"""Stands between the parts of a compound; no rule lets it through."""

_EXTENSION = re.compile(r"\s*(?:;ext=|ext(?:ension|n)?\.?|x|#)\s*[0-9]*\s*\Z", re.IGNORECASE)
_ZIP = re.compile(r"([0-9]{5})(?:-?[0-9]{4})?\Z")

# The everyday words of USPS Publication 28, appendices B and C; the rest are left as written.
_STREET_WORDS = {
    "ALLEY": "ALY", "AVENUE": "AVE", "BOULEVARD": "BLVD", "CIRCLE": "CIR", "COURT": "CT", "DRIVE": "DR",
    "EXPRESSWAY": "EXPY", "FREEWAY": "FWY", "HEIGHTS": "HTS", "HIGHWAY": "HWY", "LANE": "LN", "PARKWAY": "PKWY",
    "PLACE": "PL", "PLAZA": "PLZ", "ROAD": "RD", "SQUARE": "SQ", "STREET": "ST", "TERRACE": "TER", "TRAIL": "TRL",
    "TURNPIKE": "TPKE", "AV": "AVE", "PKY": "PKWY", "STR": "ST",
    "NORTH": "N", "EAST": "E", "SOUTH": "S", "WEST": "W",
    "NORTHEAST": "NE", "NORTHWEST": "NW", "SOUTHEAST": "SE", "SOUTHWEST": "SW",
    "APARTMENT": "UNIT", "APT": "UNIT", "SUITE": "UNIT", "STE": "UNIT", "ROOM": "UNIT", "RM": "UNIT",
}  # fmt: skip


def _kept(text: str) -> str:
    """Keep the letters and digits of all scripts."""
    if text.isascii():
        return "".join(filter(str.isalnum, text))
    return "".join(c for c in text if (kind := unicodedata.category(c))[0] == "L" or kind == "Nd")


def _unmarked(text: str) -> str:
    """Decompose, and drop the combining marks."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M")


def identifier(text: str) -> str:
    """Reduce a member id, record, account or control number: NFKC, upper case, letters and digits."""
    return _kept(unicodedata.normalize("NFKC", text).upper())


def name(text: str) -> str:
    """Reduce a name: NFKD, no combining marks, casefold, NFKC, letters and digits of all scripts."""
    return _kept(unicodedata.normalize("NFKC", _unmarked(text).casefold()))


def birth(day: date) -> str:
    """Write a birth date as YYYY-MM-DD."""
    return date(day.year, day.month, day.day).isoformat()


def phone(text: str) -> str:
    """Write a phone number as E.164, taking ten digits for a US one; empty where no country can be told.

    An extension is dropped; letters make it no number.
    """
    plain = _EXTENSION.sub("", unicodedata.normalize("NFKC", text)).strip()
    if any(c.isalpha() for c in plain):
        return ""
    digits = "".join(c for c in plain if c in "0123456789")
    if plain.startswith("+"):
        international = digits
    elif digits.startswith("011"):  # the dialling prefix from the US to abroad
        international = digits[3:]
    elif len(digits) == 10:
        international = "1" + digits
    elif len(digits) == 11 and digits[0] == "1":
        international = digits
    else:
        return ""
    fits = len(international) == 11 if international.startswith("1") else 7 <= len(international) <= 15
    return "+" + international if fits and not international.startswith("0") else ""


def email(text: str) -> str:
    """Reduce an e-mail address: NFKC, casefold, no blanks around it."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def street(text: str) -> str:
    """Reduce a street line: no marks, upper case, postal abbreviations, every kind of unit written alike."""
    plain = _unmarked(text).upper().replace("#", " UNIT ")
    plain = "".join(c for c in plain if c not in ".'\u2019")
    words: list[str] = []
    for word in "".join(c if _kept(c) else " " for c in plain).split():
        short = _STREET_WORDS.get(word, word)
        if short == "UNIT" and words[-1:] == ["UNIT"]:
            continue  # "Apt #4" is one unit
        words.append(short)
    return " ".join(words).replace("P O BOX", "PO BOX")


def zip5(text: str) -> str:
    """Take the five digits of a ZIP or ZIP+4 code; empty for anything else."""
    found = _ZIP.match(unicodedata.normalize("NFKC", text).strip())
    return found[1] if found else ""


def one_time_code(text: str) -> str:
    """Read a Crockford base32 code as people write it: no blanks or hyphens, upper case, I and L as 1, O as 0.

    Empty where another character occurs.
    """
    plain = "".join(text.split()).replace("-", "").upper().translate(_CROCKFORD_LOOKALIKES)
    return plain if set(plain) <= _CROCKFORD_SET else ""


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_SET = frozenset(CROCKFORD)
_CROCKFORD_LOOKALIKES = str.maketrans("ILO", "110")


def digest(value: bytes) -> str:
    """The hex digits of a digest."""
    return value.hex()

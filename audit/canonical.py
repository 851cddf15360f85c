"""How values are written in the log: one spelling for each, so that equal things have equal bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

TEXT_LIMIT: Final = 200  # characters of a text that a user may have chosen

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/-]{0,79}")
_HEX: Final = re.compile(r"[0-9a-f]*")
_LARGEST: Final = 2**53 - 1  # the integers that RFC 8785 (and every JSON reader) carries exactly

Id = bytes | str
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> bytes:
    """JSON in UTF-8 with sorted ASCII keys and no blanks; equal to RFC 8785 for what has no floats in it."""
    return _encode(value).encode()


def instant(moment: datetime) -> str:
    """An instant as YYYY-MM-DDTHH:MM:SS.ffffffZ, of fixed width, so that texts sort as times; refuses a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a naive instant has no place in the log")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def clip(text: str) -> str:
    """A text that a user may have chosen, cut to TEXT_LIMIT with a mark that tells how many characters went.

    What is no Unicode (lone surrogates) becomes a question mark, since it has no UTF-8.
    """
    text = text.encode("utf-8", "replace").decode()
    if len(text) <= TEXT_LIMIT:
        return text
    kept = TEXT_LIMIT - 20
    return f"{text[:kept]}…[{len(text) - kept} cut]"


def without_none(found: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping without its absent values: absent is left out, never null."""
    return {key: value for key, value in found.items() if value is not None}


def code(value: str) -> str:
    """A code or word as the log takes it: up to 80 letters, digits and : . _ / - ; else ValueError."""
    if _CODE.fullmatch(value) is None:
        raise ValueError(f"not a code: {value!r}")
    return value


def hexed(value: Id, size: int) -> str:
    """So many bytes, given as bytes or lower-case hex digits, as hex digits; else ValueError."""
    text = value.hex() if isinstance(value, bytes) else value
    if len(text) != 2 * size or (text is value and _HEX.fullmatch(text) is None):
        raise ValueError(f"not {size} bytes or their lower-case hex digits")
    return text


def id16(value: Id) -> str:
    """An id of 16 bytes as 32 hex digits."""
    return hexed(value, 16)


def text(value: Id) -> str:
    """An id of any kind: bytes as hex digits, a text clipped, since a prober may have chosen it."""
    return value.hex() if isinstance(value, bytes) else clip(value)


def count(value: int) -> int:
    """A whole number from nought that every reader of JSON carries exactly; else ValueError."""
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError(f"not a count: {value!r}")
    return value

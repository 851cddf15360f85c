"""Canonical bytes of typed values, so that one value has one plaintext (SECURITY 2.3)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from portal.crypto.errors import SealBroken

_SAFE_INTEGER = 2**53 - 1  # RFC 8785: beyond it other readers lose digits
_DECIMAL_DIGITS = 60


def _text(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("text is a str")
    return (value if value.isascii() else unicodedata.normalize("NFC", value)).encode()


def _date(value: object) -> bytes:
    if type(value) is not date:  # a datetime is a date too, and would lose its time
        raise TypeError("date is a datetime.date")
    return value.isoformat().encode()


def _decimal(value: object) -> bytes:
    if not isinstance(value, Decimal):
        raise TypeError("decimal is a Decimal")
    if (
        not value.is_finite()
        or abs(value.adjusted()) > _DECIMAL_DIGITS
        or len(value.as_tuple().digits) > _DECIMAL_DIGITS
    ):
        raise ValueError("not a finite decimal of sensible length")
    plain = f"{value:f}"  # normalize() would round to the context's precision
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return b"0" if plain in {"0", "-0"} else plain.encode()


def _check_json(value: object) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if type(value) is int:
        if abs(value) > _SAFE_INTEGER:
            raise ValueError("an integer in JSON stays within 53 bits")
    elif type(value) is list:
        for item in value:
            _check_json(item)
    elif type(value) is dict:
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("keys in JSON are ASCII")
            _check_json(item)
    else:
        raise TypeError(f"{type(value).__name__} has no place in canonical JSON")


def _json(value: object) -> bytes:
    _check_json(value)
    return _dumped(value)


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def _refuse(_: str) -> NoReturn:
    raise ValueError("no fraction has a place in canonical JSON")


def _safe(digits: str) -> int:
    value = int(digits)
    if abs(value) > _SAFE_INTEGER:
        raise ValueError("an integer in JSON stays within 53 bits")
    return value


def _read_json(data: bytes) -> Any:
    """As `json.loads`, refusing what `_check_json` refuses while it reads: a statement holds thousands of values."""
    value = json.loads(data.decode(), parse_float=_refuse, parse_constant=_refuse, parse_int=_safe)
    if not data.isascii():
        _check_json(value)
    if _dumped(value) != data:
        raise SealBroken
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("bytes are bytes")
    return value


_ENCODERS: dict[str, Callable[[object], bytes]] = {
    "text": _text,
    "date": _date,
    "decimal": _decimal,
    "json": _json,
    "bytes": _bytes,
}

_DECODERS: dict[str, Callable[[bytes], Any]] = {
    # Whether text is still NFC is not asked: a newer Unicode may compose what an older one had not assigned,
    # and what was sealed must open for ever.
    "text": lambda data: data.decode(),
    "date": lambda data: date.fromisoformat(data.decode("ascii")),
    "decimal": lambda data: Decimal(data.decode("ascii")),
    "json": _read_json,
    "bytes": lambda data: data,
}

KINDS = frozenset(_ENCODERS)


def encode(kind: str, value: object) -> bytes:
    """Give the canonical bytes of a value of one of the `KINDS`.

    text is NFC UTF-8; date YYYY-MM-DD; decimal plain, without exponent or trailing zeros; json as in SECURITY 3.4;
    bytes as they are. Raises TypeError for a value of another type and ValueError for one without a canonical form
    (a lone surrogate, an infinite decimal, a float or a non-ASCII key in JSON). An unknown kind is a KeyError.
    """
    return _ENCODERS[kind](value)


def decode(kind: str, data: bytes) -> Any:
    """Give back the value; bytes that `encode` does not make raise SealBroken. The type follows the kind."""
    try:
        value = _DECODERS[kind](data)
        if kind in {"date", "decimal"} and _ENCODERS[kind](value) != data:
            raise SealBroken
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        raise SealBroken from None
    return value

"""Documents: their kinds, and what may be taken in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

MOST_BYTES = 25 * 1024 * 1024
"""Uploads and originals stay in memory and sealed rows (DESIGN 4)."""

KINDS: Mapping[str, Text] = MappingProxyType({
    "statement": T_("Statement"),
    "receipt": T_("Receipt"),
    "letter": T_("Letter"),
    "remittance": T_("Remittance"),
    "record": T_("Record"),
})  # fmt: skip


def check_size(size_bytes: int) -> None:
    """Raise Refused for an upload that is empty or larger than 25 MiB."""
    if size_bytes <= 0:
        raise Refused(T_("The file is empty. Choose another."), code="file-empty")
    if size_bytes > MOST_BYTES:
        raise Refused(
            T_("The file is larger than {most} MiB. Split it and try again.", most=MOST_BYTES // 1024 // 1024),
            code="file-too-large",
        )

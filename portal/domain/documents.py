"""Documents: their kinds, what may be taken in, and what is told of one that cannot be shown.

What a file is, is read from its bytes (OWASP ASVS 5.2.2): a name and a stated type are only what somebody says.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

MOST_BYTES = 25 * 1024 * 1024
"""Uploads and originals stay in memory and sealed rows (DESIGN 4)."""
MOST_PAGES = 200

KINDS: Mapping[str, Text] = MappingProxyType({
    "statement": T_("Statement"),
    "receipt": T_("Receipt"),
    "remittance": T_("Remittance"),
    "record": T_("Record"),
    "bill": T_("Bill of the visit"),
    "medical-record": T_("Medical record"),
    "referral": T_("Referral"),
    "registration-form": T_("Registration form"),
    "explanation-of-benefits": T_("Explanation of benefits"),
    "advance-notice": T_("Advance notice (ABN)"),
    "letter": T_("Letter"),
    "income-proof": T_("Proof of income"),
    "other": T_("Other"),
})  # fmt: skip

CLINICAL: Final = ("bill", "medical-record", "referral")
"""What coding a visit is read from."""
NOTICE: Final = "advance-notice"
"""That the patient knows what Medicare will not pay, signed before the service (CMS-R-131)."""
UPLOADS: Final = (*CLINICAL, "registration-form", "explanation-of-benefits", NOTICE, "letter", "income-proof", "other")
"""Kinds that come in; all others are made here."""

ABOUT: Mapping[str, Text] = MappingProxyType({
    "patient": T_("the account"),
    "encounter": T_("the visit"),
    "claim": T_("the claim"),
    "denial": T_("the denial"),
    "authorization": T_("the authorization"),
    "assistance": T_("the application for help"),
})  # fmt: skip
"""What a document can be attached to, by table."""

DETACHED: Mapping[str, Text] = MappingProxyType({
    "wrong-patient": T_("It is about another patient"),
    "wrong-place": T_("It belongs elsewhere"),
    "replaced": T_("A better copy came in"),
    "unreadable": T_("It cannot be read"),
    "other": T_("Another reason"),
})  # fmt: skip
"""Why a document is taken off; it is kept all the same."""

MAKING, SHOWN, NOT_SHOWN = "MAKING", "SHOWN", "NOT_SHOWN"
"""How far the pictures of a document's pages are."""

UNSHOWN: Mapping[str, Text] = MappingProxyType({
    "encrypted": T_("It is locked with a password. Ask for a copy without one."),
    "damaged": T_("It is damaged, or cut short. Ask for it again."),
    "too-many-pages": T_("It has more than {most} pages. Split it and add the parts.", most=MOST_PAGES),
    "too-large": T_("A page of it is larger than any sheet of paper that we show. Scan it at 300 dots an inch."),
    "too-heavy": T_("It takes more time or memory to draw than one document may use. Print it anew as a PDF."),
})  # fmt: skip
"""Why the pages of a document, or the rest of them, cannot be shown."""

_NEITHER = T_("This is no PDF, PNG, JPEG or TIFF, whatever its name says. Nothing was stored.")
_CUT = T_("The file is cut short, or something else hangs on its end. Save or scan it anew. Nothing was stored.")
_MANY = T_("It has more than {most} pages. Split it and add the parts. Nothing was stored.", most=MOST_PAGES)


class Unshowable(Exception):
    """A document's pages cannot be shown, or not from here on; `code` is one of `UNSHOWN`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class PagePicture:
    """The picture of one page: its number (from 1) of how many, PNG or JPEG, its size in dots, its bytes."""

    number: int
    of: int
    media_type: str
    width: int
    height: int
    body: bytes


def check_size(size_bytes: int) -> None:
    """Raise Refused for an upload that is empty or larger than 25 MiB."""
    if size_bytes <= 0:
        raise Refused(T_("The file is empty. Choose another."), code="file-empty")
    if size_bytes > MOST_BYTES:
        raise Refused(
            T_("The file is larger than {most} MiB. Split it and try again.", most=MOST_BYTES // 1024 // 1024),
            code="file-too-large",
        )


def look(body: bytes) -> str:
    """The media type of an upload, by its first and last bytes alone; nothing is unpacked or drawn here.

    Raises Refused: `file-empty`, `file-too-large`, `file-kind` for none of the four kinds, `file-cut` for one that does
    not end where its kind ends, `file-pages` for a TIFF of too many pages.
    """
    check_size(len(body))
    for begins, media_type, whole in _SIGNS:
        if body.startswith(begins):
            if not whole(body):
                raise Refused(_CUT, code="file-cut")
            return media_type
    raise Refused(_NEITHER, code="file-kind")


def _pdf_ends(body: bytes) -> bool:
    """The last line names where the cross-references are (ISO 32000-2, 7.5.5); readers look for it in the last KiB."""
    return b"%%EOF" in body[-1024:]


def _png_ends(body: bytes) -> bool:
    """The last chunk is an empty IEND, and nothing comes behind it (W3C PNG, 5.6)."""
    return body.endswith(b"\x00\x00\x00\x00IEND\xae\x42\x60\x82") and body[12:16] == b"IHDR"


def _jpeg_ends(body: bytes) -> bool:
    """The last marker is EOI (ITU-T T.81, B.1.1.3); some cameras fill up with zeros."""
    return body.rstrip(b"\x00").endswith(b"\xff\xd9")


def _tiff_ends(body: bytes) -> bool:
    """Each directory lies within the file, and none is met twice (TIFF 6.0, section 2)."""
    order = "<" if body.startswith(b"II") else ">"
    met: set[int] = set()
    at = _number(body, 4, order + "I")
    while at:
        entries = _number(body, at, order + "H") if at not in met else None
        if not entries:
            return False
        met.add(at)
        if len(met) > MOST_PAGES:
            raise Refused(_MANY, code="file-pages")
        at = _number(body, at + 2 + 12 * entries, order + "I")
    return at == 0 and bool(met)


def _number(body: bytes, at: int, form: str) -> int | None:
    end = at + struct.calcsize(form)
    if end > len(body):
        return None
    found: int = struct.unpack(form, body[at:end])[0]
    return found


_SIGNS: Final = (
    (b"%PDF-", "application/pdf", _pdf_ends),
    (b"\x89PNG\r\n\x1a\n", "image/png", _png_ends),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg_ends),
    (b"II*\x00", "image/tiff", _tiff_ends),
    (b"MM\x00*", "image/tiff", _tiff_ends),
)
"""What each kind begins with, at its very first byte, and the law of its end."""

"""Documents as they come in: of each kind good ones, and ones that mean harm."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import pikepdf
from PIL import Image, ImageDraw

from portal.sandbox import papers


def pdf(pages: int = 1, words: str = "Visit of Marisol Quintero") -> bytes:
    return papers.pdf([[f"Page {number}", words, "G0438 annual wellness visit"] for number in range(1, pages + 1)])


def locked_pdf(user: str = "sesame") -> bytes:
    """A PDF that opens with a password; with an empty one it opens, and only changing it is forbidden."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(made, encryption=pikepdf.Encryption(user=user, owner="owner"))
    return made.getvalue()


def sheet(mode: str = "L", size: tuple[int, int] = (600, 800)) -> Image.Image:
    made = Image.new(mode, size, "white" if mode != "I;16" else 60000)
    if mode != "I;16":
        ImageDraw.Draw(made).text((40, 40), "Referral", fill="black")
    return made


def picture(kind: str, image: Image.Image | None = None, **more: Any) -> bytes:
    made = io.BytesIO()
    (image or sheet()).save(made, kind, **more)
    return made.getvalue()


def png(**more: Any) -> bytes:
    return picture("PNG", **more)


def jpeg(**more: Any) -> bytes:
    return picture("JPEG", **more)


def tiff(pages: int = 2, *, mode: str = "1", size: tuple[int, int] = (600, 800), **more: Any) -> bytes:
    sheets = [sheet(mode, size) for _ in range(pages)]
    compression = "group4" if mode == "1" else "tiff_lzw"
    return picture("TIFF", sheets[0], save_all=True, append_images=sheets[1:], compression=compression, **more)


@cache
def png_bomb(side: int) -> bytes:
    """A picture of `side` by `side` dots, in a file a thousandth of its size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    squeezer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    packed = b"".join(squeezer.compress(row) for _ in range(side)) + squeezer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")

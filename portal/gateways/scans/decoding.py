"""Draws the pages of one document: a program of its own, fed through its standard input, which imports nothing of ours.

Whatever a document does to the libraries that read it, it does in here: the limits are set before its first byte is
read, and none can be lifted again. No file or socket can be opened, no process started, nothing written but the answer.

    python -I decoding.py MEDIA-TYPE FIRST-PAGE LIMITS  < document  > answer

The answer is a line of JSON for each part, some followed by bytes: `{"pages": n}`, then for each page from the first
wanted on `{"number", "type", "width", "height", "size"}` and its picture, last `{"end": true}` or `{"refused": code}`.
The codes are those of `portal.domain.documents.UNSHOWN`.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any, cast

import pypdfium2
from PIL import (
    Image,
    ImageOps,
    MpoImagePlugin,  # noqa: F401 - what many phones write; readers are loaded before the gates close
    TiffImagePlugin,  # noqa: F401 - as above
)

MOST_PAGES = 200
MOST_PIXELS = 64_000_000
"""Of a picture as it came: a US letter page at 600 dpi has 34 million."""
DPI, LONGEST_SIDE = 150, 2200
"""Of a picture that is shown: US letter, legal and A4 at 150 dots an inch, larger sheets smaller."""
_MOST_PNG_BYTES = 400_000
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF"}
_NOBODY = 65534
_WRONG_PASSWORD = 4
"""PDFium's FPDF_ERR_PASSWORD."""


class Refused(Exception):
    """The document cannot be shown; the argument is the code of the reason."""


def close_gates(memory_bytes: int, cpu_seconds: int) -> None:
    """Give up for good whatever drawing does not need; the numbers are what it may use.

    An open file's number must lie below RLIMIT_NOFILE, so that at 0 none is opened, sockets and pipes included. Root
    could lift limits, so that one started by root becomes nobody first.
    """
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    )
    for kind, most in wanted:
        resource.setrlimit(kind, (most, most))


def main(media_type: str, first: int, memory_bytes: int, cpu_seconds: int) -> None:
    """Draw what comes in, from a page on (they count from 1)."""
    out = sys.stdout.buffer
    Image.preinit()
    close_gates(memory_bytes, cpu_seconds)
    body = sys.stdin.buffer.read()
    try:
        draw = _of_pdf if media_type == "application/pdf" else _of_picture
        for said, picture in draw(body, media_type, first):
            _say(out, said)
            out.write(picture)
            out.flush()
        _say(out, {"end": True})
    except Refused as refused:
        _say(out, {"refused": refused.args[0]})
    except MemoryError:
        _say(out, {"refused": "too-heavy"})


def _say(out: Any, said: dict[str, Any]) -> None:
    out.write(json.dumps(said).encode() + b"\n")


def _of_pdf(body: bytes, _media_type: str, first: int) -> Iterator[tuple[dict[str, Any], bytes]]:
    try:
        document = pypdfium2.PdfDocument(body)
        count = len(document)
        document.init_forms()  # what is filled in is drawn; there is no JavaScript in this PDFium
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == _WRONG_PASSWORD
        raise Refused("encrypted" if locked else "damaged") from error
    yield _count(count)
    for number in range(first, count + 1):
        try:
            page = document[number - 1]
            width, height = page.get_size()
            longest = max(width, height, 1.0)
            shown = page.render(scale=min(DPI / 72, LONGEST_SIDE / longest)).to_pil().convert("RGB")
            page.close()
        except pypdfium2.PdfiumError as error:
            raise Refused("damaged") from error
        yield _picture(number, shown)


def _of_picture(body: bytes, media_type: str, first: int) -> Iterator[tuple[dict[str, Any], bytes]]:
    Image.MAX_IMAGE_PIXELS = None  # told here, for each page, before it is unpacked
    kind = _FORMATS[media_type]
    try:
        with Image.open(io.BytesIO(body), formats=[kind]) as image:
            count = getattr(image, "n_frames", 1) if kind == "TIFF" else 1
            yield _count(count)
            for number in range(first, count + 1):
                if kind == "TIFF":
                    image.seek(number - 1)
                if image.width * image.height > MOST_PIXELS:
                    raise Refused("too-large")
                if kind == "JPEG":
                    image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
                image.load()
                yield _picture(number, _upright(image), photo=kind == "JPEG")
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, IndexError) as error:
        # whatever Pillow's readers make of bytes that are not what they should be
        raise Refused("damaged") from error


def _count(pages: int) -> tuple[dict[str, Any], bytes]:
    if pages < 1:
        raise Refused("damaged")
    if pages > MOST_PAGES:
        raise Refused("too-many-pages")
    return {"pages": pages}, b""


def _upright(image: Image.Image) -> Image.Image:
    """A picture as a sheet of paper: turned as the camera was held, on white, with square dots, no larger than needed.

    Faxes have half as many lines as they should (ITU-T T.30: 204 by 98 dots an inch).
    """
    plain = _flat(image)
    across, down = _resolution(image)
    width, height = plain.width, plain.height * across / down
    scale = min(1.0, LONGEST_SIDE / max(width, height, 1))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != plain.size:
        plain = plain.convert("L") if plain.mode == "1" else plain
        plain = plain.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    orientation = image.getexif().get(0x0112, 1)
    exif = plain.getexif()
    exif[0x0112] = orientation
    return ImageOps.exif_transpose(plain)


def _resolution(image: Image.Image) -> tuple[float, float]:
    """Dots an inch across and down; only their ratio counts, and only where a scanner may have meant it."""
    try:
        across, down = (float(each) for each in image.info.get("dpi", (1, 1)))
    except (TypeError, ValueError, ZeroDivisionError):
        return 1.0, 1.0
    return (across, down) if across > 0 and down > 0 and 0.4 < across / down < 2.5 else (1.0, 1.0)


def _flat(image: Image.Image) -> Image.Image:
    """Black and white, grey or RGB."""
    if image.mode in {"1", "L", "RGB"}:
        return image
    if image.mode.startswith(("I", "F")):
        low, high = (float(each) for each in cast("tuple[Any, Any]", image.getextrema()))
        step = 255 / (high - low) if high > low else 0.0
        wide = image.convert("F")
        return wide.point(lambda value: value * step - low * step).convert("L")
    if "A" in image.mode or "transparency" in image.info:
        whole = image.convert("RGBA")
        paper = Image.new("RGBA", whole.size, "white")
        return Image.alpha_composite(paper, whole).convert("RGB")
    return image.convert("RGB")


def _picture(number: int, shown: Image.Image, *, photo: bool = False) -> tuple[dict[str, Any], bytes]:
    """Lines and letters as PNG, which keeps them sharp; photographs as JPEG, which keeps them small."""
    if shown.mode == "RGB" and not photo:
        red, green, blue = shown.split()
        shown = red if red.tobytes() == green.tobytes() == blue.tobytes() else shown
    for kind, more in (("PNG", {"optimize": False}), ("JPEG", {"quality": 82})):
        if photo and kind == "PNG":
            continue
        made = io.BytesIO()
        (shown.convert("L") if kind == "JPEG" and shown.mode == "1" else shown).save(made, kind, **more)
        if kind == "JPEG" or made.tell() <= _MOST_PNG_BYTES:
            break
    said = {
        "number": number, "type": f"image/{kind.lower()}", "width": shown.width, "height": shown.height,
        "size": made.tell(),
    }  # fmt: skip
    return said, made.getvalue()


if __name__ == "__main__":
    main(sys.argv[1], *(int(each) for each in sys.argv[2:5]))

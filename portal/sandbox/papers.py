"""What a practice scans and sends along with its visits: small PDF files of plain text, on invented paper."""

from __future__ import annotations

from collections.abc import Sequence

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_LETTER = b"[0 0 612 792]"


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF 1.4 with a US letter page for each list of lines; the first line of a page is its head (ISO 32000-1)."""
    count = len(pages)
    kids = b" ".join(b"%d 0 R" % (4 + 2 * at) for at in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        _FONT,
    ]
    for at, lines in enumerate(pages):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % (_LETTER, 5 + 2 * at),
            _stream(lines),
        ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _stream(lines: Sequence[str]) -> bytes:
    parts = [b"BT /F1 18 Tf 60 720 Td 24 TL"]
    for at, line in enumerate(lines):
        if at == 1:
            parts.append(b"/F1 11 Tf 18 TL")
        parts.append(b"(%s) Tj T*" % _escaped(line))
    drawn = b"\n".join([*parts, b"ET"])
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn)


def _escaped(line: str) -> bytes:
    said = line.encode("cp1252", "replace")
    return said.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")

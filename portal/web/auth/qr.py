"""A QR code as one SVG path, so that no image is made and no style is needed."""

from __future__ import annotations

import segno

_BORDER = 4


def square(content: str) -> tuple[str, int]:
    """(path data, size in modules with border) of a QR code; one small square for each dark module."""
    rows = [list(row) for row in segno.make(content, error="m", micro=False).matrix_iter(border=_BORDER)]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return path, len(rows)

"""Style sheet, scripts and the one typeface, with a long life in caches; their addresses carry their digest.

They are sent compressed to whoever takes it; pages are not, as a page holds both what somebody typed and a secret.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, make_response, request

from portal.web.guard import Declared

FONT = "fonts/public-sans.woff2"
"""The Latin letters of the typeface, in the weights that the style sheet asks for."""
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
_PACKED = {".css", ".js", ".svg"}


def install(flask: Flask, folder: Path) -> None:
    """Serve `static/`; nothing else is reachable there."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.suffix in _TYPES}

    @cache
    def body(name: str) -> bytes:
        return files[name].read_bytes()

    @cache
    def packed(name: str) -> bytes:
        return gzip.compress(body(name), mtime=0)

    @cache
    def version(name: str) -> str:
        return hashlib.sha256(body(name)).hexdigest()[:12]

    def static(filename: str) -> Response:
        if filename not in files:
            abort(404)
        suffix = files[filename].suffix
        small = suffix in _PACKED and request.accept_encodings["gzip"] > 0
        response = make_response(packed(filename) if small else body(filename))
        response.headers["Content-Type"] = _TYPES[suffix]
        if small:
            response.headers["Content-Encoding"] = "gzip"
        if suffix in _PACKED:
            response.vary.add("Accept-Encoding")
        fresh = request.args.get("v") == version(filename) or filename == FONT
        response.headers["Cache-Control"] = f"public, max-age={31536000 if fresh else 300}"
        return response

    static.declared = Declared("public", "style, script and type hold nothing about anybody")  # type: ignore[attr-defined]  # read back by the guard
    flask.add_url_rule("/static/<path:filename>", "static", static)

    @flask.url_defaults
    def versioned(endpoint: str, values: dict[str, object]) -> None:
        name = values.get("filename")
        if endpoint == "static" and isinstance(name, str) and name in files:
            values["v"] = version(name)

"""Style sheet, scripts and the one typeface, with a long life in caches; their addresses carry their digest."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from flask import Flask, Response, abort, make_response, request

from portal.web.guard import Declared

FONT = "fonts/public-sans.ttf"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ttf": "font/ttf",
    ".svg": "image/svg+xml",
}


def install(flask: Flask, folder: Path) -> None:
    """Serve `static/` and the typeface of its wheel; nothing else is reachable there."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.suffix in _TYPES}

    @cache
    def body(name: str) -> bytes:
        if name == FONT:
            return (resources.files("fontpkg_public_sans") / "files" / "PublicSans[wght].ttf").read_bytes()
        return files[name].read_bytes()

    @cache
    def version(name: str) -> str:
        return hashlib.sha256(body(name)).hexdigest()[:12]

    def static(filename: str) -> Response:
        if filename not in files and filename != FONT:
            abort(404)
        response = make_response(body(filename))
        response.headers["Content-Type"] = _TYPES[Path(filename).suffix]
        fresh = request.args.get("v") == version(filename) or filename == FONT
        response.headers["Cache-Control"] = f"public, max-age={31536000 if fresh else 300}"
        return response

    static.declared = Declared("public", "style, script and type hold nothing about anybody")  # type: ignore[attr-defined]  # read back by the guard
    flask.add_url_rule("/static/<path:filename>", "static", static)

    @flask.url_defaults
    def versioned(endpoint: str, values: dict[str, object]) -> None:
        name = values.get("filename")
        if endpoint == "static" and isinstance(name, str) and (name in files or name == FONT):
            values["v"] = version(name)

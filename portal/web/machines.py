"""For machines: alive, ready, and figures that hold nothing protected."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Flask, request
from werkzeug.exceptions import NotFound

from portal.web.guard import Desk, opens
from portal.web.replies import Plain

_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


def install(flask: Flask, *, metrics: Callable[[], str], token_file: Path | None, on_loopback: bool) -> None:
    """Register the doors; `/metrics` answers `on_loopback`, or to a bearer of the token in `token_file`."""
    doors = Blueprint("machines", __name__)

    @doors.get("/health/live")
    @opens("says only that the process runs")
    def live(_desk: Desk) -> Plain:
        return Plain("live\n")

    @doors.get("/health/ready")
    @opens("says only whether the store answers")
    def ready(desk: Desk) -> Plain:
        return Plain("ready\n") if desk.units.answers() else Plain("the store does not answer\n", 503)

    @doors.get("/metrics")
    @opens("figures without persons, on loopback or by token only")
    def figures(_desk: Desk) -> Plain:
        if not ((on_loopback and _here()) or _bearer(token_file)):
            raise NotFound
        return Plain(metrics(), media_type=_EXPOSITION)

    flask.register_blueprint(doors)


def _here() -> bool:
    """Whether this machine asks for itself: what a proxy on it passes on comes from here too, and says so."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _bearer(token_file: Path | None) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = token_file.read_bytes().strip() if token_file is not None else b""
    return bool(token) and scheme == "Bearer" and hmac.compare_digest(given.encode(), token)

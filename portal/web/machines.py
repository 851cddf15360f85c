"""For machines: alive, ready, and figures that hold nothing protected."""

from __future__ import annotations

import hmac
import ipaddress
import os
from pathlib import Path

from flask import Blueprint, Flask, g, request
from prometheus_client import CollectorRegistry, Counter, generate_latest, multiprocess
from prometheus_client.registry import REGISTRY
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.web.guard import Desk, opens
from portal.web.replies import Plain

REQUESTS = Counter("candor_requests_total", "Requests by endpoint and status class", ["endpoint", "status"])


def install(flask: Flask, token_file: Path | None) -> None:
    """Register the doors; `/metrics` answers on loopback, or to a bearer of the token in `token_file`."""
    doors = Blueprint("machines", __name__)

    @doors.get("/health/live")
    @opens("says only that the process runs")
    def live(_desk: Desk) -> Plain:
        return Plain("live\n")

    @doors.get("/health/ready")
    @opens("says only whether the store answers")
    def ready(desk: Desk) -> Plain:
        try:
            desk.units.answers()
        except SQLAlchemyError:
            return Plain("the store does not answer\n", 503)
        return Plain("ready\n")

    @doors.get("/metrics")
    @opens("figures without persons, on loopback or by token only")
    def metrics(_desk: Desk) -> Plain:
        if not (_loopback(request.remote_addr) or _bearer(token_file)):
            raise NotFound
        registry = REGISTRY
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own gap
        return Plain(generate_latest(registry).decode(), media_type="text/plain; version=0.0.4; charset=utf-8")

    flask.register_blueprint(doors)
    flask.after_request(_count)


def _count(response: Response) -> Response:
    if g.get("desk"):
        REQUESTS.labels(request.endpoint or "none", f"{response.status_code // 100}xx").inc()
    return response


def _loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _bearer(token_file: Path | None) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return token_file is not None and hmac.compare_digest(given.encode(), token_file.read_bytes().strip())

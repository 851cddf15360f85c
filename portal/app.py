"""Furnishes the bare Flask object of a runtime: shell, doors, the check that every route is declared, and figures."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric

from portal.runtime import ROOT, Figures, Runtime, figures
from portal.web import guard, shell
from portal.web.doors import register

_LOG = logging.getLogger("candor.requests")

# Handed to no registry: each answer to /metrics makes one. Several processes add theirs up in PROMETHEUS_MULTIPROC_DIR.
_REQUESTS = Counter(
    "candor_requests", "Requests by endpoint and class of status.", ["endpoint", "status"], registry=None
)
_SECONDS = Histogram("candor_request_seconds", "How long requests took, in seconds.", registry=None)


def create_app(runtime: Runtime) -> Flask:
    """The application over a runtime; raises RuntimeError for a route without a permission."""
    settings, flask = runtime.settings, runtime.flask
    flask.before_request(_begun)
    shell.furnish(
        flask,
        runtime.units,
        runtime.parts,
        static=ROOT / "static",
        secure=settings.public_url.startswith("https://"),
        card_pages_origin=settings.card_pages_origin,
        trusted_proxies=settings.trusted_proxies,
    )
    register(
        flask,
        metrics=lambda: exposition(figures(runtime)),
        metrics_token_file=settings.metrics_token_file,
        # behind a proxy that does not say for whom it asks, everybody comes from this machine
        metrics_on_loopback=settings.tls != "terminated" or settings.trusted_proxies > 0,
    )
    flask.after_request(_ended)
    flask.extensions["candor"] = runtime  # for whoever serves: its connections must not be forked with
    guard.check(flask)
    return flask


def _begun() -> None:
    g.begun = time.perf_counter()


def _ended(response: Response) -> Response:
    """Count the request and log a line of it: the endpoint and never the address, in which ids stand."""
    endpoint = request.endpoint or "none"
    seconds = time.perf_counter() - g.get("begun", time.perf_counter())
    _REQUESTS.labels(endpoint, f"{response.status_code // 100}xx").inc()
    _SECONDS.observe(seconds)
    desk = g.get("desk")
    if endpoint != "static":
        _LOG.info(
            "request",
            extra={
                "method": request.method,
                "endpoint": endpoint,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000, 1),
                "request_id": desk.request.id.hex() if desk else "",
            },
        )
    return response


class _Standing:
    """What the store says at this moment, for one answer."""

    def __init__(self, found: Figures | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Gauges, without any label that names a person, practice or thing."""
        found = self._found
        yield GaugeMetricFamily("candor_store_up", "1 when the store answers.", value=found is not None)
        if found is None:
            return
        jobs = GaugeMetricFamily("candor_jobs", "Jobs by state.", labels=["state"])
        for state, count in sorted(found.jobs.items()):
            jobs.add_metric([state], count)
        yield jobs
        yield GaugeMetricFamily("candor_audit_events", "Events in the audit log.", value=found.events)
        yield GaugeMetricFamily("candor_audit_unanchored", "Events that no anchor covers.", value=found.unanchored)
        yield GaugeMetricFamily(
            "candor_audit_waiting_seconds", "How long the oldest of them waits.", value=found.waiting_seconds
        )
        yield GaugeMetricFamily(
            "candor_audit_red", "1 when anchors are too far behind (10 minutes or 10,000 events).", value=found.red
        )


def exposition(found: Figures | None) -> str:
    """All figures in Prometheus' text format: of every process that serves, and of the store."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own gap
    else:
        registry.register(_REQUESTS)
        registry.register(_SECONDS)
    registry.register(_Standing(found))
    return generate_latest(registry).decode()

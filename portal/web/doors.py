"""Every door of the web floor, registered by audience."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from portal.web import machines, stopping, webhooks
from portal.web.admin import doors as admin
from portal.web.auth import doors as auth
from portal.web.compliance import doors as compliance
from portal.web.guest import doors as guest
from portal.web.patient import doors as patient
from portal.web.payer import doors as payer
from portal.web.staff import doors as staff


def register(
    flask: Flask, *, metrics: Callable[[], str], metrics_token_file: Path | None, metrics_on_loopback: bool
) -> None:
    """Register all audiences and the doors for machines; `metrics` gives the figures in Prometheus' text format."""
    for audience in (auth, patient, guest, payer, staff, compliance, admin):
        flask.register_blueprint(audience.blueprint)
    webhooks.install(flask)
    stopping.install(flask)
    machines.install(flask, metrics=metrics, token_file=metrics_token_file, on_loopback=metrics_on_loopback)

"""Every door of the web floor, registered by audience."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from portal.web import machines
from portal.web.admin import doors as admin
from portal.web.auth import doors as auth
from portal.web.compliance import doors as compliance
from portal.web.patient import doors as patient
from portal.web.payer import doors as payer
from portal.web.staff import doors as staff


def register(flask: Flask, *, metrics_token_file: Path | None) -> None:
    """Register all audiences and the doors for machines."""
    for audience in (auth, patient, payer, staff, compliance, admin):
        flask.register_blueprint(audience.blueprint)
    machines.install(flask, metrics_token_file)

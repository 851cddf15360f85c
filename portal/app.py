"""Furnishes the bare Flask object of a runtime: shell, doors, and the check that every route is declared."""

from __future__ import annotations

from flask import Flask

from portal.runtime import ROOT, Runtime
from portal.web import guard, shell
from portal.web.doors import register


def create_app(runtime: Runtime) -> Flask:
    """The application over a runtime; raises RuntimeError for a route without a permission."""
    settings, flask = runtime.settings, runtime.flask
    shell.furnish(
        flask,
        runtime.units,
        runtime.parts,
        static=ROOT / "static",
        secure=settings.public_url.startswith("https://"),
        card_pages_origin=settings.card_pages_origin,
        trusted_proxies=settings.trusted_proxies,
    )
    register(flask, metrics_token_file=settings.metrics_token_file)
    guard.check(flask)
    return flask

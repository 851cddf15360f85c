"""The officer's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.compliance import log

blueprint = Blueprint("compliance", __name__, url_prefix="/compliance")
blueprint.register_blueprint(log.blueprint)

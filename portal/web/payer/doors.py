"""The payer's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.payer import claims

blueprint = Blueprint("payer", __name__, url_prefix="/payer")
blueprint.register_blueprint(claims.blueprint)

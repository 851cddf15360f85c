"""The payer's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.payer import claims, remittances

blueprint = Blueprint("payer", __name__, url_prefix="/payer")
blueprint.register_blueprint(claims.blueprint)
blueprint.register_blueprint(remittances.blueprint)

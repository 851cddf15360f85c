"""The administrator's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.admin import users

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.register_blueprint(users.blueprint)

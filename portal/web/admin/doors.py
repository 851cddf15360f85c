"""The administrator's pages."""

from __future__ import annotations

from flask import Blueprint, url_for

from portal.web.admin import partners, practices, users
from portal.web.guard import Desk, desks
from portal.web.replies import Go, Reply

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.register_blueprint(users.blueprint)
blueprint.register_blueprint(partners.blueprint)
blueprint.register_blueprint(practices.blueprint)


@blueprint.get("")
@desks("user:view")
def first(_desk: Desk) -> Reply:
    """On to the administrator's first page."""
    return Go(url_for("admin.users.list"))

"""The officer's pages."""

from __future__ import annotations

from flask import Blueprint, url_for

from portal.web.compliance import log
from portal.web.guard import Desk, desks
from portal.web.replies import Go, Reply

blueprint = Blueprint("compliance", __name__, url_prefix="/compliance")
blueprint.register_blueprint(log.blueprint)


@blueprint.get("")
@desks("audit:search")
def first(_desk: Desk) -> Reply:
    """On to the officer's first page."""
    return Go(url_for("compliance.log.search"))

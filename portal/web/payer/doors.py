"""The payer's pages."""

from __future__ import annotations

from flask import Blueprint, url_for

from portal.web.guard import Desk, desks
from portal.web.payer import authorizations, claims, remittances
from portal.web.replies import Go, Reply

blueprint = Blueprint("payer", __name__, url_prefix="/payer")
blueprint.register_blueprint(claims.blueprint)
blueprint.register_blueprint(authorizations.blueprint)
blueprint.register_blueprint(remittances.blueprint)


@blueprint.get("")
@desks("member-claim:view")
def first(_desk: Desk) -> Reply:
    """On to the payer's first page."""
    return Go(url_for("payer.claims.list"))

"""A payer's own remittances, to read."""

from __future__ import annotations

from flask import Blueprint, request

from portal.services.remittances import listing, showing
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.replies import Page, Reply

blueprint = Blueprint("remittances", __name__, url_prefix="/remittances")


@blueprint.get("", endpoint="list")
@reads("member-remittance:view")
def list_(uow: UnitOfWork) -> Reply:
    """What this payer sent."""
    places = {name: request.args.get(name, "") for name in ("before", "after")}
    return Page("payer/remittances/list.html", listing.list_members_remittances(uow, **places))


@blueprint.get("/<id:remittance_id>")
@reads("member-remittance:view")
def show(uow: UnitOfWork, remittance_id: bytes) -> Reply:
    """One of them."""
    places = {name: request.args.get(name, "") for name in ("before", "after")}
    return Page("payer/remittances/show.html", showing.show_members_remittance(uow, remittance_id, **places))

"""A payer's own members' claims, to read."""

from __future__ import annotations

from flask import Blueprint, request

from portal.services.claims import members
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.replies import Page, Reply

blueprint = Blueprint("claims", __name__, url_prefix="/claims")


@blueprint.get("", endpoint="list")
@reads("member-claim:view")
def list_(uow: UnitOfWork) -> Reply:
    """Claims that were sent to this payer."""
    given = {name: request.args.get(name, "") for name in ("state", "before", "after")}
    return Page("payer/claims/list.html", members.list_members_claims(uow, **given))


@blueprint.get("/<id:claim_id>")
@reads("member-claim:view")
def show(uow: UnitOfWork, claim_id: bytes) -> Reply:
    """One of them."""
    return Page("payer/claims/show.html", members.show_members_claim(uow, claim_id))

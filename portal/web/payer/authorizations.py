"""A payer's own requests in advance: to read, and to decide."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.authorizations import members, typed
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply

blueprint = Blueprint("authorizations", __name__, url_prefix="/requests")


@blueprint.get("", endpoint="list")
@reads("member-authorization:view")
def list_(uow: UnitOfWork) -> Reply:
    """Requests that were sent to this payer; those that wait, or all."""
    only_open = request.args.get("all") != "1"
    return Page("payer/authorizations/list.html", members.listed(uow, only_open=only_open))


@blueprint.get("/<id:authorization_id>")
@reads("member-authorization:view")
def show(uow: UnitOfWork, authorization_id: bytes) -> Reply:
    """One of them."""
    return Page("payer/authorizations/show.html", members.show(uow, authorization_id))


@blueprint.post("/<id:authorization_id>", endpoint="decide")
@desks("member-authorization:decide")
def decide(desk: Desk, authorization_id: bytes) -> Reply:
    """Keep what was decided; or show the form again as it was typed, with what is wrong."""
    here = url_for("payer.authorizations.show", authorization_id=authorization_id)
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    try:
        answer = typed.read_answer(request.form, "payer")
        with desk.write("member-authorization:decide") as uow:
            members.decide(uow, authorization_id, answer, expected_version=int(version))
    except Denied:
        raise
    except Refused as refused:
        with desk.read("member-authorization:view") as uow:
            page = members.show(uow, authorization_id)
        if not page.may_decide:
            return Go(here, refused.text, "stop")
        typed_again = SimpleNamespace(data=request.form.to_dict(), errors={})
        return Page("payer/authorizations/show.html", page, {"form": typed_again, "wrong": refused}, 422)
    return Go(here, T_("Your decision is kept, and the practice is told."))

"""Remittances: the list, one of them with its balances, matching by hand, and another try for what is held."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request, url_for

from portal.domain.errors import NotFound, Refused
from portal.domain.patients import as_people_write
from portal.domain.texts import T_
from portal.services.remittances import importing, listing, showing
from portal.services.remittances.by_hand import match_by_hand
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("remittances", __name__, url_prefix="/remittances")


@blueprint.get("", endpoint="list")
@reads("remittance:view")
def list_(uow: UnitOfWork) -> Reply:
    """Payments of payers, narrowed and paged by the address."""
    given = {name: request.args.get(name, "") for name in ("state", "before", "after")}
    page = listing.list_remittances(uow, **given)
    found = tuple(replace(one, payer_name=as_people_write(one.payer_name)) for one in page.remittances)
    return Page("staff/remittances/list.html", replace(page, remittances=found))


@blueprint.get("/<id:remittance_id>")
@reads("remittance:view")
def show(uow: UnitOfWork, remittance_id: bytes) -> Reply:
    """One payment."""
    places = {name: request.args.get(name, "") for name in ("before", "after")}
    page = showing.show_remittance(uow, remittance_id, **places)
    claims = tuple(replace(one, patient_name=as_people_write(one.patient_name)) for one in page.claims)
    page = replace(page, payer_name=as_people_write(page.payer_name), claims=claims)
    return Page("staff/remittances/show.html", page)


@blueprint.post("/<id:remittance_id>/match")
@writes("remittance:post")
def match(uow: UnitOfWork, remittance_id: bytes) -> Reply:
    """Put one of its claims to a claim of ours."""
    part = forms.id_of(request.form.get("remittance_claim", ""))
    number = request.form.get("number", "").strip()[:40]
    if part is None or not number:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    try:
        claim = showing.claim_by_number(uow, number)
    except NotFound as error:  # a slip of the pen, not a page that is not there: say which
        raise Refused(error.text, code="claim") from None
    match_by_hand(uow, part, claim)
    here = url_for("staff.remittances.show", remittance_id=remittance_id)
    return Go(here, T_("Matched and posted."))


@blueprint.post("/<id:remittance_id>/post")
@desks("remittance:post")
def post(desk: Desk, remittance_id: bytes) -> Reply:
    """Try a held payment once more."""
    done = importing.post_again(desk.units, desk.actor, desk.request, remittance_id)
    here = url_for("staff.remittances.show", remittance_id=remittance_id)
    if done.state in {"POSTED", "RECORDED"}:
        return Go(here, T_("Posted."))
    return Go(here, T_("It still cannot be posted; nothing was changed. Ask the payer for a corrected file."), "stop")

"""Card payments that a person has to look at: disputes to answer at the processor, refunds that came back."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.payments import cases, returning
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff.forms import version

blueprint = Blueprint("card_cases", __name__, url_prefix="/card-cases")


@blueprint.get("/<id:payment_id>", endpoint="show")
@reads("payment:answer")
def show(uow: UnitOfWork, payment_id: bytes) -> Reply:
    """The payment, its disputes, and what went back."""
    return Page("staff/card_cases/show.html", cases.case_page(uow, payment_id))


@blueprint.post("/disputes/<id:dispute_id>/answered", endpoint="answered")
@writes("payment:answer")
def answered(uow: UnitOfWork, dispute_id: bytes) -> Reply:
    """Somebody answered at the processor; refused while a refund is on its way."""
    returning.answered(uow, dispute_id, version=version())
    place = url_for("staff.card_cases.show", payment_id=cases.payment_of(uow, dispute_id))
    return Go(place, T_("Noted: the dispute is answered. The bank decides now."))


@blueprint.post("/<id:payment_id>/done", endpoint="done")
@desks("payment:answer")
def done(desk: Desk, payment_id: bytes) -> Reply:
    """Dealt with, and how."""
    try:
        with desk.write("payment:answer") as uow:
            cases.finish(uow, payment_id, version=version(), note=request.form.get("note", ""))
    except Refused as error:
        with desk.read("payment:answer") as uow:
            page = cases.case_page(uow, payment_id)
        return Page("staff/card_cases/show.html", page, {"wrong": error.text}, status=422)
    return Go(url_for("staff.card_cases.show", payment_id=payment_id), T_("Done: it waits for nobody any more."))

"""What payers say of coverage: everything about one patient, asking now, and how often is asked."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.coverage import asking, rules, showing
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")


@blueprint.get("/<id:patient_id>")
@reads("eligibility:view")
def show(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """Everything that payers said of one patient."""
    return Page("staff/coverage/show.html", showing.show(uow, patient_id))


@blueprint.post("/<id:patient_id>")
@desks("eligibility:ask")
def ask(desk: Desk, patient_id: bytes) -> Reply:
    """Ask about every coverage of one patient, now."""
    here = url_for("staff.coverage.show", patient_id=patient_id)
    try:
        done = asking.ask_patient(desk.units, desk.parts, desk.actor, patient_id, request=desk.request)
    except Denied:
        raise
    except Refused as refused:
        return Go(here, refused.text, "stop")
    if done.at_once:
        return Go(here)  # the page itself says so, until the answer is there
    text = T_("{n} question is on its way.", "{n} questions are on their way.", n=done.questions)
    return Go(here, T_("{sent} The answer comes here by itself.", sent=text))


@blueprint.get("/rules", endpoint="rules")
@reads("eligibility:edit")
def show_rules(uow: UnitOfWork) -> Reply:
    """How often payers are asked."""
    return Page("staff/coverage/rules.html", rules.show(uow))


@blueprint.post("/rules", endpoint="keep_rules")
@desks("eligibility:edit")
def keep_rules(desk: Desk) -> Reply:
    """Keep how often payers are asked."""
    here = url_for("staff.coverage.rules")
    given = {
        forms.id_of(name.removeprefix("payer-")): text for name, text in request.form.items() if name[:6] == "payer-"
    }
    try:
        with desk.write("eligibility:edit") as uow:
            rules.keep(uow, request.form.get("days", ""), {id_: text for id_, text in given.items() if id_ is not None})
    except Denied:
        raise
    except Refused as refused:
        return Go(here, refused.text, "stop")
    return Go(here, T_("The rules are kept."))

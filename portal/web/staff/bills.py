"""Visits taken in from the practice's bill, and the bill verified before it is coded."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.attachments import showing, taking
from portal.services.encounters import bills, questions
from portal.services.intake import registration
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("bills", __name__, url_prefix="/bills")


@blueprint.get("/new", endpoint="new")
@reads("visit:import")
def new(uow: UnitOfWork) -> Reply:
    """The form for a visit that comes on paper."""
    return Page("staff/bills/new.html", registration.show(uow))


@blueprint.post("/new", endpoint="register")
@desks("visit:import")
def register(desk: Desk) -> Reply:
    """Take the visit in, with account, coverage and the bill itself, or show what cannot be read."""
    typed = {name: request.form.get(name, "") for name in request.form if name != "csrf_token"}
    given = request.files.get("file")
    body = given.read() if given is not None else b""
    try:
        with desk.write("visit:import") as uow:
            taken = registration.register(uow, typed, request.form.getlist("diagnosis"), forms.lines())
            if body and given is not None:
                taking.take_in(
                    uow, "encounter", taken.encounter_id, kind="bill", name=given.filename or "", body=body
                )  # fmt: skip
    except Denied:
        raise
    except Refused as refused:
        with desk.read("visit:import") as uow:
            page = registration.show(uow)
        form = forms.Form(typed, {refused.code: [refused.text]})
        more = {"form": form, "diagnoses": request.form.getlist("diagnosis"), "lines": forms.lines()}
        return Page("staff/bills/new.html", page, more, 422)
    here = url_for("staff.bills.new")
    number = taken.encounter_id.hex()[:8].upper()
    if not taken.new:
        return Go(here, T_("Visit {number} stands already; nothing was made twice.", number=number), "note")
    if taken.new_patient:
        return Go(here, T_("Visit {number} is taken in, and an account was made. Its bill is verified next.",
                           number=number))  # fmt: skip
    return Go(here, T_("Visit {number} is taken in. Its bill is verified next.", number=number))


@blueprint.get("/<id:encounter_id>")
@reads("bill:verify")
def show(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """The bill of a visit."""
    part = showing.listed(uow, "encounter", encounter_id)
    return Page("staff/bills/show.html", bills.show(uow, encounter_id), {"documents": part})


@blueprint.post("/<id:encounter_id>", endpoint="act")
@desks("bill:verify")
def act(desk: Desk, encounter_id: bytes) -> Reply:
    """Hand the bill on, ask the practice about it, set it aside or take it up again."""
    do, version = request.form.get("do", ""), forms.version()
    answers = {name.removeprefix("point-"): text for name, text in request.form.items() if name[:6] == "point-"}
    note, queue = request.form.get("note", ""), url_for("staff.queues.show", queue="bills")
    here = url_for("staff.bills.show", encounter_id=encounter_id)
    if do == "enter":  # in a field: which of the buttons is meant is asked
        return _again(desk, encounter_id, answers, None)
    try:
        with desk.write("bill:verify") as uow:
            if do == "ask":
                topic, words = request.form.get("topic", ""), request.form.get("words", "")
                bills.ask(uow, encounter_id, version, answers, topic, words)
                return Go(queue, T_("The practice is asked. The bill comes back with the answer."))
            if do == "aside":
                bills.set_aside(uow, encounter_id, version, request.form.get("reason", ""), note)
                return Go(queue, T_("Set aside. It is billed to nobody."))
            if do == "take-up":
                bills.take_up(uow, encounter_id, version)
                return Go(here, T_("Taken up again. Verify the bill anew."))
            if do == "take-back":
                questions.take_back(uow, encounter_id, version, "BILL_ASKED")
                return Go(here, T_("The question is taken back."))
            bills.verify(uow, encounter_id, version, answers)
            return Go(queue, T_("Verified. The visit is coded next."))
    except Denied:
        raise
    except Refused as refused:
        return _again(desk, encounter_id, answers, refused)


def _again(desk: Desk, encounter_id: bytes, answers: dict[str, str], refused: Refused | None) -> Reply:
    """The page with what was ticked and written, and what is wrong, if anything is."""
    with desk.read("bill:verify") as uow:
        page, part = bills.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
    points = tuple(replace(one, chosen=answers.get(one.point, one.chosen)) for one in page.points)
    if refused is None:
        more = {"documents": part, "form": forms.Form(request.form.to_dict()), "entered": True}
        return Page("staff/bills/show.html", replace(page, points=points), more)
    field = {"question": "words", "reason": "reason"}.get(refused.code, "checklist")
    form = forms.Form(request.form.to_dict(), {field: [refused.text]})
    return Page("staff/bills/show.html", replace(page, points=points), {"documents": part, "form": form}, 422)

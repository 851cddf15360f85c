"""Questions to the practice, as whoever answers them sees them."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.attachments import showing
from portal.services.encounters import questions
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("questions", __name__, url_prefix="/questions")


@blueprint.get("/<id:encounter_id>")
@reads("question:answer")
def show(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """What is asked about a visit."""
    part = showing.listed(uow, "encounter", encounter_id)
    return Page("staff/questions/show.html", questions.show(uow, encounter_id), {"documents": part})


@blueprint.post("/<id:encounter_id>", endpoint="answer")
@desks("question:answer")
def answer(desk: Desk, encounter_id: bytes) -> Reply:
    """Answer it; the visit goes back to whoever asked."""
    words, channel = request.form.get("words", ""), request.form.get("channel", "")
    try:
        with desk.write("question:answer") as uow:
            questions.answer(uow, encounter_id, forms.version(), words, channel)
    except Denied:
        raise
    except Refused as refused:
        with desk.read("question:answer") as uow:
            page, part = questions.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
        field = "channel" if refused.code == "channel" else "words"
        form = forms.Form({"words": words, "channel": channel}, {field: [refused.text]})
        return Page("staff/questions/show.html", page, {"documents": part, "form": form}, 422)
    return Go(url_for("staff.queues.show", queue="questions"), T_("Thank you. Whoever asked has your answer."))

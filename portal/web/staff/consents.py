"""How the office reaches a patient: what they agreed to, told to the office; the language of bills and pages."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.consents import BY_OFFICE, WORDINGS
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.language.speaker import Speaker
from portal.services import consents
from portal.services.patients import changing
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page
from portal.web.staff import forms

blueprint = Blueprint("consents", __name__, url_prefix="/patients/<id:patient_id>/reach")


@blueprint.get("")
@reads("patient:change")
def show(uow: UnitOfWork, patient_id: bytes) -> Page:
    """What stands, and what was chosen when."""
    version, name, values = changing.current(uow, patient_id)
    more = {
        "patient_id": patient_id.hex(), "version": version, "name": name, "values": values,
        "language": changing.language(uow, patient_id), "history": consents.history(uow, patient_id),
    }  # fmt: skip
    return Page("staff/dunning/reach.html", consents.choices(uow, patient_id), more)


@blueprint.post("/choice")
@writes("patient:change")
def choose(uow: UnitOfWork, patient_id: bytes) -> Go:
    """Keep what a patient told the office, with the words that were read to them."""
    channel, by = request.form.get("channel", ""), request.form.get("by", "")
    if channel not in WORDINGS or by not in BY_OFFICE:
        raise Refused(T_("Say how the patient told you. Nothing was changed."), code="channel")
    language = changing.language(uow, patient_id)
    consents.choose(
        uow, patient_id, channel, allow=request.form.get("allow") == "1", by=by, language=language,
        words=Speaker(language, "UTC").text(WORDINGS[channel].text),
    )  # fmt: skip
    return Go(url_for("staff.consents.show", patient_id=patient_id), T_("The choice is kept."))


@blueprint.post("/language")
@writes("patient:change")
def speak(uow: UnitOfWork, patient_id: bytes) -> Go:
    """Bills, letters and mails speak this language from now on."""
    changing.speak(uow, patient_id, request.form.get("language", ""), version=forms.version())
    return Go(url_for("staff.consents.show", patient_id=patient_id), T_("The language is kept."))

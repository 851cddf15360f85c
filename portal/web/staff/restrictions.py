"""Visits that a patient paid in full and keeps from the plan."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.claims import checking
from portal.services.patients import restrictions
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("restrictions", __name__, url_prefix="/restrictions")


@blueprint.get("/<id:patient_id>")
@reads("restriction:edit")
def show(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """A patient's visits, with those that the plan must not hear of."""
    return Page("staff/restrictions/show.html", restrictions.show(uow, patient_id))


@blueprint.post("/<id:patient_id>")
@desks("restriction:edit")
def act(desk: Desk, patient_id: bytes) -> Reply:
    """Keep a visit from its plan, or end it; unsent claims of the visit are checked again at once."""
    here = url_for("staff.restrictions.show", patient_id=patient_id)
    encounter_id = forms.id_of(request.form.get("encounter", ""))
    do, seen = request.form.get("do", ""), forms.version()
    if encounter_id is None or do not in {"keep", "lift"}:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    try:
        with desk.write("restriction:edit") as uow:
            if do == "keep":
                claims = restrictions.keep(uow, patient_id, encounter_id, request.form.get("asked_on", ""))
            else:
                claims = restrictions.lift(uow, patient_id, encounter_id, expected_version=seen)
            for claim_id in claims:
                checking.run_edits(uow, claim_id)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in {"asked-on", "told"}:
            raise
        return Go(here, refused.text, "stop")
    return Go(here, T_("Kept from the plan.") if do == "keep" else T_("Ended, as the patient wished."))

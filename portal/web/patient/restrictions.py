"""Visits that the patient keeps from the plan: asked for and taken back by themselves."""

from __future__ import annotations

from flask import request, session, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.patients import own_restrictions
from portal.services.statements import home
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page


@blueprint.get("/restrictions", endpoint="restrictions")
@reads("own-restriction:make")
def show_restrictions(uow: UnitOfWork) -> Page:
    """The newest visits with a plan, each with whether the plan hears of it."""
    return Page("patient/restrictions.html", own_restrictions.visits(uow, home.chosen(uow, session.get("who", ""))))


@blueprint.post("/restrictions/<id:encounter_id>", endpoint="restrict")
@writes("own-restriction:make")
def restrict(uow: UnitOfWork, encounter_id: bytes) -> Go:
    """Keep a visit from its plan, or take that back."""
    patient_id, here = home.chosen(uow, session.get("who", "")), url_for("patient.restrictions")
    do, seen = request.form.get("do", ""), request.form.get("version", "")
    if do == "keep":
        own_restrictions.keep(uow, patient_id, encounter_id)
        return Go(here, T_("Kept. We do not tell your plan about this visit, and send you the bill."))
    if do != "lift" or not (seen.isascii() and seen.isdigit() and len(seen) < 9):
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    own_restrictions.lift(uow, patient_id, encounter_id, expected_version=int(seen))
    return Go(here, T_("Taken back. We may send this visit to your plan now."))

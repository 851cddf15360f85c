"""Entering charges into the account, and auditing them."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.texts import T_
from portal.services.attachments import showing
from portal.services.charges import auditing, entering
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("charges", __name__, url_prefix="/charges")


@blueprint.get("/<id:encounter_id>/enter")
@reads("charge:enter")
def enter(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Charges to enter."""
    page, part = entering.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
    return Page("staff/charges/enter.html", page, {"documents": part})


@blueprint.post("/<id:encounter_id>/enter", endpoint="enter_post")
@writes("charge:enter")
def enter_post(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Enter them as they were typed."""
    fields = (request.form.get(name, "") for name in ("place", "provider_id", "coverage_id"))
    entering.enter(uow, encounter_id, forms.version(), entering.Typed(forms.lines(), *fields))
    return Go(url_for("staff.queues.show", queue="charge-entry"), T_("Entered into the account. The audit comes next."))


@blueprint.get("/<id:encounter_id>/audit")
@reads("charge:audit")
def audit(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Charges to audit."""
    page, part = auditing.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
    return Page("staff/charges/audit.html", page, {"documents": part})


@blueprint.post("/<id:encounter_id>/audit", endpoint="audit_post")
@writes("charge:audit")
def audit_post(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Clear them for the claim, or return them with a reason."""
    if request.form.get("do") == "return":
        category, note = request.form.get("category", ""), request.form.get("note", "")
        auditing.send_back(uow, encounter_id, forms.version(), category, note)
        return Go(url_for("staff.queues.show", queue="charge-audit"), T_("Returned to the clerk."))
    auditing.clear(uow, encounter_id, forms.version())
    return Go(url_for("staff.queues.show", queue="charge-audit"), T_("Cleared. The claim is made now."))

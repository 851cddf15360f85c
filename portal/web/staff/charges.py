"""Entering charges into the account, and auditing them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request, url_for

from portal.domain.encounters import AUDIT_HOLDS
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.attachments import showing
from portal.services.charges import auditing, entering
from portal.services.encounters import details
from portal.services.granted import needs
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("charges", __name__, url_prefix="/charges")


@blueprint.get("/<id:encounter_id>/enter")
@reads("charge:enter")
def enter(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Charges to enter."""
    page, part = entering.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
    more: dict[str, Any] = {"documents": part, "needs": needs.of_visit(uow, encounter_id)}
    more["details"] = details.part_of(uow, encounter_id)
    return Page("staff/charges/enter.html", page, more)


@blueprint.post("/<id:encounter_id>/enter", endpoint="enter_post")
@desks("charge:enter")
def enter_post(desk: Desk, encounter_id: bytes) -> Reply:
    """Enter them as they were typed, or let the visit go no further."""
    names = ("place", "provider_id", "coverage_id", "late_reason", "twice_reason")
    typed = entering.Typed(forms.lines(), *(request.form.get(name, "") for name in names))
    queue = url_for("staff.queues.show", queue="charge-entry")
    try:
        with desk.write("charge:enter") as uow:
            if request.form.get("do") == "aside":
                reason, note = request.form.get("reason", ""), request.form.get("note", "")
                entering.set_aside(uow, encounter_id, forms.version(), reason, note, request.form.get("seen", ""))
                return Go(queue, T_("Set aside. It is billed to nobody."))
            audited = entering.enter(uow, encounter_id, forms.version(), typed)
    except Denied:
        raise
    except Refused as refused:
        return _again(desk, encounter_id, typed, refused)
    if audited:
        return Go(queue, T_("Entered into the account. The audit comes next."))
    return Go(queue, T_("Entered into the account and cleared."))


def _again(desk: Desk, encounter_id: bytes, typed: entering.Typed, refused: Refused) -> Reply:
    """The page with what was typed and what is wrong; as it stands, where nothing of it can be entered."""
    with desk.read("charge:enter") as uow:
        page, part = entering.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
        more: dict[str, Any] = {"documents": part, "needs": needs.of_visit(uow, encounter_id)}
        more["details"] = details.part_of(uow, encounter_id)
    if request.form.get("do") == "aside" or not page.may_enter:
        told = None if refused.text == page.why_not else refused.text  # the page says it by itself
        return Go(url_for("staff.charges.enter", encounter_id=encounter_id), told, "stop")
    chosen = replace(
        page, place_code=typed.place, provider_id=typed.provider_id, coverage_id=typed.coverage_id
    )  # fmt: skip
    kept = {line.position: line for line in typed.lines}
    wrong = {"typed": kept, "form": forms.Form(request.form.to_dict()), "wrong": refused}
    return Page("staff/charges/enter.html", chosen, more | wrong, 422)


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
        found, note = forms.found(AUDIT_HOLDS), request.form.get("note", "")
        auditing.send_back(uow, encounter_id, forms.version(), found, note)
        return Go(url_for("staff.queues.show", queue="charge-audit"), T_("Returned to the clerk."))
    forms.nothing_found()
    auditing.clear(uow, encounter_id, forms.version())
    return Go(url_for("staff.queues.show", queue="charge-audit"), T_("Cleared. The claim is made now."))

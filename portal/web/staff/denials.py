"""Denials: one case, and sorting it."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.texts import T_
from portal.services import denials
from portal.services.attachments import showing
from portal.services.contacts import showing as contacts
from portal.services.messages import desk as messages
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("denials", __name__, url_prefix="/denials")


@blueprint.get("/<id:denial_id>")
@reads("denial:view")
def show(uow: UnitOfWork, denial_id: bytes) -> Reply:
    """One case."""
    page, part = denials.show_denial(uow, denial_id), showing.listed(uow, "denial", denial_id)
    said = contacts.part(uow, "claim", bytes.fromhex(page.claim_id))
    asked = messages.part_about(uow, "denial", denial_id)
    return Page("staff/denials/show.html", page, {"documents": part, "contacts": said, "messages": asked})


@blueprint.post("/<id:denial_id>")
@writes("denial:triage")
def triage(uow: UnitOfWork, denial_id: bytes) -> Reply:
    """Sort it."""
    category, note = request.form.get("category", ""), request.form.get("note", "").strip()
    denials.triage(uow, denial_id, category, note, expected_version=forms.version())
    return Go(url_for("staff.denials.show", denial_id=denial_id), T_("Sorted. It stays in its queue."))

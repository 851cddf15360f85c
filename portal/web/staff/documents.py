"""Documents that came in: adding one to what it is about, looking at its pages, taking it off again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.access.policy import decide
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services import documents
from portal.services.attachments import showing, taking
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import File, Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("documents", __name__, url_prefix="/documents")
_PAGES = {
    "patient": (("account:view", "staff.accounts.show", "patient_id"),),
    "encounter": (
        ("encounter:code", "staff.encounters.code", "encounter_id"),
        ("bill:verify", "staff.bills.show", "encounter_id"),
        ("encounter:review", "staff.encounters.review", "encounter_id"),
        ("charge:enter", "staff.charges.enter", "encounter_id"),
        ("charge:audit", "staff.charges.audit", "encounter_id"),
        ("question:answer", "staff.questions.show", "encounter_id"),
    ),
    "claim": (("claim:view", "staff.claims.show", "claim_id"),),
    "authorization": (("authorization:view", "staff.authorizations.show", "authorization_id"),),
    "assistance": (("assistance:view", "staff.assistance.show", "assistance_id"),),
    "denial": (("denial:view", "staff.denials.show", "denial_id"),),
}
"""Where a thing is looked at, by whoever may."""


@blueprint.post("", endpoint="upload")
@desks("document:attach")
def upload(desk: Desk) -> Reply:
    """Add a document to something; its pages are drawn by a worker."""
    about, about_id, given = request.form.get("about", ""), _about_id(), request.files.get("file")
    body = given.read() if given is not None else b""
    if given is None or not body:
        return Go(_back(desk, about, about_id), T_("Choose a file. Nothing was stored."), "stop")
    try:
        with desk.write("document:attach") as uow:
            taken = taking.take_in(
                uow, about, about_id, kind=request.form.get("kind", ""), name=given.filename or "", body=body
            )
    except Denied:
        raise
    except Refused as refused:
        return Go(_back(desk, about, about_id), refused.text, "stop")
    here = url_for("staff.documents.show", document_id=taken.document_id)
    if not taken.new:
        return Go(here, T_("This file was here for this patient before: this is it, attached here too."), "note")
    return Go(here)


@blueprint.get("/<id:document_id>")
@reads("document:view")
def show(uow: UnitOfWork, document_id: bytes) -> Reply:
    """One document with its pages."""
    begin = request.args.get("begin", "1")
    plain = begin.isascii() and begin.isdigit() and len(begin) < 6
    page = showing.show(uow, document_id, begin=int(begin) if plain else 1)
    links = {each.attachment_id: _link(uow, each.about, each.about_id) for each in (*page.attached, *page.detached)}
    return Page("staff/documents/show.html", page, {"links": links})


@blueprint.get("/<id:document_id>/pages/<int:number>")
@reads("document:view")
def picture(uow: UnitOfWork, document_id: bytes, number: int) -> Reply:
    """The picture of one page, by itself."""
    found = showing.picture(uow, document_id, number)
    return File(found.name, found.media_type, found.body, inline=True)


@blueprint.get("/<id:document_id>/original")
@reads("document:view")
def original(uow: UnitOfWork, document_id: bytes) -> Reply:
    """The document as it was made or came in, as a download."""
    found = documents.fetch(uow, document_id)
    return File(found.name, found.media_type, found.body)


@blueprint.post("/<id:document_id>", endpoint="attach")
@writes("document:attach")
def attach(uow: UnitOfWork, document_id: bytes) -> Reply:
    """Attach a document that is here to something else of the same patient, or take it off."""
    here = url_for("staff.documents.show", document_id=document_id)
    if request.form.get("do") == "detach":
        reason, note = request.form.get("reason", ""), request.form.get("note", "").strip()
        attachment = forms.id_of(request.form.get("attachment", "")) or b""
        taking.detach(uow, document_id, attachment, reason, note, expected_version=forms.version())
        return Go(here, T_("Taken off. The document is kept."))
    taking.attach(uow, document_id, request.form.get("about", ""), _about_id())
    return Go(here, T_("Attached."))


def _about_id() -> bytes:
    return forms.id_of(request.form.get("about_id", "")) or b""


def _back(desk: Desk, about: str, about_id: bytes) -> str:
    """The page of what a document was to be added to, if it is one that this person opens."""
    for permission, endpoint, name in _PAGES.get(about, ()):
        if about_id and decide(desk.actor, permission).allowed:
            place: dict[str, Any] = {name: about_id}
            return url_for(endpoint, **place, _anchor="docs")
    return url_for("staff.work.show")


def _link(uow: UnitOfWork, about: str, about_id: str) -> str | None:
    for permission, endpoint, name in _PAGES.get(about, ()):
        if decide(uow.actor, permission).allowed:
            place: dict[str, Any] = {name: about_id}
            return url_for(endpoint, **place)
    return None

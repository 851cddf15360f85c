"""Files: taking one in by upload, whatever its kind, and seeing what came of every file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services.files import listing, originals, reading, showing
from portal.services.files.listing import FileSearch
from portal.services.files.showing import KINDS, STATES
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import File, Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("imports", __name__, url_prefix="/files")


@blueprint.get("", endpoint="list")
@reads("interchange:view")
def list_(uow: UnitOfWork) -> Reply:
    """Every file that came in or went out."""
    before, after = (forms.id_of(request.args.get(name, "")) for name in ("before", "after"))
    return Page("staff/imports/list.html", listing.listed(uow, _search(), before=before, after=after))


def _search() -> FileSearch:
    """What the address narrows the list to; what cannot be read narrows nothing."""
    given = {name: request.args.get(name, "") for name in ("kind", "state", "partner", "since", "until")}
    partner = forms.id_of(given["partner"])
    return FileSearch(
        kind=given["kind"] if given["kind"] in KINDS else "",
        state=given["state"] if given["state"] in STATES else "",
        partner=partner.hex() if partner else "",
        since=_day(given["since"]),
        until=_day(given["until"]),
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 < found.year < 2200 else None


@blueprint.post("", endpoint="upload")
@desks("interchange:view")
def upload(desk: Desk) -> Reply:
    """Take a file in, to be read by a worker; what it is, is read from the file."""
    given = request.files.get("file")
    body = given.read() if given is not None else b""
    if given is None or not body:
        return _again(desk, T_("Choose a file. Nothing was read."))
    try:
        taken = reading.take_in(desk.units, desk.actor, given.filename or "upload", body, request=desk.request)
    except Denied:
        raise
    except Refused as refused:
        return _again(desk, refused.text)
    here = url_for("staff.imports.show", interchange_id=taken.interchange_id)
    if not taken.new and taken.waits:
        return Go(here, T_("This file was here before and is being read. Nothing is made twice."), "note")
    if not taken.new:
        return Go(here, T_("This file was here before, and nothing was made twice. This is what came of it."), "note")
    return Go(here)


def _again(desk: Desk, why: Text) -> Reply:
    with desk.read("interchange:view") as uow:
        page = listing.listed(uow)
    return Page("staff/imports/list.html", page, {"form": forms.Form(errors={"file": [why]})}, 422)


@blueprint.get("/<id:interchange_id>")
@reads("interchange:view")
def show(uow: UnitOfWork, interchange_id: bytes) -> Reply:
    """One file with all that came of it."""
    page = replace(showing.show(uow, interchange_id), may_take=originals.may_take(uow))
    return Page("staff/imports/show.html", page)


@blueprint.get("/<id:interchange_id>/original", endpoint="ask_original")
@reads("interchange:original")
def ask_original(uow: UnitOfWork, interchange_id: bytes) -> Reply:
    """What would leave, and the question what it is needed for."""
    return Page("staff/imports/original.html", originals.offer(uow, interchange_id))


@blueprint.post("/<id:interchange_id>/original", endpoint="original")
@reads("interchange:original", kind="export")
def original(uow: UnitOfWork, interchange_id: bytes) -> Reply:
    """The file as it came in or went out; the entry about it is written before a byte of it leaves."""
    found = originals.take(uow, interchange_id, request.form.get("reason", ""))
    return File(found.name, originals.MEDIA_TYPE, found.body)

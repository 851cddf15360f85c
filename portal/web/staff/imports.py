"""Files: reading one in by upload, whatever its kind, and seeing what came of every file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, request, url_for

from portal.domain.texts import T_
from portal.services import interchanges
from portal.services.claims import answers
from portal.services.encounters import files, importing
from portal.services.remittances import importing as remittances
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("imports", __name__, url_prefix="/files")


def _visits(desk: Desk, name: str, body: bytes) -> Any:
    return importing.import_visits(desk.units, desk.actor, desk.request, name, body)


def _remittances(desk: Desk, name: str, body: bytes) -> Any:
    return remittances.import_remittances(desk.units, desk.actor, desk.request, name, body)


def _answers(desk: Desk, name: str, body: bytes) -> Any:
    return answers.import_acknowledgements(desk.units, desk.actor, name, body, request=desk.request)


_IMPORTS: Final[Mapping[str, Callable[[Desk, str, bytes], Any]]] = MappingProxyType({
    "835": _remittances, "999": _answers, "997": _answers, "277CA": _answers, "TA1": _answers,
})  # fmt: skip
"""By kind of transaction; each asks for its own permission. What is none of these is read as visits."""


@blueprint.get("", endpoint="list")
@reads("interchange:view")
def list_(uow: UnitOfWork) -> Reply:
    """Every file that came in or went out."""
    before, after = (forms.id_of(request.args.get(name, "")) for name in ("before", "after"))
    return Page("staff/imports/list.html", files.listed(uow, before=before, after=after))


@blueprint.post("", endpoint="upload")
@desks("interchange:view")
def upload(desk: Desk) -> Reply:
    """Read a file in; what it is, is read from the file."""
    given = request.files.get("file")
    body = given.read() if given is not None else b""
    if given is None or not body:
        errors = {"file": [T_("Choose a file. Nothing was read.")]}
        with desk.read("interchange:view") as uow:
            return Page("staff/imports/list.html", files.listed(uow), {"form": forms.Form(errors=errors)}, 422)
    kinds = interchanges.kinds_of(body)
    kind = "837P" if "837P" in kinds else next((kind for kind in sorted(kinds) if kind in _IMPORTS), "837P")
    result = _IMPORTS.get(kind, _visits)(desk, given.filename or "upload", body)
    here = url_for("staff.imports.show", interchange_id=result.interchange_id)
    if result.known if kind == "837P" else not result.new:
        return Go(here, T_("This file was here before, and nothing was made twice. This is what came of it."), "note")
    found = len(result.findings)
    said = T_("Looked at, with {n} finding.", "Looked at, with {n} findings.", n=found) if found else T_("Read in.")
    return Go(here, said, "wait" if found else "good")


@blueprint.get("/<id:interchange_id>")
@reads("interchange:view")
def show(uow: UnitOfWork, interchange_id: bytes) -> Reply:
    """One file with all that came of it."""
    return Page("staff/imports/show.html", files.show(uow, interchange_id))

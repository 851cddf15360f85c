"""Practices of the installation: what is stated of each, certificates of laboratories, facilities they work in."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services import facilities, laboratories
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply

blueprint = Blueprint("practices", __name__, url_prefix="/practices")
_FIELDS = {"number": "number", "kind": "kind", "place": "place", "days": "valid_from", "twice": "valid_from"}
_FACILITIES = "admin/practices/facilities.html"
_KEPT = T_("Kept. Claims are built with it from now on.")
_NAMES = ("number", "kind", "place", "valid_from", "valid_to")


class _Form:
    """What was typed into the form of one practice, certificate or facility, and what is wrong with it."""

    def __init__(self, about: str, names: tuple[str, ...], field: str, text: Text) -> None:
        self.about = about
        self.data = {name: request.form.get(name, "") for name in names}
        self.errors: dict[str, list[Text]] = {field: [text]}


@blueprint.get("", endpoint="list")
@reads("practice:edit")
def list_(uow: UnitOfWork) -> Reply:
    """All practices."""
    return Page("admin/practices/list.html", laboratories.listed(uow))


@blueprint.post("/<id:practice_id>/certificates", endpoint="add")
@desks("practice:edit")
def add(desk: Desk, practice_id: bytes) -> Reply:
    """Keep a new certificate."""
    return _keep(desk, practice_id, None, None)


@blueprint.post("/certificates/<id:certificate_id>", endpoint="change")
@desks("practice:edit")
def change(desk: Desk, certificate_id: bytes) -> Reply:
    """Correct a certificate, or end it."""
    return _keep(desk, bytes(16), certificate_id, _version())


@blueprint.get("/<id:practice_id>/facilities", endpoint="facilities")
@reads("practice:edit")
def facilities_(uow: UnitOfWork, practice_id: bytes) -> Reply:
    """The facilities where a practice's clinicians work."""
    return Page(_FACILITIES, facilities.listed(uow, practice_id))


@blueprint.post("/<id:practice_id>/facilities", endpoint="add-facility")
@desks("practice:edit")
def add_facility(desk: Desk, practice_id: bytes) -> Reply:
    """Keep a new facility."""
    return _keep_facility(desk, practice_id, None, None)


@blueprint.post("/<id:practice_id>/facilities/<id:facility_id>", endpoint="change-facility")
@desks("practice:edit")
def change_facility(desk: Desk, practice_id: bytes, facility_id: bytes) -> Reply:
    """Correct a facility, or end it."""
    return _keep_facility(desk, practice_id, facility_id, _version())


def _version() -> int:
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return int(version)


def _keep(desk: Desk, practice_id: bytes, certificate_id: bytes | None, version: int | None) -> Reply:
    given = {name: request.form.get(name, "") for name in _NAMES}
    try:
        with desk.write("practice:edit") as uow:
            laboratories.keep(uow, practice_id, given, certificate_id=certificate_id, expected_version=version)
    except Denied:
        raise
    except Refused as refused:
        about = (certificate_id or practice_id).hex()
        with desk.read("practice:edit") as uow:
            page = laboratories.listed(uow)
        form = _Form(about, _NAMES, _FIELDS.get(refused.code, "number"), refused.text)
        return Page("admin/practices/list.html", page, {"form": form}, 422)
    return Go(url_for("admin.practices.list"), _KEPT)


def _keep_facility(desk: Desk, practice_id: bytes, facility_id: bytes | None, version: int | None) -> Reply:
    given = {name: request.form.get(name, "") for name in facilities.FIELDS}
    try:
        with desk.write("practice:edit") as uow:
            facilities.keep(uow, practice_id, given, facility_id=facility_id, expected_version=version)
    except Denied:
        raise
    except Refused as refused:
        field = refused.code if refused.code in facilities.FIELDS else "name"
        with desk.read("practice:edit") as uow:
            page = facilities.listed(uow, practice_id)
        form = _Form((facility_id or practice_id).hex(), facilities.FIELDS, field, refused.text)
        return Page(_FACILITIES, page, {"form": form}, 422)
    return Go(url_for("admin.practices.facilities", practice_id=practice_id.hex()), _KEPT)

"""Practices of the installation: what is stated of each, and the certificates of their laboratories."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services import laboratories
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply

blueprint = Blueprint("practices", __name__, url_prefix="/practices")
_FIELDS = {"number": "number", "kind": "kind", "place": "place", "days": "valid_from", "twice": "valid_from"}
_NAMES = ("number", "kind", "place", "valid_from", "valid_to")


class _Form:
    """What was typed into the form of one practice or certificate, and what is wrong with it."""

    def __init__(self, about: str, refused: Refused | None = None) -> None:
        self.about = about
        self.data = {name: request.form.get(name, "") for name in _NAMES}
        self.errors: dict[str, list[Text]] = {}
        if refused is not None:
            self.errors[_FIELDS.get(refused.code, "number")] = [refused.text]


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
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return _keep(desk, bytes(16), certificate_id, int(version))


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
        return Page("admin/practices/list.html", page, {"form": _Form(about, refused)}, 422)
    return Go(url_for("admin.practices.list"), T_("Kept. Claims are built with it from now on."))

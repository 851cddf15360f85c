"""Searching code sets, for forms that help with typing."""

from __future__ import annotations

import json
from datetime import date

from flask import Blueprint, request

from portal.services import codes
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.replies import Plain, Reply

blueprint = Blueprint("codes", __name__, url_prefix="/codes")


@blueprint.post("/search")
@reads("code:search")
def search(uow: UnitOfWork) -> Reply:
    """Codes of a set by code or words on a day, as JSON; asked by POST, for its words may name an illness."""
    given = request.form
    try:
        on = date.fromisoformat(given.get("on", ""))
    except ValueError:
        on = uow.today()
    found = codes.search(uow, given.get("find", ""), given.get("set", "icd10cm"), on)
    rows = [{"code": each.code, "words": each.description, "billable": each.billable} for each in found]
    return Plain(json.dumps(rows), media_type="application/json")

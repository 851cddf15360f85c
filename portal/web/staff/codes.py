"""What is loaded of code sets, and searching them for forms that help with typing."""

from __future__ import annotations

import json
from datetime import date

from flask import Blueprint, request

from portal.services import codes, loaded
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.replies import Page, Plain, Reply

blueprint = Blueprint("codes", __name__, url_prefix="/codes")


@blueprint.get("", endpoint="list")
@reads("code:view")
def list_(uow: UnitOfWork) -> Reply:
    """Which code sets, edits and fee schedules are loaded, from when, by whom."""
    return Page("staff/codes/list.html", loaded.list_loaded(uow))


@blueprint.post("/search")
@reads("code:search")
def search(uow: UnitOfWork) -> Reply:
    """Codes of a set by code or words on a day, as JSON; asked by POST, for its words may name an illness.

    The set `diagnosis`, taken when none is named, is that of the day.
    """
    given = request.form
    try:
        on = date.fromisoformat(given.get("on", ""))
    except ValueError:
        on = uow.today()
    found = codes.search(uow, given.get("find", ""), given.get("set", "diagnosis"), on)
    rows = [{"code": each.code, "words": each.description, "billable": each.billable} for each in found]
    return Plain(json.dumps(rows), media_type="application/json")

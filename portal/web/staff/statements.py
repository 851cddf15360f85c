"""Bills: those that were written, and the run that writes them."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request, url_for

from portal.access.policy import decide
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.statements import runs, showing
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page

blueprint = Blueprint("statements", __name__, url_prefix="/statements")


@blueprint.get("/", endpoint="list")
@reads("statement:view")
def show(uow: UnitOfWork) -> Page:
    """Every bill, the newest first."""
    may_run = decide(uow.actor, "statement:run").allowed
    page = showing.statements_page(uow, may_run=may_run, before=request.args.get("before", ""))
    return Page("staff/statements/list.html", page)


@blueprint.get("/run", endpoint="run")
@reads("statement:run")
def show_run(uow: UnitOfWork) -> Page:
    """Who would get a bill today, and who not and why."""
    return Page("staff/statements/run.html", runs.run_page(uow))


@blueprint.post("/run", endpoint="start_run")
@writes("statement:run")
def start_run(uow: UnitOfWork) -> Go:
    """Ask for a run of the day that was looked at."""
    try:
        day = date.fromisoformat(request.form.get("run_on", ""))
    except ValueError:
        raise Refused(T_("The day is missing. Look at the list again; no bill was made."), code="day") from None
    runs.start(uow, day)
    return Go(
        url_for("staff.statements.list"), T_("The bills are being written. They stand here as they become ready.")
    )

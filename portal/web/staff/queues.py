"""The queues of a role: what waits, and taking it on."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.texts import T_
from portal.services import queues
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("queues", __name__, url_prefix="/queues")
work_blueprint = Blueprint("work", __name__)


@work_blueprint.get("", endpoint="show")
@reads("queue:view")
def work(uow: UnitOfWork) -> Reply:
    """Everything that waits for people of this person's roles."""
    return Page("staff/work.html", queues.work(uow))


@blueprint.get("/<queue>")
@reads("queue:view")
def show(uow: UnitOfWork, queue: str) -> Reply:
    """One queue, in the view that the address names."""
    after, before = (forms.id_of(request.args.get(name, "")) for name in ("after", "before"))
    view = request.args.get("view", "all")
    return Page("staff/queue.html", queues.show(uow, queue, view=view, after=after, before=before))


@blueprint.post("/<queue>")
@writes("queue:assign")
def act(uow: UnitOfWork, queue: str) -> Reply:
    """Take items on, or put them back for anyone."""
    items = [found for item in request.form.getlist("item") if (found := forms.id_of(item)) is not None]
    put_back = request.form.get("do") == "put_back"
    changed = queues.assign(uow, queue, items, put_back=put_back)
    notice = (
        T_("{n} item is anybody's again.", "{n} items are anybody's again.", n=changed)
        if put_back
        else T_("{n} item is with you now.", "{n} items are with you now.", n=changed)
    )
    here = url_for("staff.queues.show", queue=queue, view=request.args.get("view", "all"))
    return Go(here, notice) if changed else Go(here, T_("Nothing changed: they were so already."), "note")

"""Before collection: a bill with every condition, the manager's decision, and the agency's file."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.texts import T_
from portal.services.dunning import referring
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import File, Go, Page
from portal.web.staff import forms

blueprint = Blueprint("collection", __name__, url_prefix="/collection")


@blueprint.get("", endpoint="list")
@reads("statement:view")
def list_(uow: UnitOfWork) -> Page:
    """Bills at the agency."""
    return Page("staff/dunning/referred.html", referring.referred(uow))


@blueprint.get("/<id:statement_id>")
@reads("statement:view")
def show(uow: UnitOfWork, statement_id: bytes) -> Page:
    """One bill before the manager."""
    return Page("staff/dunning/referral.html", referring.page(uow, statement_id))


@blueprint.post("/<id:statement_id>/approve")
@writes("collection:approve")
def approve(uow: UnitOfWork, statement_id: bytes) -> Go:
    """To the agency."""
    referring.approve(uow, statement_id, forms.version(), request.form.get("words", ""))
    return Go(
        url_for("staff.collection.list"), T_("The bill is with the agency from today on. It is in the next file.")
    )


@blueprint.post("/<id:statement_id>/back")
@writes("collection:approve")
def back(uow: UnitOfWork, statement_id: bytes) -> Go:
    """Back to the final notice."""
    referring.back(uow, statement_id, forms.version(), request.form.get("words", ""))
    return Go(url_for("staff.queues.show", queue="pre-collection"), T_("They have more time. The days begin again."))


@blueprint.post("/file")
@reads("collection:approve", kind="export")
def file(uow: UnitOfWork) -> File:
    """The agency's file; its entry in the log is written before a byte of it leaves."""
    return File(f"collection-{uow.today()}.csv", "text/csv; charset=utf-8", referring.export(uow))

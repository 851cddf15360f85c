"""Stop asking an account for money, and ask again."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.texts import T_
from portal.domain.typed import plain
from portal.services.dunning import holding
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page
from portal.web.staff import forms

blueprint = Blueprint("account_holds", __name__, url_prefix="/patients/<id:patient_id>/holds")


@blueprint.get("")
@reads("patient:change")
def show(uow: UnitOfWork, patient_id: bytes) -> Page:
    """Why nothing is asked now, and the form."""
    return Page("staff/dunning/holds.html", holding.page(uow, patient_id))


@blueprint.post("")
@writes("patient:change")
def stop(uow: UnitOfWork, patient_id: bytes) -> Go:
    """Stop asking; the same reason twice is one."""
    words = plain(request.form.get("words", ""), "words", 1_000) or ""
    holding.open_(uow, patient_id, request.form.get("kind", ""), words)
    return Go(url_for("staff.account_holds.show", patient_id=patient_id), T_("Nothing is asked of this account now."))


@blueprint.post("/<id:hold_id>/end")
@writes("patient:change")
def end(uow: UnitOfWork, patient_id: bytes, hold_id: bytes) -> Go:
    """Ask again."""
    holding.end(uow, patient_id, hold_id, forms.version())
    return Go(url_for("staff.account_holds.show", patient_id=patient_id), T_("It is ended. The bills go on."))

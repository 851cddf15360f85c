"""Letters about bills that wait: mailed by a person who says so, or kept back."""

from __future__ import annotations

from flask import Blueprint, url_for

from portal.domain.texts import T_
from portal.services.dunning import papers, showing
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page
from portal.web.staff import forms

blueprint = Blueprint("notices", __name__, url_prefix="/notices")


@blueprint.get("/<id:notice_id>")
@reads("notice:send")
def show(uow: UnitOfWork, notice_id: bytes) -> Page:
    """One letter."""
    return Page("staff/dunning/letter.html", showing.letter(uow, notice_id))


@blueprint.post("/<id:notice_id>/mailed")
@writes("notice:send")
def mailed(uow: UnitOfWork, notice_id: bytes) -> Go:
    """It is in the mail."""
    papers.mailed(uow, notice_id, forms.version())
    return Go(url_for("staff.queues.show", queue="letters"), T_("The letter is noted as mailed."))


@blueprint.post("/<id:notice_id>/back")
@writes("notice:send")
def keep_back(uow: UnitOfWork, notice_id: bytes) -> Go:
    """It does not go."""
    papers.keep_back(uow, notice_id, forms.version())
    return Go(url_for("staff.queues.show", queue="letters"), T_("The letter is not mailed."))

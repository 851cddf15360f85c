"""Calls about open bills: what to say, and what came of it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request, url_for

from portal.domain import calls
from portal.domain.calls import Promise
from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.texts import T_
from portal.domain.typed import plain
from portal.services.dunning import calling
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("calls", __name__, url_prefix="/calls")
_FIELDS = ("outcome", "words", "amount", "pay_by")


@blueprint.get("/<id:statement_id>")
@reads("call:make")
def show(uow: UnitOfWork, statement_id: bytes) -> Page:
    """What to say."""
    return Page("staff/dunning/call.html", calling.page(uow, statement_id))


@blueprint.post("/<id:statement_id>")
@desks("call:make")
def record(desk: Desk, statement_id: bytes) -> Reply:
    """Keep what came of it, or show what is missing."""
    given = {name: request.form.get(name, "") for name in _FIELDS}
    try:
        with desk.write("call:make") as uow:
            words = plain(given["words"], "words", 1_000) or ""
            promised = _promise(uow, statement_id, given) if given["outcome"] == "promised" else None
            calling.record(uow, statement_id, given["outcome"], words=words, key=_key(), promised=promised)
    except Refused as refused:
        if refused.code not in {*_FIELDS, "calls"}:
            raise
        with desk.read("call:make") as uow:
            page = calling.page(uow, statement_id)
        form = forms.Form(given, {refused.code: [refused.text]})
        return Page("staff/dunning/call.html", page, {"form": form}, status=422)
    return Go(url_for("staff.queues.show", queue="calls"), T_("The call is kept."))


def _key() -> str:
    found = request.form.get("key", "")
    if forms.id_of(found) is None:
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return found


def _promise(uow: UnitOfWork, statement_id: bytes, given: dict[str, str]) -> Promise:
    page = calling.page(uow, statement_id)
    try:
        cents = parse_cents(given["amount"].strip().removeprefix("$").replace(",", ""))
    except ValueError:
        raise Refused(T_("Write the sum in dollars, for example 40.00."), code="amount") from None
    try:
        day = date.fromisoformat(given["pay_by"])
    except ValueError:
        day = None
    return calls.promise(cents, day, page.account.owed.cents, page.today)

"""The practice's steps of following up: days, ways, hours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request, url_for

from portal.domain.consents import CHANNELS
from portal.domain.dunning import Steps
from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.texts import T_
from portal.services import policies
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("dunning", __name__, url_prefix="/dunning")
_NUMBERS = ("past_due_days", "final_days", "list_days", "from_hour", "to_hour", "most_messages", "most_calls")
_SUMS = ("least_cents", "call_cents")
_WAYS = ("past_due_by", "final_by")
_YES = ("on_sundays", "exempt")


def _page(uow: UnitOfWork, form: forms.Form | None = None, status: int = 200) -> Page:
    steps = policies.current(uow, uow.practice_id, Steps)
    more = {"version": policies.version(uow, uow.practice_id, Steps), "form": form, "channels": tuple(CHANNELS.items())}
    return Page("staff/dunning/steps.html", steps, more, status)


@blueprint.get("")
@reads("dunning:edit")
def show(uow: UnitOfWork) -> Page:
    """What holds now."""
    return _page(uow)


@blueprint.post("")
@desks("dunning:edit")
def keep(desk: Desk) -> Reply:
    """Keep new steps, or show what cannot be meant."""
    try:
        with desk.write("dunning:edit") as uow:
            steps = _read()
            policies.keep(uow, uow.practice_id, steps, version=forms.version())
    except Refused as refused:
        if refused.code != "steps":
            raise
        with desk.read("dunning:edit") as uow:
            return _page(uow, forms.Form(dict(request.form), {"steps": [refused.text]}), 422)
    return Go(url_for("staff.dunning.show"), T_("The steps are kept. They hold from the next look on."))


def _read() -> Steps:
    given: dict[str, Any] = {name: name in request.form for name in _YES}
    given |= {name: tuple(each for each in request.form.getlist(name) if each in CHANNELS) for name in _WAYS}
    for name in _NUMBERS:
        typed = request.form.get(name, "").strip()
        if not (typed.isascii() and typed.isdigit() and len(typed) < 5):
            raise Refused(T_("Write whole numbers for days, hours and how often."), code="steps")
        given[name] = int(typed)
    for name in _SUMS:
        try:
            given[name] = parse_cents(request.form.get(name, "").strip().removeprefix("$").replace(",", ""))
        except ValueError:
            raise Refused(T_("Write the sums in dollars."), code="steps") from None
    return replace(Steps(), **given)

"""Conversations with patients as the office works them: one with its account beside it, writing, asking for things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.messages.life import QUESTION
from portal.domain.texts import T_
from portal.domain.typed import shown
from portal.services.messages import desk as showing
from portal.services.messages import office
from portal.services.messages.saying import Said
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("messages", __name__, url_prefix="/messages")
_FIELDS = frozenset({"title", "words", "task", "agreement", "kind", "due_on", "reason", "guard:closing"})
_WRITE = "message"
"""The choice of the form that asks for nothing."""


@blueprint.get("/<id:conversation_id>")
@desks("message:view")
def show(desk: Desk, conversation_id: bytes) -> Reply:
    """One conversation; opened by somebody who answers, it is read."""
    with desk.read("message:view") as uow:
        page = showing.show(uow, conversation_id)
    if page.may_answer and page.new:
        with desk.write("message:answer") as uow:
            office.seen(uow, conversation_id)
    return Page("staff/messages/show.html", page)


@blueprint.post("/<id:conversation_id>", endpoint="answer")
@desks("message:answer")
def answer(desk: Desk, conversation_id: bytes) -> Reply:
    """Answer, note, close, or turn it into the other kind."""
    do, given = request.form.get("do", ""), request.form
    here = url_for("staff.messages.show", conversation_id=conversation_id)
    if do == "turn":
        with desk.write("message:answer") as uow:
            kind = office.turn(uow, conversation_id, expected_version=forms.version())
        if kind == QUESTION:
            return Go(here, T_("It is a question now: the account is not asked for money until it is closed."))
        return Go(here, T_("It is a message now. The clock of the bill goes on."))
    if do == "close":
        return _close(desk, conversation_id, "message:answer")

    def act(uow: UnitOfWork) -> Said:
        if do == "note":
            return office.note(uow, conversation_id, given.get("words", ""), key=_key())
        return office.answer(
            uow, conversation_id, given.get("words", ""), key=_key(), close_as=given.get("close_as", "")
        )

    said = T_("Noted. Only the office sees it.") if do == "note" else T_("Sent to the patient.")
    return _kept(desk, act, lambda uow: _again(uow, conversation_id, do), "message:answer", said)


@blueprint.post("/<id:conversation_id>/task", endpoint="end_task")
@desks("task:ask")
def end_task(desk: Desk, conversation_id: bytes) -> Reply:
    """Cancel a task that is not needed any more, or close one whose answer was worked."""
    return _close(desk, conversation_id, "task:ask")


@blueprint.get("/new/<about>/<id:about_id>")
@reads("task:ask")
def new(uow: UnitOfWork, about: str, about_id: bytes) -> Reply:
    """The form to write to a patient, or to ask for something that an account, claim, denial or item needs."""
    return Page("staff/messages/new.html", showing.ask_page(uow, about, about_id))


@blueprint.post("/new/<about>/<id:about_id>", endpoint="create")
@desks("task:ask")
def create(desk: Desk, about: str, about_id: bytes) -> Reply:
    """Send it, or show the form again with what is wrong."""
    given = request.form
    permission = "message:answer" if given.get("task") == _WRITE else "task:ask"

    def act(uow: UnitOfWork) -> Said:
        found = office.about_of(uow, about, about_id)
        if permission == "message:answer":
            return office.write_first(uow, found.patient_id, given.get("title", ""), given.get("words", ""), key=_key())
        return office.ask(uow, found, given.get("task", ""), given, key=_key())

    def again(uow: UnitOfWork) -> Page:
        return Page("staff/messages/new.html", showing.ask_page(uow, about, about_id))

    return _kept(desk, act, again, permission, T_("Sent to the patient."))


def _close(desk: Desk, conversation_id: bytes, permission: str) -> Reply:
    here = url_for("staff.messages.show", conversation_id=conversation_id)
    try:
        with desk.write(permission) as uow:
            office.close(uow, conversation_id, request.form.get("reason", ""), expected_version=forms.version())
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in _FIELDS:
            raise
        with desk.read("message:view") as uow:
            page = showing.show(uow, conversation_id)
        form = forms.Form(_data(), {"reason": [refused.text]})
        return Page("staff/messages/show.html", page, {"form": form, "wrong": "close"}, 422)
    return Go(here, T_("Closed."))


def _again(uow: UnitOfWork, conversation_id: bytes, do: str) -> Page:
    return Page("staff/messages/show.html", showing.show(uow, conversation_id), {"wrong": do or "answer"})


def _kept(
    desk: Desk, act: Callable[[UnitOfWork], Said], again: Callable[[UnitOfWork], Page], permission: str, text: Any
) -> Reply:
    """The conversation after a form was kept, or the form once more with what is wrong at its field."""
    try:
        with desk.write(permission) as uow:
            said = act(uow)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in _FIELDS:
            raise
        with desk.read("message:view" if permission == "message:answer" else permission) as uow:
            page = again(uow)
        code = "close_as" if refused.code in {"guard:closing", "reason"} else refused.code
        form = forms.Form(_data(), {code: [refused.text]})
        return Page(page.template, page.page, {**page.more, "form": form}, 422)
    here = url_for("staff.messages.show", conversation_id=said.conversation_id)
    if not said.new:
        return Go(here, T_("This was kept already; it counts once."), "note")
    return Go(here, text)


def _data() -> dict[str, str]:
    return {name: shown(value) for name, value in request.form.items()}


def _key() -> str:
    """What names the form, so that it counts once; raises Refused where it carries none."""
    found = forms.id_of(request.form.get("key", ""))
    if found is None:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    return found.hex()

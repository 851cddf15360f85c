"""A patient's conversations with the office: the list, a new one, one with answers and tasks, asking about a bill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_, Text
from portal.domain.typed import shown
from portal.services.messages import own, showing
from portal.services.messages.saying import Said, Upload
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.web.guard import Desk, desks, reads
from portal.web.patient.account import whose
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page, Reply
from portal.web.shell import speaker

_FIELDS = frozenset({
    "title", "words", "wrong", "file", "has", "payer", "member_id", "since", "was", "day", "where", "agree", "name",
    "right", "phone", "line1", "line2", "city", "state", "postal_code",
})  # fmt: skip
"""Fields of these forms: what is wrong with one is told beside it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, and what is wrong with it."""

    data: dict[str, str]
    errors: dict[str, list[Text]] = field(default_factory=dict)


@blueprint.get("/messages", endpoint="messages")
@reads("own-message:view")
def show_list(uow: UnitOfWork) -> Page:
    """Tasks first, then what is open, then what is over."""
    return Page("patient/messages.html", showing.list_page(uow, whose(uow)))


@blueprint.get("/messages/new", endpoint="new_message")
@reads("own-message:make")
def show_new(uow: UnitOfWork) -> Page:
    """The form of a new message."""
    return Page("patient/message_new.html", showing.new_page(uow, whose(uow)))


@blueprint.post("/messages/new", endpoint="begin_message")
@desks("own-message:make")
def begin(desk: Desk) -> Reply:
    """Send it, or show the form again with what is wrong."""

    def act(uow: UnitOfWork) -> Said:
        given = request.form
        return own.write_first(
            uow, _patient(uow), given.get("title", ""), given.get("words", ""), key=_key(), file=_file()
        )

    def again(uow: UnitOfWork) -> Page:
        return Page("patient/message_new.html", showing.new_page(uow, _patient(uow)))

    return _sent(desk, act, again)


@blueprint.get("/visits/<id:encounter_id>/question", endpoint="question")
@reads("own-message:make")
def show_question(uow: UnitOfWork, encounter_id: bytes) -> Page:
    """The short form to ask about a visit, or one line of its bill."""
    return _question(uow, encounter_id, request.args)


@blueprint.post("/visits/<id:encounter_id>/question", endpoint="ask_question")
@desks("own-message:make")
def ask(desk: Desk, encounter_id: bytes) -> Reply:
    """Send it; from now on the bill waits."""

    def act(uow: UnitOfWork) -> Said:
        given = request.form
        return own.ask(
            uow, encounter_id, given.get("wrong", ""), given.get("words", ""), key=_key(),
            charge_id=_id(given.get("line", "")), statement_id=_id(given.get("bill", "")), file=_file(),
        )  # fmt: skip

    return _sent(desk, act, lambda uow: _question(uow, encounter_id, request.form))


@blueprint.get("/messages/<id:conversation_id>", endpoint="message")
@desks("own-message:view")
def show(desk: Desk, conversation_id: bytes) -> Page:
    """One conversation; whoever opens it has read it."""
    with desk.read("own-message:view") as uow:
        page, unread = showing.thread_page(uow, conversation_id), showing.is_unread(uow, conversation_id)
    if unread:
        with desk.write("own-message:view") as uow:
            showing.read(uow, conversation_id)
    return Page("patient/message.html", page)


@blueprint.post("/messages/<id:conversation_id>", endpoint="write_message")
@desks("own-message:make")
def write(desk: Desk, conversation_id: bytes) -> Reply:
    """Write, answer a task, or take back what was asked."""
    do = request.form.get("do", "write")
    here = url_for("patient.message", conversation_id=conversation_id)
    if do == "withdraw":
        with desk.write("own-message:make") as uow:
            own.withdraw(uow, conversation_id, expected_version=_version())
        return Go(here, T_("You took it back. Nothing more happens with it."))

    def act(uow: UnitOfWork) -> Said:
        given = request.form
        if do == "answer":
            return own.answer(
                uow, conversation_id, given, key=_key(), file=_file(), shown=_signed(uow, conversation_id)
            )
        return own.write(uow, conversation_id, given.get("words", ""), key=_key(), file=_file())

    def again(uow: UnitOfWork) -> Page:
        return Page("patient/message.html", showing.thread_page(uow, conversation_id))

    return _sent(desk, act, again)


def _sent(desk: Desk, act: Callable[[UnitOfWork], Said], again: Callable[[UnitOfWork], Page]) -> Reply:
    """The conversation after a form was kept, or the form once more with what is wrong at its field."""
    try:
        with desk.write("own-message:make") as uow:
            said = act(uow)
    except Denied:
        raise
    except Refused as refused:
        code = "file" if refused.code.startswith("file-") else refused.code
        if code not in _FIELDS:
            raise
        with desk.read("own-message:make") as uow:
            page = again(uow)
        data = {name: shown(value) for name, value in request.form.items()}
        return Page(page.template, page.page, {**page.more, "form": Form(data, {code: [refused.text]})}, 422)
    here = url_for("patient.message", conversation_id=said.conversation_id)
    if not said.new:
        return Go(here, T_("We have this already; it counts once."), "note")
    return Go(here, T_("Sent. Thank you."))


def _question(uow: UnitOfWork, encounter_id: bytes, given: Any) -> Page:
    line, bill = _id(given.get("line", "")), _id(given.get("bill", ""))
    return Page("patient/question.html", showing.question_page(uow, encounter_id, line, bill))


def _signed(uow: UnitOfWork, conversation_id: bytes) -> tuple[str, str]:
    """The language and the words of what a task asks to sign, as the page says them."""
    found = showing.agreement_of(uow, conversation_id)
    if found is None:
        return "", ""
    said = speaker()
    return said.locale, "\n\n".join(said.text(each) for each in (found.title, *found.paragraphs))


def _patient(uow: UnitOfWork) -> bytes:
    """Whom a form is about: it says so, so that two windows do not mix; raises NotFound for somebody else."""
    found = _id(request.form.get("patient", ""))
    if found is None or found not in uow.reach.patients:
        raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")
    return found


def _file() -> Upload | None:
    given = request.files.get("file")
    if given is None or not given.filename:
        return None
    return Upload(given.filename, given.read())


def _key() -> str:
    """The form's own key; one that is not of ours is replaced, which only loses the guard against a double press."""
    found = _id(request.form.get("form_key", ""))
    return (found or new_id()).hex()


def _version() -> int:
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return int(given)


def _id(text: str) -> bytes | None:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == 16 else None

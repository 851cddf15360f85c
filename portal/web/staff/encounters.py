"""Coding a visit, and the second look at its codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request, url_for

from portal.domain.codes import is_procedure
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services import aside
from portal.services.attachments import showing
from portal.services.encounters import coding, details, questions, review
from portal.services.granted import needs
from portal.services.intake.lines import TypedLine
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("encounters", __name__, url_prefix="/encounters")
_FIELDS = {
    "code": "code",
    "drug": "code",
    "question": "words",
    "reason": "reason",
    "note-too-long": "reason",
    "guard:unbilled": "reason",
}
"""Beside which field a refusal stands; what is not here is about a diagnosis."""


@blueprint.get("/<id:encounter_id>/code")
@reads("encounter:code")
def code(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """A visit to code; after a code that was found was used, the search goes on."""
    return _coding(uow, coding.show(uow, encounter_id), encounter_id, at=request.args.get("at", ""))


@blueprint.post("/<id:encounter_id>/code", endpoint="code_post")
@desks("encounter:code")
def code_post(desk: Desk, encounter_id: bytes) -> Reply:
    """Every button keeps all that was typed; what cannot be read is shown again beside its reason.

    The words of a search stand in no address, for they may name an illness.
    """
    typed, do, find = _typed(), request.form.get("do", ""), request.form.get("find", "")
    if do == "enter":
        do = "find" if find.strip() else "keep"
    checked = True
    try:
        with desk.write("encounter:code") as uow:
            if do == "coded":
                checked = coding.finish(uow, encounter_id, forms.version(), typed)
            elif do == "aside":
                reason, note = request.form.get("reason", ""), request.form.get("note", "")
                coding.set_aside(uow, encounter_id, forms.version(), reason, note, request.form.get("seen", ""))
            elif do == "ask":
                topic, words = request.form.get("topic", ""), request.form.get("words", "")
                coding.ask(uow, encounter_id, forms.version(), typed, topic, words)
            else:
                coding.save(uow, encounter_id, forms.version(), typed)
    except Denied:
        raise
    except Refused as refused:
        errors = {_FIELDS.get(refused.code, "diagnosis"): [refused.text]}
        with desk.read("encounter:code") as uow:
            page = coding.show(uow, encounter_id, typed=typed, find=find)
            return _coding(uow, page, encounter_id, forms.Form(request.form.to_dict(), errors))
    if do == "coded":
        told = T_("Coded. A colleague takes a second look.") if checked else T_("Coded, and released for charge entry.")
        return Go(url_for("staff.queues.show", queue="coding"), told)
    if do == "aside":
        return Go(url_for("staff.queues.show", queue="coding"), T_("Set aside. It is billed to nobody."))
    if do == "ask":
        return Go(url_for("staff.queues.show", queue="coding"), T_("Asked. The visit comes back with the answer."))
    if do != "find":
        at = "find" if request.form.get("use") else None
        return Go(url_for("staff.encounters.code", encounter_id=encounter_id, at=at), T_("Kept."))
    with desk.read("encounter:code") as uow:
        return _coding(uow, coding.show(uow, encounter_id, find=find), encounter_id)


@blueprint.post("/<id:encounter_id>/question", endpoint="take_back")
@writes("encounter:code")
def take_back(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Take back a question that needs no answer any more."""
    questions.take_back(uow, encounter_id, forms.version(), "CODING_ASKED")
    return Go(url_for("staff.encounters.code", encounter_id=encounter_id), T_("The question is taken back."))


def _coding(
    uow: UnitOfWork, page: coding.CodePage, encounter_id: bytes, form: forms.Form | None = None, at: str = ""
) -> Page:
    """The page of coding with the documents of the visit, and what is wrong with what was typed."""
    part = showing.listed(uow, "encounter", encounter_id)
    more: dict[str, Any] = {"form": form, "at": at, "documents": part, "needs": needs.of_visit(uow, encounter_id)}
    more["details"] = details.part_of(uow, encounter_id)
    return Page("staff/encounters/code.html", page, more, 422 if form else 200)


@blueprint.get("/<id:encounter_id>/aside", endpoint="aside")
@reads("claim:edit")
def aside_(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """What setting a visit aside would do whose claim was never sent."""
    return Page("staff/encounters/aside.html", aside.show(uow, encounter_id), {"form": None})


@blueprint.post("/<id:encounter_id>/aside", endpoint="aside_post")
@desks("claim:edit")
def aside_post(desk: Desk, encounter_id: bytes) -> Reply:
    """Set it aside: its claim is withdrawn, and its charges are taken out of the account."""
    given = {name: request.form.get(name, "") for name in ("reason", "note", "seen")}
    try:
        with desk.write("claim:edit") as uow:
            patient_id = aside.from_claim(uow, encounter_id, forms.version(), **given)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in {"reason", "note-too-long"}:
            raise
        with desk.read("claim:edit") as uow:
            page = aside.show(uow, encounter_id)
        form = forms.Form(given, {_FIELDS[refused.code]: [refused.text]})
        return Page("staff/encounters/aside.html", page, {"form": form}, 422)
    if request.form.get("from") == "account":
        there = url_for("staff.accounts.show", patient_id=patient_id)
        return Go(there, T_("Set aside. Its charges are taken out of the account."))
    return Go(url_for("staff.queues.show", queue="claims"), T_("Set aside. Its claim is withdrawn."))


@blueprint.get("/<id:encounter_id>/review", endpoint="review")
@reads("encounter:review")
def review_(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Codes to look at a second time."""
    page, part = review.show(uow, encounter_id), showing.listed(uow, "encounter", encounter_id)
    return Page("staff/encounters/review.html", page, {"documents": part})


@blueprint.post("/<id:encounter_id>/review", endpoint="review_post")
@writes("encounter:review")
def review_post(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """Release the codes, or send them back with what was found."""
    if request.form.get("do") == "return":
        found, note = forms.found(CODING_ERRORS), request.form.get("note", "")
        review.send_back(uow, encounter_id, forms.version(), found, note)
        return Go(url_for("staff.queues.show", queue="code-review"), T_("Sent back to the coder."))
    forms.nothing_found()
    review.release(uow, encounter_id, forms.version())
    return Go(url_for("staff.queues.show", queue="code-review"), T_("Released for charge entry."))


def _typed() -> coding.Typed:
    """The form, with a code that was found put in: a diagnosis at the end, a service as a line of its own."""
    typed = coding.Typed(tuple(request.form.getlist("diagnosis")), forms.lines())
    kind, _, used = request.form.get("use", "").partition(":")
    if kind == "diagnosis":
        return replace(typed, diagnoses=(*typed.diagnoses, used))
    if kind == "service" and is_procedure(used):
        return replace(typed, lines=(*typed.lines, TypedLine("", used, points="A" if any(typed.diagnoses) else "")))
    return typed

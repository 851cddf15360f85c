"""Letters to payers: chosen, filled in, edited, looked at, made."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request

from portal.domain import letters as rules
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.language.speaker import Speaker
from portal.services.contacts import letters
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import contacts, forms

blueprint = Blueprint("letters", __name__, url_prefix="/letters")
_FIELDS = frozenset({"template", "channel", "to", "subject", "body", "enclosures", "next_step", "next_on"})
_SPEAKER = Speaker(letters.LANGUAGE, "UTC")
"""Letters say days, no instants."""


@blueprint.get("/<about>/<id:about_id>")
@reads("letter:make")
def write(uow: UnitOfWork, about: str, about_id: bytes) -> Reply:
    """A letter filled in, to be edited."""
    page = letters.offer(uow, about, about_id, request.args.get("template", "")[:40], _SPEAKER.text)
    return Page("staff/contacts/letter.html", page)


@blueprint.post("/<about>/<id:about_id>", endpoint="make")
@desks("letter:make")
def make(desk: Desk, about: str, about_id: bytes) -> Reply:
    """Show the letter as it will be, or make it; or show the form again with what is wrong."""
    given, key = request.form, forms.id_of(request.form.get("key", ""))
    if key is None:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    try:
        if given.get("do") == "make":
            with desk.write("letter:make") as uow:
                kept = letters.make(uow, about, about_id, given, _SPEAKER.text, key=key.hex())
            text = T_("The letter is made once, and was before.")
            if kept.new:
                text = T_("The letter is made and noted. Its PDF stands with the contact in a moment.")
            return Go(contacts.place(desk, about, about_id), text, "good" if kept.new else "note")
        letter = rules.read(given)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in _FIELDS:
            raise
        return _again(desk, about, about_id, None, refused)
    return _again(desk, about, about_id, letter, None)


def _again(desk: Desk, about: str, about_id: bytes, letter: rules.Letter | None, wrong: Refused | None) -> Page:
    """The form with what was typed, and the letter as it will be or what is wrong."""
    given = request.form
    template = given.get("template", "")
    with desk.read("letter:make") as uow:
        page = letters.offer(
            uow, about, about_id, template if template in rules.TEMPLATES else "", _SPEAKER.text
        )  # fmt: skip
    page = replace(page, key=given.get("key", ""))
    more = {"form": contacts.typed(wrong), "letter": letter}
    return Page("staff/contacts/letter.html", page, more, 422 if wrong else 200)

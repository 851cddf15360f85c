"""Patients' accounts: finding one, showing all of it, changing contact data without writing over each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request, url_for

from portal.access.policy import decide
from portal.domain.errors import Conflict
from portal.domain.texts import T_
from portal.language.speaker import Speaker
from portal.services.attachments import showing
from portal.services.auditing.searching import last_change
from portal.services.authorizations import listing
from portal.services.contacts import showing as contacts
from portal.services.coverage import showing as coverage
from portal.services.dunning import showing as dunning
from portal.services.messages import desk as messages
from portal.services.patients import account, changing, letters, searching
from portal.services.patients.searching import SearchPage
from portal.services.payment_plans import showing as plans
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import registration, tries
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import File, Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("accounts", __name__, url_prefix="/patients")
_PATIENT_TABLE = 10
_VISIT_PAGES = (("charge:enter", "staff.charges.enter"), ("charge:audit", "staff.charges.audit"))
"""Whoever sees an account and may open a visit, opens it here; to others it is a line."""


@blueprint.get("", endpoint="search")
@reads("account:search")
def ask(_uow: UnitOfWork) -> Reply:
    """The form to search by."""
    return Page("staff/accounts/search.html", SearchPage("", None, more=False))


@blueprint.post("", endpoint="search_post")
@desks("account:search")
def search(desk: Desk) -> Reply:
    """Patients that fit; names are posted, so that none stands in an address, and not too often."""
    q = request.form.get("q", "")
    if searching.by_name(q):
        tries.refuse_haste(desk.units, desk.actor, "account:search", desk.request)
    with desk.read("account:search", kind="query") as uow:
        return Page("staff/accounts/search.html", searching.search(uow, q))


@blueprint.get("/<id:patient_id>")
@reads("account:view")
def show(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """One account."""
    page = account.show(uow, patient_id, changing="change" in request.args)
    waits = page.has_sign_in and page.may_issue_code and letters.waits(uow, patient_id)
    opens = next((endpoint for permission, endpoint in _VISIT_PAGES if decide(uow.actor, permission).allowed), None)
    part = showing.listed(uow, "patient", patient_id)
    told = coverage.told(uow, patient_id)
    more: dict[str, Any] = {"letter_waits": waits, "visit_page": opens, "documents": part, "told": told}
    more["authorizations"] = listing.of_patient(uow, patient_id)
    more["contacts"] = contacts.part(uow, "patient", patient_id)
    more["sent"] = dunning.part(uow, patient_id)
    more["messages"] = messages.part(uow, patient_id)
    more["plan"] = plans.part(uow, patient_id)
    more["opens_claims"] = decide(uow.actor, "claim:view").allowed
    return Page("staff/accounts/show.html", page, more)


@blueprint.post("/<id:patient_id>")
@desks("patient:change")
def change(desk: Desk, patient_id: bytes) -> Reply:
    """Keep the contact data, or show what is wrong with it, or what somebody else changed meanwhile."""
    values, version = changing.tidy(request.form), forms.version()
    wrong = changing.faults(values)
    if wrong:
        with desk.read("account:view") as uow:
            page = account.show(uow, patient_id, changing=True)
        form = forms.Form(values, wrong)
        return Page("staff/accounts/show.html", replace(page, version=version), {"form": form}, 422)
    try:
        with desk.write("patient:change") as uow:
            changing.change(uow, patient_id, version, values)
    except Conflict as conflict:
        if conflict.code != "version":
            raise
        return _both(desk, patient_id, values)
    return Go(url_for("staff.accounts.show", patient_id=patient_id), T_("The changes are kept."))


def _both(desk: Desk, patient_id: bytes, values: dict[str, str]) -> Page:
    before = changing.tidy({name: request.form.get(f"was_{name}", "") for name in changing.FIELDS})
    with desk.read("patient:change") as uow:
        who, at = last_change(uow, _PATIENT_TABLE, patient_id, patient_id)
        page = changing.conflict(uow, patient_id, values, before, changed_by=who, changed_at=at)
    return Page("staff/accounts/conflict.html", page, status=409)


@blueprint.post("/<id:patient_id>/code")
@desks("registration:issue")
def issue_code(desk: Desk, patient_id: bytes) -> Reply:
    """A letter with a new code, in the patient's language, to be printed and mailed; earlier codes are dead."""
    with desk.write("registration:issue") as uow:
        code = registration.issue(uow, patient_id)
        letter = letters.code_letter(uow, patient_id, code, desk.parts.public_url)
    return printed(letter)


@blueprint.post("/<id:patient_id>/letter")
@writes("registration:issue")
def registered_letter(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """The letter that says a sign-in was opened, to be printed and mailed; it waits no longer."""
    return printed(letters.registered_letter(uow, patient_id))


def printed(letter: letters.Letter) -> File:
    """A letter as a file, in the language of whom it is written to."""
    said = Speaker(letter.language, letter.time_zone)
    parts = ("\n".join((letter.sender, "", *letter.to)), said.text(letter.subject), *map(said.text, letter.paragraphs))
    return File("letter.txt", "text/plain; charset=utf-8", "\n\n".join(parts).encode())

"""Contacts with payers: each payer with its departments and contacts, one contact, keeping and correcting them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.access.policy import decide
from portal.domain import contacts as rules
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.domain.typed import shown
from portal.services.contacts import desks as departments
from portal.services.contacts import payers, recording, references, showing
from portal.services.contacts.payers import Narrowed
from portal.services.contacts.recording import Kept
from portal.services.contacts.references import ContactsFoundPage
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")
_FIELDS = frozenset({
    "channel", "direction", "day", "time", "person", "reference", "words", "next_step", "next_on", "reason", "why",
})  # fmt: skip
_DESK_FIELDS = frozenset({"name", "phone", "fax", "line1", "line2", "city", "state", "postal_code"})
_PAGES = {
    "claim": ("claim:view", "staff.claims.show", "claim_id"),
    "authorization": ("authorization:view", "staff.authorizations.show", "authorization_id"),
    "payer": ("contact:view", "staff.contacts.payer", "payer_id"),
}
"""Where the thing is looked at that a contact is about."""


@blueprint.get("", endpoint="list")
@reads("contact:view")
def list_(uow: UnitOfWork) -> Reply:
    """Payers, and how much there was with each."""
    return Page("staff/contacts/list.html", payers.list_payers(uow))


@blueprint.get("/find", endpoint="ask")
@reads("contact:view")
def ask(_uow: UnitOfWork) -> Reply:
    """The form to find contacts by the payer's reference number."""
    return Page("staff/contacts/found.html", ContactsFoundPage("", None, more=False))


@blueprint.post("/find")
@reads("contact:view", kind="query")
def find(uow: UnitOfWork) -> Reply:
    """Contacts of that reference number; it is posted, so that it stands in no address."""
    return Page("staff/contacts/found.html", references.find(uow, request.form.get("q", "")))


@blueprint.get("/payers/<id:payer_id>")
@reads("contact:view")
def payer(uow: UnitOfWork, payer_id: bytes) -> Reply:
    """One payer: how it is reached, and what was said with it, narrowed and paged by the address."""
    given = request.args
    narrowed = Narrowed(*(given.get(name, "")[:20] for name in ("channel", "about", "open")))
    places = {name: forms.id_of(given.get(name, "")) for name in ("before", "after")}
    return Page("staff/contacts/payer.html", payers.show_payer(uow, payer_id, narrowed, **places))


@blueprint.post("/payers/<id:payer_id>", endpoint="change_payer")
@desks("payer-desk:edit")
def change_payer(desk: Desk, payer_id: bytes) -> Reply:
    """Keep how a department is reached, or take one out."""
    here = url_for("staff.contacts.payer", payer_id=payer_id)
    if request.form.get("do") == "out":
        with desk.write("payer-desk:edit") as uow:
            desk_id = forms.id_of(request.form.get("desk", "")) or bytes(16)
            departments.take_out(uow, payer_id, desk_id, expected_version=forms.version())
        return Go(here, T_("Taken out. Letters that went there stay as they are."))
    try:
        with desk.write("payer-desk:edit") as uow:
            departments.add(uow, payer_id, request.form)
    except Refused as refused:
        if refused.code not in _DESK_FIELDS:
            raise
        with desk.read("contact:view") as uow:
            page = payers.show_payer(uow, payer_id, Narrowed())
        form = typed(refused)
        return Page("staff/contacts/payer.html", page, {"form": form}, 422)
    return Go(here, T_("Kept. Letters offer its address from now on."))


@blueprint.get("/new/<about>/<id:about_id>")
@reads("contact:record")
def new(uow: UnitOfWork, about: str, about_id: bytes) -> Reply:
    """The form to keep a contact."""
    return Page("staff/contacts/new.html", showing.form(uow, about, about_id))


@blueprint.post("/new/<about>/<id:about_id>", endpoint="create")
@desks("contact:record")
def create(desk: Desk, about: str, about_id: bytes) -> Reply:
    """Keep it, or show the form again with what is wrong."""
    given, key = request.form, _key()
    try:
        with desk.write("contact:record") as uow:
            contact = rules.read(given, uow.today())
            kept = recording.record(uow, about, about_id, contact, key=key, settles="settles" in given)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in _FIELDS:
            raise
        with desk.read("contact:record") as uow:
            page = showing.form(uow, about, about_id)
        form = typed(refused)
        return Page("staff/contacts/new.html", page, {"form": form}, 422)
    return Go(place(desk, kept.about, kept.about_id), said(kept), "good" if kept.new else "note")


@blueprint.get("/<id:contact_id>")
@reads("contact:view")
def show(uow: UnitOfWork, contact_id: bytes) -> Reply:
    """One contact."""
    page = showing.show(uow, contact_id)
    return Page("staff/contacts/show.html", page, {"back": _place(uow.actor, page.item.about, page.item.about_id)})


@blueprint.post("/<id:contact_id>")
@desks("contact:record")
def act(desk: Desk, contact_id: bytes) -> Reply:
    """Correct it, say that it belongs elsewhere, or that nothing more is to be done."""
    do = request.form.get("do", "")
    here = url_for("staff.contacts.show", contact_id=contact_id)
    if do == "settle":
        with desk.write("contact:record") as uow:
            done = recording.settle(uow, contact_id, shown=request.form.get("waits", ""))
        if not done:
            return Go(here, T_("It waited no longer already."), "note")
        return Go(here, T_("Noted: nothing more is to be done. It left the work list."))
    if do not in {"correct", "withdraw"}:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    try:
        with desk.write("contact:record") as uow:
            kept = _corrected(uow, contact_id, do)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in _FIELDS:
            raise
        with desk.read("contact:view") as uow:
            page = showing.show(uow, contact_id)
            back = _place(uow.actor, page.item.about, page.item.about_id)
        form = typed(refused)
        return Page("staff/contacts/show.html", page, {"back": back, "form": form, "wrong": do}, 422)
    text = T_("Corrected. What stood before is kept below.")
    if not kept.new:
        text = T_("This was kept already; it counts once.")
    return Go(url_for("staff.contacts.show", contact_id=kept.contact_id), text)


def said(kept: Kept) -> Text:
    """What became of a contact that was kept, in one notice."""
    if not kept.new:
        return T_("This was kept already; it counts once.")
    if kept.due_on is not None:
        return T_("Kept. It comes up again on {day}.", day=kept.due_on)
    return T_("Kept.")


def typed(refused: Refused | None) -> forms.Form:
    """What was typed, with what is wrong at its field."""
    data = {name: shown(value) for name, value in request.form.items()}
    return forms.Form(data, {refused.code: [refused.text]} if refused else {})


def place(desk: Desk, about: str, about_id: bytes) -> str:
    """The page of what a contact is about, at its contacts."""
    return _place(desk.actor, about, about_id.hex()) or url_for("staff.contacts.list")


def _place(actor: Any, about: str, about_id: str) -> str | None:
    permission, endpoint, name = _PAGES[about]
    if not decide(actor, permission).allowed:
        return None
    values: dict[str, Any] = {name: about_id}
    return url_for(endpoint, **values, _anchor="contacts")


def _corrected(uow: UnitOfWork, contact_id: bytes, do: str) -> Kept:
    given = request.form
    if do == "withdraw":
        return recording.withdraw(uow, contact_id, given.get("why", ""), key=_key())
    contact = recording.read_again(uow, contact_id, given)
    return recording.correct(uow, contact_id, contact, given.get("reason", ""), key=_key())


def _key() -> str:
    """What names the form, so that it counts once; raises Refused where it carries none."""
    found = forms.id_of(request.form.get("key", ""))
    if found is None:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    return found.hex()

"""Claim edits: the whole set in its order, and the practice's own: written, tried, switched on and off."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.claims import rules, ruleset
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("edits", __name__, url_prefix="/edits")


@blueprint.get("", endpoint="list")
@reads("edit-rule:view")
def list_(uow: UnitOfWork) -> Reply:
    """Every edit in its order."""
    return Page("staff/edits/list.html", ruleset.list_rules(uow))


@blueprint.get("/new", endpoint="new")
@reads("edit-rule:edit")
def new(uow: UnitOfWork) -> Reply:
    """The form of a new rule."""
    return Page("staff/edits/form.html", ruleset.form_of(uow))


@blueprint.post("", endpoint="make")
@desks("edit-rule:edit")
def make(desk: Desk) -> Reply:
    """Keep a new rule."""
    return _kept(desk, None)


@blueprint.get("/<id:rule_id>")
@reads("edit-rule:view")
def show(uow: UnitOfWork, rule_id: bytes) -> Reply:
    """One rule with its versions."""
    return Page("staff/edits/show.html", ruleset.show_rule(uow, rule_id))


@blueprint.get("/<id:rule_id>/change")
@reads("edit-rule:edit")
def change(uow: UnitOfWork, rule_id: bytes) -> Reply:
    """The form of a rule's next version."""
    return Page("staff/edits/form.html", ruleset.form_of(uow, rule_id))


@blueprint.post("/<id:rule_id>/change", endpoint="keep")
@desks("edit-rule:edit")
def keep(desk: Desk, rule_id: bytes) -> Reply:
    """Keep a rule's next version."""
    return _kept(desk, rule_id)


@blueprint.post("/<id:rule_id>/try", endpoint="try_out")
@writes("edit-rule:edit")
def try_out(uow: UnitOfWork, rule_id: bytes) -> Reply:
    """Try a rule on past claims, and show what it would have met."""
    return Page("staff/edits/trial.html", rules.try_out(uow, rule_id, expected_version=forms.version()))


@blueprint.post("/<id:rule_id>/switch", endpoint="switch")
@writes("edit-rule:switch")
def switch(uow: UnitOfWork, rule_id: bytes) -> Reply:
    """Put a rule in use, or take it out of it."""
    do = request.form.get("do", "")
    if do not in {"on", "off"}:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    rules.switch(uow, rule_id, on=do == "on", expected_version=forms.version())
    text = T_("In use. Claims that are checked from now on meet it.") if do == "on" else T_("Out of use.")
    return Go(url_for("staff.edits.show", rule_id=rule_id), text)


def _kept(desk: Desk, rule_id: bytes | None) -> Reply:
    seen = forms.version()
    given = dict(request.form.items())
    try:
        with desk.write("edit-rule:edit") as uow:
            made = rules.keep(uow, given, rule_id=rule_id, number=seen)
    except Denied:
        raise
    except Refused as refused:
        if refused.code not in {"rule", "condition"}:
            raise
        with desk.read("edit-rule:edit") as uow:
            page = replace(ruleset.form_of(uow, rule_id), number=seen, data=given)
        return Page("staff/edits/form.html", page, {"error": refused.text}, status=422)
    return Go(url_for("staff.edits.show", rule_id=made), T_("Kept. Try it on past claims before it is put in use."))

"""Payment plans of an account: propose, agree to many parts, keep a yes by telephone, pause, stop."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services.payment_plans import desk as plans
from portal.services.payment_plans import proposing, showing
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page
from portal.web.shell import speaker
from portal.web.staff import forms

blueprint = Blueprint("plans", __name__)


@blueprint.get("/patients/<id:patient_id>/plan")
@reads("plan:edit")
def show(uow: UnitOfWork, patient_id: bytes) -> Page:
    """The plans of an account, and the form."""
    return Page("staff/plans/show.html", showing.office_page(uow, patient_id))


@blueprint.get("/plans/<id:plan_id>")
@reads("plan:edit")
def open_(uow: UnitOfWork, plan_id: bytes) -> Go:
    """From a queue to the account of a plan."""
    return _back(showing.patient_of(uow, plan_id))


@blueprint.post("/patients/<id:patient_id>/plan")
@writes("plan:edit")
def propose(uow: UnitOfWork, patient_id: bytes) -> Go:
    """Propose one; it begins with the patient's yes. The same form twice is one plan."""
    given = request.form
    plan = proposing.propose(
        uow, patient_id, _number(given.get("count", "")), _number(given.get("day", "")),
        key=given.get("form_key", "")[:64], by_office=True,
    )  # fmt: skip
    if plan.state == "PROPOSED":
        return _back(patient_id, T_("The plan waits for a manager."))
    return _back(patient_id, T_("The plan waits until the patient says yes."))


@blueprint.post("/plans/<id:plan_id>/approve")
@writes("plan:approve")
def approve(uow: UnitOfWork, plan_id: bytes) -> Go:
    """A manager agrees to many parts."""
    plan = proposing.approve(uow, plan_id, version=forms.version())
    return _back(plan.patient_id, T_("Agreed. Now it waits until the patient says yes."))


@blueprint.post("/plans/<id:plan_id>/agree")
@writes("plan:edit")
def agree(uow: UnitOfWork, plan_id: bytes) -> Go:
    """Keep a yes that came by telephone or on paper, with the words that were read out."""
    how = request.form.get("how", "")
    if how not in showing.HOW:
        raise Refused(T_("Say how it was agreed to."), code="how")
    said = speaker()
    words = said.text(showing.own_plan(uow, plan_id).plan.terms)
    plan = proposing.consent(uow, plan_id, proposing.Agreed(words, said.locale, how), version=forms.version())
    return _back(plan.patient_id, T_("The plan has begun, and the bills wait."))


@blueprint.post("/plans/<id:plan_id>/step")
@writes("plan:edit")
def step(uow: UnitOfWork, plan_id: bytes) -> Go:
    """Pause it, go on, stop it, note that the patient was told, or finish a plan that failed."""
    done = plans.step(uow, plan_id, request.form.get("do", ""), version=forms.version())
    return _back(showing.patient_of(uow, plan_id), done)


def _back(patient_id: bytes, notice: Text | None = None) -> Go:
    return Go(url_for("staff.plans.show", patient_id=patient_id), notice)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0

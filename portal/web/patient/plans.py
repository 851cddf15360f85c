"""Paying in parts: what can be chosen, the schedule, agreeing, paying a part, stopping."""

from __future__ import annotations

from flask import request, url_for

from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.texts import T_
from portal.services.payment_plans import proposing, showing
from portal.services.payments import paying
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads, writes
from portal.web.patient.account import whose
from portal.web.patient.blueprint import blueprint
from portal.web.patient.payments import form_key_given
from portal.web.replies import Go, Page
from portal.web.shell import speaker


@blueprint.get("/plans", endpoint="plans")
@reads("own-plan:view")
def show_all(uow: UnitOfWork) -> Page:
    """The plan that runs, or what can be chosen."""
    day = _number(request.args.get("day", ""), showing.FIRST_DAY)
    page = showing.own_plans(uow, whose(uow), day=day, changing="change" in request.args)
    return Page("patient/plans.html", page)


@blueprint.post("/plans", endpoint="choose_plan")
@writes("own-plan:make")
def choose(uow: UnitOfWork) -> Go:
    """Choose one; it begins with the yes on the next page. The same form twice is one plan."""
    form = request.form
    plan = proposing.propose(
        uow, whose(uow), _number(form.get("count", "")), _number(form.get("day", "")), key=form_key_given()
    )
    return Go(url_for("patient.plan", plan_id=plan.id))


@blueprint.get("/plans/<id:plan_id>", endpoint="plan")
@reads("own-plan:view")
def show(uow: UnitOfWork, plan_id: bytes) -> Page:
    """One plan: its schedule, and what to do now."""
    return Page("patient/plan.html", showing.own_plan(uow, plan_id))


@blueprint.post("/plans/<id:plan_id>/agree", endpoint="agree_plan")
@writes("own-plan:make")
def agree(uow: UnitOfWork, plan_id: bytes) -> Go:
    """Keep the yes, with the words as this reader read them; pressed twice it is one."""
    if request.form.get("agree") != "1":
        raise Refused(T_("Tick that you agree, and press the button again."), code="agree")
    said = speaker()
    words = said.text(showing.own_plan(uow, plan_id).plan.terms)
    proposing.consent(uow, plan_id, proposing.Agreed(words, said.locale), version=_version())
    return Go(url_for("patient.plan", plan_id=plan_id), T_("Your plan has begun. We ask for nothing else meanwhile."))


@blueprint.post("/plans/<id:plan_id>/stop", endpoint="stop_plan")
@writes("own-plan:make")
def stop(uow: UnitOfWork, plan_id: bytes) -> Go:
    """Stop it; what is left is owed as before."""
    proposing.cancel(uow, plan_id, version=_version(), reason="patient")
    return Go(url_for("patient.plans"), T_("The plan is stopped. What is left is due with your bill."))


@blueprint.post("/plans/<id:plan_id>/pay", endpoint="pay_plan")
@desks("payment:make")
def pay(desk: Desk, plan_id: bytes) -> Go:
    """To the processor's page with the next payment, all of it, or another sum; the books bound it."""
    with desk.read("payment:make") as uow:
        people, visits, next_cents, left_cents = showing.payable(uow, plan_id)
    cents = {"next": next_cents, "all": left_cents}.get(request.form.get("amount", ""))
    if cents is None:
        cents = _sum(request.form.get("sum", ""))
    wish = paying.Wish(
        patient_id=people[0], amount_cents=cents, form_key=form_key_given(), people=people,
        visits=visits if len(visits) <= paying.MOST_VISITS else (), at_most_cents=left_cents,
    )  # fmt: skip
    url = paying.begin(
        desk.units, desk.parts, desk.actor, desk.request, wish,
        returns=lambda payment_id: desk.parts.public_url + url_for("patient.pay_return", payment_id=payment_id),
    )  # fmt: skip
    return Go(url, outside=True)


def _sum(written: str) -> int:
    try:
        return parse_cents(written.strip().removeprefix("$").replace(",", ""))
    except ValueError:
        raise Refused(
            T_("Write the sum in dollars, for example 40.00. Nothing was charged."), code="not-a-sum"
        ) from None


def _number(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise


def _version() -> int:
    found = request.form.get("version", "")
    if not (found.isascii() and found.isdigit() and len(found) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return int(found)

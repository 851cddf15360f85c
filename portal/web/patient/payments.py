"""Paying: the form, the way to the processor's page and back, receipts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.payments import CardsRefused, CardsUnavailable
from portal.domain.texts import T_, Text
from portal.services.payments import paying, receipts, settling
from portal.services.payments import showing as payments
from portal.services.statements import home
from portal.services.statements import showing as statements
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.patient.account import whose
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page

_NOT_A_SUM = T_("Write the sum in dollars, for example 40.00. Nothing was charged.")
_NOT_A_VISIT = T_("Choose what to pay, and try again. Nothing was charged.")
_NONE_TICKED = T_("Tick the visits that you want to pay, or choose another amount. Nothing was charged.")


@dataclass(frozen=True, slots=True)
class PayForm:
    """What was written into the form, and what is wrong with it."""

    data: dict[str, Any]
    errors: dict[str, list[Text]] = field(default_factory=dict)


@blueprint.get("/statements/<id:statement_id>/pay", endpoint="pay")
@reads("payment:make")
def show_form(uow: UnitOfWork, statement_id: bytes) -> Page:
    """How much, and for which visit."""
    return Page("patient/pay.html", _pay_page(uow, statement_id)[1], {"form": None})


@blueprint.post("/statements/<id:statement_id>/pay", endpoint="start_payment")
@desks("payment:make")
def start(desk: Desk, statement_id: bytes) -> Go | Page:
    """To the processor's page; the amount is bounded by the books, not by the form."""
    with desk.read("payment:make") as uow:
        people, page = _pay_page(uow, statement_id)
    data = {name: request.form.get(name, "") for name in ("amount", "sum")} | {"visit": request.form.getlist("visit")}
    try:
        cents, visits = _wanted(data, page)
        wish = paying.Wish(
            patient_id=people[0], amount_cents=cents, form_key=form_key_given(), people=people, visits=visits
        )
        url = paying.begin(
            desk.units,
            desk.parts,
            desk.actor,
            desk.request,
            wish,
            returns=lambda payment_id: desk.parts.public_url + url_for("patient.pay_return", payment_id=payment_id),
        )
    except Refused as error:
        form = PayForm(data, {"sum": [error.text]})
        return Page("patient/pay.html", page, {"form": form}, status=422)
    return Go(url, outside=True)


def _pay_page(uow: UnitOfWork, statement_id: bytes) -> tuple[tuple[bytes, ...], payments.PayPage]:
    """The people on whose account the bill is, its anchor first, and what can be paid for them."""
    found = statements.statement_page(uow, statement_id)
    if found.replaced_by is not None:  # its day counts no more: the newer bill asks for the same money
        found = statements.statement_page(uow, bytes.fromhex(found.replaced_by))
    patient_id = bytes.fromhex(found.patient_id)
    people = payments.people_of(uow, patient_id)
    due_on = found.due_on if found.due_on >= uow.today(home.practice_of(uow, patient_id)) else None
    page = payments.pay_page(
        uow, people, statement_id=found.statement_id, due_on=due_on, contact=found.contact,
        form_key=paying.form_key(),
    )  # fmt: skip
    return people, page


def form_key_given() -> str:
    """The form's own key; one that is not of ours is replaced, which only loses the guard against a double press."""
    given = request.form.get("form_key", "")
    return given if len(given) == 32 and set(given) <= set("0123456789abcdef") else paying.form_key()


def _wanted(data: dict[str, Any], page: payments.PayPage) -> tuple[int, tuple[bytes, ...]]:
    """Cents, and the visits to pay first, in the page's order; raises Refused for what is no sum or visit of this bill.

    What was ticked is counted here, by the books, and not by the form.
    """
    ticked = [visit for visit in page.visits if visit.encounter_id in data["visit"]]
    if len(ticked) < len(set(data["visit"])):
        raise Refused(_NOT_A_VISIT, code="not-a-visit")
    visits = tuple(bytes.fromhex(visit.encounter_id) for visit in ticked)
    if data["amount"] == "all":
        return page.owed.cents, ()
    if data["amount"] == "ticked":
        if not ticked:
            raise Refused(_NONE_TICKED, code="none-ticked")
        return min(sum(visit.owed.cents for visit in ticked), page.owed.cents), visits
    if data["amount"] == "other":
        written = data["sum"].strip().removeprefix("$").replace(",", "")
        try:
            return parse_cents(written), visits
        except ValueError:
            raise Refused(_NOT_A_SUM, code="not-a-sum") from None
    raise Refused(_NOT_A_VISIT, code="not-a-visit")


@blueprint.get("/payments/<id:payment_id>/return", endpoint="pay_return")
@desks("own-payment:view")
def come_back(desk: Desk, payment_id: bytes) -> Page:
    """Back from the processor: the address proves nothing, so our books say what happened, after asking there."""
    back = "back" in request.args
    with desk.read("own-payment:view") as uow:
        payments.patient_of(uow, payment_id)
    try:
        if settling.refresh(desk.units, desk.parts, payment_id) == "open" and back:
            settling.close(desk.units, desk.parts, payment_id)
    except (CardsUnavailable, CardsRefused):
        pass  # it stays pending; the webhook or the poll will tell
    with desk.read("own-payment:view") as uow:
        bill = home.newest_statement(uow, payments.patient_of(uow, payment_id))
        page: Any = payments.return_page(uow, payment_id, back=back, statement_id=bill)
    return Page("patient/pay_return.html", page)


@blueprint.get("/payments", endpoint="payments")
@reads("own-payment:view")
def show_payments(uow: UnitOfWork) -> Page:
    """Every payment."""
    return Page("patient/payments.html", payments.payments_page(uow, whose(uow), before=request.args.get("before", "")))


@blueprint.get("/payments/<id:payment_id>", endpoint="receipt")
@reads("own-payment:view")
def show_receipt(uow: UnitOfWork, payment_id: bytes) -> Page | Go:
    """The receipt; a payment that has none yet shows what became of it."""
    page = receipts.receipt_page(uow, payment_id)
    if page is None:
        return Go(url_for("patient.pay_return", payment_id=payment_id))
    return Page("patient/receipt.html", page)

"""Bills of others that one pays: days and sums, and a way to pay them; no service and no paper."""

from __future__ import annotations

from flask import request, url_for

from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.payments import CardsRefused, CardsUnavailable
from portal.domain.texts import T_
from portal.services.payments import paying, settling
from portal.services.payments import showing as payments
from portal.services.statements import guaranteed
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page

_NOT_A_SUM = T_("Write the sum in dollars, for example 40.00. Nothing was charged.")


@blueprint.get("/guaranteed", endpoint="guaranteed")
@reads("guaranteed-bill:view")
def show_bills(uow: UnitOfWork) -> Page:
    """Everybody for whom one pays."""
    page = tuple(guaranteed.bills_of(uow, patient_id) for patient_id in sorted(uow.reach.patients))
    return Page("patient/guaranteed.html", page, {"form_keys": tuple(paying.form_key() for _ in page)})


@blueprint.post("/guaranteed/<id:patient_id>/pay", endpoint="pay_guaranteed")
@desks("guaranteed-bill:view")
def pay(desk: Desk, patient_id: bytes) -> Go:
    """To the processor's page, as nobody but who answers for this patient's bills."""
    with desk.read("guaranteed-bill:view") as uow:
        guaranteed.check(uow, patient_id)
    written = request.form.get("sum", "").strip().removeprefix("$").replace(",", "")
    key = request.form.get("form_key", "")
    try:
        cents = parse_cents(written)
    except ValueError:
        return Go(url_for("patient.guaranteed"), _NOT_A_SUM, "stop")
    try:
        url = paying.begin(
            desk.units,
            desk.parts,
            desk.actor.paying_for(patient_id),
            desk.request,
            paying.Wish(patient_id=patient_id, amount_cents=cents, form_key=key if _ours(key) else paying.form_key()),
            returns=lambda payment_id: (
                desk.parts.public_url + url_for("patient.guaranteed_return", payment_id=payment_id)
            ),
        )
    except (CardsUnavailable, CardsRefused):
        return Go(url_for("patient.guaranteed"), T_("The card page does not open now. Nothing was charged."), "stop")
    except Refused as refused:
        if refused.code in {"not-found", "no-role"}:
            raise
        return Go(url_for("patient.guaranteed"), refused.text, "stop")
    return Go(url, outside=True)


def _ours(key: str) -> bool:
    return len(key) == 32 and set(key) <= set("0123456789abcdef")


@blueprint.get("/guaranteed/payments/<id:payment_id>/return", endpoint="guaranteed_return")
@desks("guaranteed-bill:view")
def come_back(desk: Desk, payment_id: bytes) -> Go:
    """Back from the processor: our books say what happened, after asking there."""
    with desk.read("guaranteed-bill:view") as uow:
        payments.patient_of(uow, payment_id)
    try:
        if settling.refresh(desk.units, desk.parts, payment_id) == "open" and "back" in request.args:
            settling.close(desk.units, desk.parts, payment_id)
    except (CardsUnavailable, CardsRefused):
        pass  # it stays pending; the webhook or the poll will tell
    with desk.read("guaranteed-bill:view") as uow:
        page = payments.return_page(uow, payment_id, back="back" in request.args, statement_id=None)
    said = {
        "success": (T_("We have your payment of {sum}. Thank you.", sum=page.amount), "good"),
        "pending": (T_("Your payment of {sum} is on its way. Do not pay it again.", sum=page.amount), "good"),
        "cancelled": (T_("You came back without paying. Nothing was charged."), "stop"),
        "failed": (T_("The payment did not go through. Nothing was charged."), "stop"),
    }[page.outcome]
    return Go(url_for("patient.guaranteed"), said[0], said[1])

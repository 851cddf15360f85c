"""Refunds of charges: several in part, never more than what was paid, and sometimes failing after the fact."""

from __future__ import annotations

from portal.sandbox.cards import forms
from portal.sandbox.cards.account import Account
from portal.sandbox.cards.errors import ApiError
from portal.sandbox.cards.forms import Json

_REFUND = frozenset({"payment_intent", "charge", "amount", "reason", "metadata", "expand"})
_REASONS = (None, "duplicate", "fraudulent", "requested_by_customer")


def refund(account: Account, params: Json) -> Json:
    """POST /v1/refunds: a card's refund succeeds at once, a bank debit's is pending until `settle`.

    Raises ApiError 400 for an amount above what is left of the charge, or a charge that was not paid.
    """
    forms.closed(params, _REFUND)
    with account.lock:
        charge = _source(account, params)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not charge["paid"]:
            raise ApiError(400, "This payment has no successful charge to refund.", param="payment_intent")
        if left == 0:
            raise ApiError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        amount = forms.whole(params, "amount")
        amount = left if amount is None else amount
        if amount < 1:
            raise ApiError(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
        if amount > left:
            raise ApiError(
                400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        reason = forms.text(params, "reason")
        if reason not in _REASONS:
            raise ApiError(400, "Invalid reason.", param="reason")
        at_once = charge["payment_method_details"]["type"] == "card"
        entry = account.new(
            "balance_transaction", amount=-amount, currency="usd", fee=0, fee_details=[], net=-amount, type="refund"
        )
        made = account.new(
            "refund",
            amount=amount,
            balance_transaction=entry["id"],
            charge=charge["id"],
            currency="usd",
            failure_reason=None,
            metadata=forms.metadata(params),
            payment_intent=charge["payment_intent"],
            reason=reason,
            status="succeeded" if at_once else "pending",
        )
        entry["source"] = made["id"]
        _count(charge, amount)
        account.tell("charge.refunded", charge)
        account.tell("refund.created", made)
        return made


def settle(account: Account, identifier: str, *, succeeded: bool = True) -> None:
    """Let a pending refund arrive, or any refund fail, even one that had succeeded; the charge then has its money."""
    with account.lock:
        made = account.find("refund", identifier)
        if made["status"] == "failed" or (succeeded and made["status"] == "succeeded"):
            raise ApiError(400, "This refund is done with.")
        if succeeded:
            made["status"] = "succeeded"
            account.tell("refund.updated", made)
            return
        made |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        _count(account.find("charge", made["charge"]), -made["amount"])
        account.tell("refund.failed", made)


def _source(account: Account, params: Json) -> Json:
    if (charge_id := forms.text(params, "charge")) is not None:
        return account.find("charge", charge_id)
    intent_id = forms.text(params, "payment_intent", required=True)
    intent = account.find("payment_intent", intent_id)
    if intent["latest_charge"] is None:
        raise ApiError(400, "This payment has no successful charge to refund.", param="payment_intent")
    return account.find("charge", intent["latest_charge"])


def _count(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]

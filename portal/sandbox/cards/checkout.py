"""Checkout Sessions and what comes of them: payment intents, charges, fees."""

from __future__ import annotations

import secrets

from portal.sandbox.cards import forms
from portal.sandbox.cards.account import Account
from portal.sandbox.cards.errors import ApiError
from portal.sandbox.cards.forms import Json

LEAST_CENTS = 50
"""The smallest amount Stripe takes in US dollars."""

_SESSION = frozenset({
    "mode", "line_items", "client_reference_id", "metadata", "success_url", "cancel_url", "expires_at",
    "payment_intent_data", "payment_method_types", "locale", "submit_type", "expand",
})  # fmt: skip
_ITEM = frozenset({"price_data", "quantity"})
_PRICE = frozenset({"currency", "unit_amount", "product_data"})
_PRODUCT = frozenset({"name", "metadata"})
_INTENT = frozenset({"description", "metadata", "statement_descriptor_suffix"})
_MEANS = ("card", "us_bank_account")
_SOONEST_SECONDS, _LATEST_SECONDS = 30 * 60, 24 * 60 * 60


def open_session(account: Account, params: Json) -> Json:
    """POST /v1/checkout/sessions for `mode=payment`; raises ApiError as Stripe does for what is not right."""
    forms.closed(params, _SESSION)
    if forms.text(params, "mode", required=True) != "payment":
        raise ApiError(400, "This account takes single payments only.", param="mode")
    amount, name = _amount(params)
    success = forms.text(params, "success_url", required=True) or ""
    now = account.now()
    expires = forms.whole(params, "expires_at")
    expires = now + _LATEST_SECONDS if expires is None else expires
    if not now + _SOONEST_SECONDS <= expires <= now + _LATEST_SECONDS:
        raise ApiError(400, "The `expires_at` timestamp must be 30 minutes to 24 hours from now.", param="expires_at")
    means = params.get("payment_method_types", list(_MEANS))
    if not isinstance(means, list) or not means or any(item not in _MEANS for item in means):
        raise ApiError(400, "Invalid payment_method_types.", param="payment_method_types")
    intent = forms.branch(params, "payment_intent_data")
    forms.closed(intent, _INTENT, at="payment_intent_data")
    with account.lock:
        session = account.new(
            "checkout.session",
            mode="payment",
            status="open",
            payment_status="unpaid",
            amount_subtotal=amount,
            amount_total=amount,
            currency="usd",
            client_reference_id=forms.text(params, "client_reference_id", limit=200),
            metadata=forms.metadata(params),
            success_url=success,
            cancel_url=forms.text(params, "cancel_url"),
            expires_at=expires,
            payment_intent=None,
            payment_method_types=means,
            locale=forms.text(params, "locale"),
            customer=None,
            customer_details=None,
        )
        session["url"] = f"{account.url}/pay/{session['id']}"
        session["_"] = {"name": name, "intent": intent | {"metadata": forms.metadata(intent)}}
        return session


def _amount(params: Json) -> tuple[int, str]:
    items = params.get("line_items")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise ApiError(400, "Missing required param: line_items.", code="parameter_missing", param="line_items")
    amount, name = 0, ""
    for item in items:
        forms.closed(item, _ITEM, at="line_items")
        price = forms.branch(item, "price_data")
        forms.closed(price, _PRICE, at="line_items[price_data]")
        if forms.text(price, "currency", required=True) != "usd":
            raise ApiError(400, "This account takes US dollars only.", param="line_items[price_data][currency]")
        product = forms.branch(price, "product_data")
        forms.closed(product, _PRODUCT, at="line_items[price_data][product_data]")
        name = forms.text(product, "name", required=True, limit=250) or ""
        unit, count = (
            forms.whole(price, "unit_amount", required=True) or 0,
            forms.whole(item, "quantity", required=True),
        )
        if unit < 0 or not count or count < 1:
            raise ApiError(400, "Invalid amount or quantity.", param="line_items")
        amount += unit * count
    if amount < LEAST_CENTS:
        message = "The Checkout Session's total amount due must add up to at least $0.50 usd"
        raise ApiError(400, message, code="amount_too_small", param="line_items")
    return amount, name


def sweep(account: Account) -> None:
    """Expire every open session whose time has come, and let the bank debits arrive that took long enough."""
    with account.lock:
        if account.bank_seconds is not None:
            for intent in account.every("payment_intent"):
                if intent["status"] == "processing" and intent["created"] + account.bank_seconds <= account.now():
                    settle(account, intent["id"])
        for session in account.every("checkout.session"):
            if session["status"] == "open" and session["expires_at"] <= account.now():
                _close(account, session)


def expire(account: Account, identifier: str) -> Json:
    """POST /v1/checkout/sessions/:id/expire; raises ApiError 400 for a session that is not open."""
    with account.lock:
        session = account.find("checkout.session", identifier)
        if session["status"] != "open":
            raise ApiError(
                400,
                "Only Checkout Sessions with a status in ['open'] can be expired. "
                f"This Checkout Session has a status of {session['status']}.",
            )
        _close(account, session)
        return session


def _close(account: Account, session: Json) -> None:
    session |= {"status": "expired", "url": None}
    account.tell("checkout.session.expired", session)


def pay(account: Account, identifier: str, means: str, *, declined: bool = False) -> bool:
    """Pay an open session by `card` or `us_bank_account`; False when the card was declined.

    A bank debit completes the session unpaid; `settle` decides later. Raises ApiError for a session that is not open.
    """
    sweep(account)
    with account.lock:
        session = account.find("checkout.session", identifier)
        if session["status"] != "open" or means not in session["payment_method_types"]:
            raise ApiError(400, "This page can no longer be paid on.")
        intent = _intent(account, session, means)
        if declined:
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": "generic_decline",
            }
            _charge(account, intent, "failed")
            account.tell("payment_intent.payment_failed", intent)
            return False
        session |= {"status": "complete", "url": None}
        if means == "card":
            _collect(account, intent)
            session["payment_status"] = "paid"
        else:
            intent["status"] = "processing"
            _charge(account, intent, "pending")
            account.tell("payment_intent.processing", intent)
        account.tell("checkout.session.completed", session)
        return True


def settle(account: Account, intent_id: str, *, succeeded: bool = True) -> None:
    """Let a bank debit arrive, or come back unpaid; raises ApiError 400 when it is not under way."""
    with account.lock:
        intent = account.find("payment_intent", intent_id)
        if intent["status"] != "processing":
            raise ApiError(400, "This payment is not under way.")
        session = next(item for item in account.every("checkout.session") if item["payment_intent"] == intent_id)
        if succeeded:
            _collect(account, intent)
            session["payment_status"] = "paid"
            account.tell("checkout.session.async_payment_succeeded", session)
        else:
            intent["status"] = "requires_payment_method"
            account.find("charge", intent["latest_charge"]).update(status="failed", failure_code="insufficient_funds")
            account.tell("payment_intent.payment_failed", intent)
            account.tell("checkout.session.async_payment_failed", session)


def _intent(account: Account, session: Json, means: str) -> Json:
    if session["payment_intent"] is not None:
        intent = account.find("payment_intent", session["payment_intent"])
        intent["payment_method_types"] = [means]
        return intent
    wanted = session["_"]["intent"]
    intent = account.new(
        "payment_intent",
        amount=session["amount_total"],
        amount_received=0,
        currency="usd",
        status="requires_payment_method",
        description=wanted.get("description"),
        metadata=wanted["metadata"],
        payment_method_types=[means],
        latest_charge=None,
        last_payment_error=None,
        client_secret=secrets.token_hex(12),
        customer=None,
        receipt_email=None,
    )
    session["payment_intent"] = intent["id"]
    account.tell("payment_intent.created", intent)
    return intent


def _charge(account: Account, intent: Json, status: str) -> Json:
    charge = account.new(
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        balance_transaction=None,
        captured=False,
        currency="usd",
        description=intent["description"],
        failure_code="card_declined" if status == "failed" else None,
        metadata=intent["metadata"],
        paid=False,
        payment_intent=intent["id"],
        payment_method_details={"type": intent["payment_method_types"][0]},
        receipt_email=None,
        refunded=False,
        status=status,
    )
    intent["latest_charge"] = charge["id"]
    return charge


def _collect(account: Account, intent: Json) -> None:
    """The money is there: the charge succeeds, its fee is known, the intent is done."""
    pending = intent["status"] == "processing"
    charge = account.find("charge", intent["latest_charge"]) if pending else _charge(account, intent, "succeeded")
    amount = intent["amount"]
    fee = fee_cents(amount, intent["payment_method_types"][0])
    entry = account.new(
        "balance_transaction",
        amount=amount,
        currency="usd",
        fee=fee,
        fee_details=[{"amount": fee, "currency": "usd", "type": "stripe_fee", "description": "Processing fee"}],
        net=amount - fee,
        source=charge["id"],
        status="pending",
        type="charge" if intent["payment_method_types"][0] == "card" else "payment",
        available_on=account.now() + 2 * 24 * 60 * 60,
    )
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": amount,
        "balance_transaction": entry["id"],
    }
    intent |= {"status": "succeeded", "amount_received": amount, "last_payment_error": None}
    account.tell("charge.succeeded", charge)
    account.tell("payment_intent.succeeded", intent)


def fee_cents(amount_cents: int, means: str) -> int:
    """What the processor keeps: card 2.9 % and 30 cents, bank debit 0.8 % to 5 dollars, rounded half up."""
    if means == "card":
        return (amount_cents * 29 + 500) // 1000 + 30
    return min(500, (amount_cents * 8 + 500) // 1000)

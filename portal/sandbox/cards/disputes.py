"""Disputes of charges: inquiries that take no money, disputes that do, their ends; and debits that a bank returns."""

from __future__ import annotations

from typing import Any

from portal.sandbox.cards import forms
from portal.sandbox.cards.account import Account
from portal.sandbox.cards.errors import ApiError
from portal.sandbox.cards.forms import Json

FEE_CENTS = 1_500
"""What a dispute of a card costs the merchant, won or lost."""
RETURN_FEE_CENTS = 400
"""What a returned debit costs."""
DAYS_TO_ANSWER = 9
_ANSWER = frozenset({"submit", "evidence", "metadata", "expand"})


def dispute(account: Account, intent_id: str, *, reason: str = "fraudulent", inquiry: bool = False) -> Json:
    """A card's holder disputes a charge, or with `inquiry` their bank only asks; raises ApiError 400 for no charge."""
    with account.lock:
        made = _open(account, intent_id, reason, "warning_needs_response" if inquiry else "needs_response")
        made["evidence_details"] = {
            "due_by": account.now() + DAYS_TO_ANSWER * 86_400, "has_evidence": False, "past_due": False,
            "submission_count": 0,
        }  # fmt: skip
        account.tell("charge.dispute.created", made)
        if not inquiry:
            _take(account, made, FEE_CENTS)
        return made


def return_debit(account: Account, intent_id: str, *, reason: str = "insufficient_funds") -> Json:
    """A bank takes back a debit that had settled: the processor tells it as a dispute that is lost at once."""
    with account.lock:
        made = _open(account, intent_id, reason, "lost")
        account.tell("charge.dispute.created", made)
        _take(account, made, RETURN_FEE_CENTS)
        account.tell("charge.dispute.closed", made)
        return made


def escalate(account: Account, identifier: str) -> None:
    """What was an inquiry becomes a dispute, and takes the money."""
    with account.lock:
        made = _standing(account, identifier, "warning_needs_response", "warning_under_review")
        made["status"] = "needs_response"
        account.tell("charge.dispute.updated", made)
        _take(account, made, FEE_CENTS)


def answer(account: Account, params: Json, identifier: str) -> Json:
    """POST /v1/disputes/:id with evidence: the bank looks at it."""
    forms.closed(params, _ANSWER)
    with account.lock:
        made = _standing(account, identifier, "needs_response", "warning_needs_response")
        made["status"] = "warning_under_review" if made["status"].startswith("warning") else "under_review"
        account.tell("charge.dispute.updated", made)
        return made


def close(account: Account, identifier: str, *, won: bool) -> None:
    """The bank decides: won gives the money back, lost does not; an inquiry is closed."""
    with account.lock:
        made = account.find("dispute", identifier)
        if made["status"] in {"won", "lost", "warning_closed"}:
            raise ApiError(400, "This dispute is closed.")
        inquiry = made["status"].startswith("warning")
        made["status"] = "warning_closed" if inquiry else "won" if won else "lost"
        account.tell("charge.dispute.closed", made)
        if won and not inquiry:
            made["balance_transactions"].append(_entry(account, made, made["amount"], 0))
            account.tell("charge.dispute.funds_reinstated", made)


def _open(account: Account, intent_id: str, reason: str, status: str) -> Json:
    intent = account.find("payment_intent", intent_id)
    charge = account.find("charge", intent["latest_charge"]) if intent["latest_charge"] else None
    if charge is None or not charge["paid"]:
        raise ApiError(400, "This payment has no successful charge to dispute.", param="payment_intent")
    return account.new(
        "dispute",
        amount=charge["amount"],
        currency="usd",
        charge=charge["id"],
        payment_intent=intent_id,
        reason=reason,
        status=status,
        balance_transactions=[],
        evidence_details={"due_by": None, "has_evidence": False, "past_due": False, "submission_count": 0},
        is_charge_refundable=status.startswith("warning"),
        metadata={},
    )


def _take(account: Account, made: Json, fee_cents: int) -> None:
    made["balance_transactions"].append(_entry(account, made, -made["amount"], fee_cents))
    account.tell("charge.dispute.funds_withdrawn", made)


def _entry(account: Account, made: Json, amount: int, fee: int) -> Json:
    entry: dict[str, Any] = account.new(
        "balance_transaction", amount=amount, currency="usd", fee=fee, net=amount - fee, type="adjustment",
        fee_details=[], reporting_category="dispute" if amount < 0 else "dispute_reversal", source=made["id"],
        status="available", available_on=account.now(),
    )  # fmt: skip
    return account.picture(entry)


def _standing(account: Account, identifier: str, *states: str) -> Json:
    made = account.find("dispute", identifier)
    if made["status"] not in states:
        raise ApiError(400, "This dispute takes no answer any more.")
    return made

"""Stripe: checkout by redirect, refunds, fees, signed webhooks and the poll; the one place that knows the vendor.

Stripe signs no business associate agreement, so what leaves is a closed list (45 CFR 164.502; SECURITY 1.3): amount,
currency, random ids of ours, the constant DESCRIPTION, and the two addresses to come back to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import requests
import stripe

from portal.domain.disputes import DisputeMove, DisputeState
from portal.domain.payments import (
    CardEvent,
    CardEventKind,
    CardsRefused,
    CardsUnavailable,
    Checkout,
    CheckoutState,
    CheckoutStatus,
    Means,
)
from portal.domain.refunds import RefundState, RefundStatus

DESCRIPTION = "Payment to your medical practice"
"""All that the processor, the bank and the receipt ever say; no practice, service or person."""

TOLERANCE_SECONDS = 300
"""How far a webhook's time may lie from ours, to either side; the library itself lets the future pass."""

_KINDS: Mapping[str, CardEventKind] = {
    "checkout.session.completed": "completed",
    "checkout.session.async_payment_succeeded": "settled",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
    "charge.dispute.created": "dispute",
    "charge.dispute.updated": "dispute",
    "charge.dispute.closed": "dispute",
    "charge.dispute.funds_withdrawn": "dispute",
    "charge.dispute.funds_reinstated": "dispute",
}
_REFUNDS: Mapping[str, RefundStatus] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
_DISPUTES: Mapping[str, str] = {
    "warning_needs_response": "WARNING",
    "warning_under_review": "WARNING",
    "warning_closed": "CLOSED",
    "needs_response": "NEEDS_RESPONSE",
    "under_review": "UNDER_REVIEW",
    "won": "WON",
    "lost": "LOST",
    "prevented": "CLOSED",
}
_MEANS: Mapping[str, Means] = {"card": "card", "us_bank_account": "bank"}
MEANS = ("card", "us_bank_account")
"""How a patient may pay: by card, or by a debit of a bank account in the United States (ACH)."""


class Cards:
    """The processor as the services ask for it (`parts.Cards`); each call may raise CardsUnavailable or CardsRefused.

    `api_url` is for a stand-in on loopback; None is Stripe itself. Calls are tried three times in all, with one
    idempotency key, so a lost answer does nothing twice.
    """

    def __init__(
        self,
        api_key: str,
        webhook_secret: str,
        *,
        api_url: str | None = None,
        timeout_seconds: tuple[float, float] = (3.0, 15.0),
    ) -> None:
        stripe.enable_telemetry = False  # it would tell the operating system, a machine id and the times of our calls
        self._secret = webhook_secret
        self._session = requests.Session()
        self._session.trust_env = api_url is None  # a proxy named in the environment has no business on loopback
        client = stripe.RequestsClient(timeout=timeout_seconds, session=self._session)
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={} if api_url is None else {"api": api_url},
            http_client=client,
            max_network_retries=2,
        )

    def close(self) -> None:
        """Close the connections kept open to the processor."""
        self._session.close()

    def open_checkout(
        self, *, payment_id: str, amount_cents: int, return_url: str, cancel_url: str, key: str, expires_at: datetime
    ) -> Checkout:
        """A page to pay `amount_cents` on; `payment_id` is random hex, `key` makes a repeated call the same checkout.

        The addresses must name nobody; `expires_at` lies 30 minutes to 24 hours ahead.
        """
        product = {"name": DESCRIPTION}
        price = {"currency": "usd", "unit_amount": amount_cents, "product_data": product}
        params = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_method_types": list(MEANS),
            "client_reference_id": payment_id,
            "payment_intent_data": {"description": DESCRIPTION},
            "success_url": return_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
        }
        with _mapped():
            made = self._client.v1.checkout.sessions.create(cast("Any", params), {"idempotency_key": key})
        return Checkout(made.id, made.url or "", _instant(made.expires_at))

    def checkout(self, checkout_id: str) -> CheckoutState:
        """What became of a checkout; this, not the browser's return, tells whether it was paid."""
        with _mapped():
            found = self._client.v1.checkout.sessions.retrieve(
                checkout_id, {"expand": ["payment_intent", "payment_intent.latest_charge"]}
            )
        return CheckoutState(
            cast("CheckoutStatus", found.status),
            found.payment_status == "paid",
            found.amount_total or 0,
            _id(found.payment_intent),
            found.client_reference_id or "",
            _means(found),
            _declined(found),
        )

    def expire(self, checkout_id: str) -> None:
        """Close an open checkout, so that nobody can pay on it any more; CardsRefused when it is not open."""
        with _mapped():
            self._client.v1.checkout.sessions.expire(checkout_id)

    def fee(self, intent: str) -> int | None:
        """What the processor kept of a payment, in cents; None while it does not know."""
        with _mapped():
            found = self._client.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge.balance_transaction"]})
        charge = found.latest_charge
        entry = charge.balance_transaction if isinstance(charge, stripe.Charge) else None
        return entry.fee if isinstance(entry, stripe.BalanceTransaction) else None

    def refund(self, intent: str, amount_cents: int, key: str) -> RefundState:
        """Send back part or all of a payment, once per key; CardsRefused for more than is left of it."""
        with _mapped():
            made = self._client.v1.refunds.create(
                {"payment_intent": intent, "amount": amount_cents}, {"idempotency_key": key}
            )
        return RefundState(made.id, _REFUNDS.get(made.status or "", "pending"), made.amount)

    def refund_state(self, refund_id: str) -> RefundState:
        """What became of a refund."""
        with _mapped():
            found = self._client.v1.refunds.retrieve(refund_id)
        return RefundState(found.id, _REFUNDS.get(found.status or "", "pending"), found.amount)

    def verify(self, body: bytes, signature: str, now: datetime) -> CardEvent:
        """The event in a webhook, once its signature holds and its time is within 300 s of now, past or future.

        Raises CardsRefused with code `signature`, `timestamp` or `event`. The body must be the bytes as received.
        """
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._secret)
            signed_at = int(next(part[2:] for part in signature.split(",") if part.startswith("t=")))
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            # ValueError: not UTF-8, or no number; TypeError: the library compares a signature that is not ASCII.
            raise CardsRefused("signature") from None
        if abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
            raise CardsRefused("timestamp")
        try:
            return _event(self._client.construct_event_without_verification(body))
        except (ValueError, LookupError, AttributeError, TypeError):
            raise CardsRefused("event") from None

    def events_since(self, instant: datetime) -> Iterator[CardEvent]:
        """Events of our kinds from an instant on, oldest first, for the poll that finds what a lost webhook missed.

        Whole seconds: ask from a little before the last poll and know events by their id. Stripe keeps 30 days.
        """
        params = {"created": {"gte": int(instant.timestamp())}, "types": sorted(_KINDS), "limit": 100}
        with _mapped():
            found = list(self._client.v1.events.list(cast("Any", params)).auto_paging_iter())
        return (_event(event) for event in reversed(found))


def _event(event: stripe.Event) -> CardEvent:
    kind = _KINDS.get(event.type, "other")
    created = _instant(event.created)
    if kind == "other":
        return CardEvent(event.id, kind, created)
    subject: Any = event.data.object
    if kind in {"refund", "dispute"}:
        state = dispute = None
        if kind == "refund":
            state = RefundState(subject.id, _REFUNDS.get(subject.status, "pending"), subject.amount)
        else:
            dispute = _dispute(subject)
        return CardEvent(
            event.id,
            kind,
            created,
            intent=_id(subject.payment_intent),
            amount_cents=subject.amount,
            currency=subject.currency,
            refund=state,
            dispute=dispute,
        )
    paid = subject.payment_status == "paid"
    means: Means = "bank" if kind in {"settled", "failed"} or (kind == "completed" and not paid) else ""
    return CardEvent(
        event.id,
        kind,
        created,
        checkout_id=subject.id,
        intent=_id(subject.payment_intent),
        reference=subject.client_reference_id or "",
        amount_cents=subject.amount_total,
        currency=subject.currency,
        paid=paid,
        means="card" if kind == "completed" and paid else means,
    )


def _dispute(subject: Any) -> DisputeState:
    """How a dispute stands; the balance transactions say what money it moved, the status alone moves none."""
    due = getattr(getattr(subject, "evidence_details", None), "due_by", None)
    return DisputeState(
        subject.id,
        _DISPUTES.get(subject.status, "WARNING"),
        subject.amount,
        subject.reason or "",
        _instant(due) if due else None,
        tuple(DisputeMove(each.id, each.amount, each.fee) for each in subject.balance_transactions or ()),
    )


def _means(session: stripe.checkout.Session) -> Means:
    """Card or bank, by the charge itself, where the answer carries it."""
    intent: Any = session.payment_intent
    charge = getattr(intent, "latest_charge", None)
    details = getattr(charge, "payment_method_details", None)
    return _MEANS.get(getattr(details, "type", ""), "")


def _declined(session: stripe.checkout.Session) -> bool:
    """Whether a bank debit was gone through and came back: the page is complete, and the bank did not pay."""
    status = getattr(session.payment_intent, "status", "")
    return session.status == "complete" and status in {"requires_payment_method", "canceled"}


def _id(value: Any) -> str:
    """An id, whether the processor sent it bare, expanded or not at all."""
    return value if isinstance(value, str) else str(getattr(value, "id", "") or "")


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@contextmanager
def _mapped() -> Iterator[None]:
    """The vendor's errors as ours; the code says which, the vendor's words go no further than the cause."""
    try:
        yield
    except stripe.RateLimitError as error:
        raise CardsUnavailable("rate-limit") from error
    except stripe.APIConnectionError as error:
        raise CardsUnavailable("connection") from error
    except stripe.IdempotencyError as error:
        busy = error.http_status == 409
        raise (CardsUnavailable if busy else CardsRefused)("key-in-use" if busy else "key-reused") from error
    except stripe.AuthenticationError as error:
        raise CardsRefused("authentication") from error
    except stripe.InvalidRequestError as error:
        raise CardsRefused(error.code or "invalid-request") from error
    except stripe.StripeError as error:
        raise CardsUnavailable("processor-error") from error

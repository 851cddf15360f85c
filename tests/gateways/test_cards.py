"""Our side of the processor, through the real Stripe library and real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import stripe

from portal.domain.payments import CardsRefused, CardsUnavailable, Checkout
from portal.gateways.cards import DESCRIPTION, Cards
from portal.sandbox.cards.processor import CardProcessor
from portal.sandbox.cards.webhooks import sign
from tests.sandbox.processor import API_KEY, NOON, SECRET, Merchant, SetClock, processor

PAYMENT = "5f" * 16
SENT = {
    "payment_method_types[0]",
    "payment_method_types[1]",
    "mode",
    "line_items[0][quantity]",
    "line_items[0][price_data][currency]",
    "line_items[0][price_data][unit_amount]",
    "line_items[0][price_data][product_data][name]",
    "client_reference_id",
    "payment_intent_data[description]",
    "success_url",
    "cancel_url",
    "expires_at",
}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with Merchant() as running:
        yield running


@pytest.fixture
def server(clock: SetClock, merchant: Merchant) -> Iterator[CardProcessor]:
    with processor(clock, merchant.url) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.002)


@pytest.fixture
def cards(server: CardProcessor) -> Iterator[Cards]:
    made = Cards(API_KEY, SECRET, api_url=server.url)
    yield made
    made.close()


def opened(cards: Cards, *, key: str = "open-1", amount: int = 8640, payment: str = PAYMENT) -> Checkout:
    return cards.open_checkout(
        payment_id=payment,
        amount_cents=amount,
        return_url="http://localhost:8000/pay/return",
        cancel_url="http://localhost:8000/pay/cancel",
        key=key,
        expires_at=NOON + timedelta(hours=1),
    )


def events(cards: Cards, merchant: Merchant, now: datetime = NOON):
    return [cards.verify(body, signature, now) for body, signature in merchant.got]


def test_whole_way_round(cards, server, merchant):
    checkout = opened(cards)
    assert checkout.url == f"{server.url}/pay/{checkout.id}"
    assert checkout.expires == NOON + timedelta(hours=1)
    state = cards.checkout(checkout.id)
    assert (state.status, state.paid, state.amount_cents, state.intent) == ("open", False, 8640, "")
    assert not server.pay(checkout.id, declined=True)
    assert not cards.checkout(checkout.id).paid
    assert server.pay(checkout.id)
    state = cards.checkout(checkout.id)
    assert (state.status, state.paid, state.reference) == ("complete", True, PAYMENT)
    assert cards.fee(state.intent) == 281  # 2.9 % of 86.40 is 2.5056, and 30 cents
    assert server.idle()
    (event,) = events(cards, merchant)
    assert (event.kind, event.paid, event.reference, event.checkout_id) == ("completed", True, PAYMENT, checkout.id)
    assert (event.intent, event.amount_cents, event.currency, event.created) == (state.intent, 8640, "usd", NOON)


def test_same_key_opens_one_checkout_and_another_amount_is_refused(cards):
    assert opened(cards) == opened(cards)
    with pytest.raises(CardsRefused) as caught:
        opened(cards, amount=100)
    assert caught.value.code == "key-reused"


def test_expire(cards):
    checkout = opened(cards)
    cards.expire(checkout.id)
    assert cards.checkout(checkout.id).status == "expired"
    with pytest.raises(CardsRefused):
        cards.expire(checkout.id)


def test_bank_debit_is_paid_only_when_it_has_arrived(cards, server, merchant):
    for number, succeeded in enumerate((True, False)):
        checkout = opened(cards, key=f"bank-{number}")
        server.pay(checkout.id, "us_bank_account")
        intent = cards.checkout(checkout.id).intent
        assert not cards.checkout(checkout.id).paid
        assert cards.fee(intent) is None
        server.settle(intent, succeeded=succeeded)
        assert cards.checkout(checkout.id).paid is succeeded
    assert server.idle()
    kinds = [(event.kind, event.paid) for event in events(cards, merchant)]
    assert kinds == [("completed", False), ("settled", True), ("completed", False), ("failed", False)]


def test_refunds_in_part_once_per_key_and_never_more_than_is_left(cards, server, merchant):
    checkout = opened(cards)
    server.pay(checkout.id)
    intent = cards.checkout(checkout.id).intent
    first = cards.refund(intent, 5000, "refund-1")
    assert (first.status, first.amount_cents) == ("succeeded", 5000)
    assert cards.refund(intent, 5000, "refund-1") == first
    with pytest.raises(CardsRefused):
        cards.refund(intent, 3641, "refund-2")
    second = cards.refund(intent, 3640, "refund-3")
    assert second.id != first.id
    with pytest.raises(CardsRefused) as caught:
        cards.refund(intent, 1, "refund-4")
    assert caught.value.code == "charge_already_refunded"
    server.settle_refund(first.id, succeeded=False)
    assert cards.refund_state(first.id).status == "failed"
    assert cards.refund(intent, 5000, "refund-5").status == "succeeded"
    assert server.idle()
    told = [event.refund for event in events(cards, merchant) if event.kind == "refund"]
    assert [(state.id == first.id, state.status) for state in told] == [
        (True, "succeeded"),
        (False, "succeeded"),
        (True, "failed"),
        (False, "succeeded"),
    ]


def test_poll_finds_what_lost_webhooks_missed(cards, server, merchant, clock):
    server.faults.webhook("lost", times=3)
    ids = []
    for number in range(3):
        clock.instant = NOON + timedelta(minutes=number)
        ids.append(opened(cards, key=f"k{number}").id)
        server.pay(ids[-1])
    assert server.idle()
    assert merchant.got == []
    assert [event.checkout_id for event in cards.events_since(NOON)] == ids
    assert [event.checkout_id for event in cards.events_since(NOON + timedelta(minutes=1))] == ids[1:]


@pytest.mark.parametrize("fault", ["500", "drop"])
def test_two_failures_in_a_row_are_overcome_and_do_nothing_twice(cards, server, fault):
    server.faults.api(fault, times=2)
    checkout = opened(cards)
    server.pay(checkout.id)
    intent = cards.checkout(checkout.id).intent
    server.faults.api(fault, times=2)
    cards.refund(intent, 8640, "refund")
    assert len({dict(call.headers)["Idempotency-Key"] for call in server.captured if call.method == "POST"}) == 2
    assert cards.checkout(checkout.id).paid


@pytest.mark.parametrize(("fault", "code"), [("500", "processor-error"), ("drop", "connection"), ("429", "rate-limit")])
def test_lasting_failure_is_unavailable_and_the_key_still_holds(cards, server, fault, code):
    server.faults.api(fault, times=3)
    with pytest.raises(CardsUnavailable) as caught:
        opened(cards)
    assert caught.value.code == code
    server.faults.clear()
    opened(cards)
    assert len(list(cards._client.v1.checkout.sessions.list().auto_paging_iter())) == 1


def test_silence_runs_into_our_time_limit(server):
    cards = Cards(API_KEY, SECRET, api_url=server.url, timeout_seconds=(1.0, 0.1))
    server.faults.api("hang", times=3)
    with pytest.raises(CardsUnavailable) as caught:
        cards.checkout("cs_test_1")
    assert caught.value.code == "connection"
    server.release()
    cards.close()


def test_nobody_listening_is_unavailable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        cards = Cards(API_KEY, SECRET, api_url=f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(CardsUnavailable):
            cards.checkout("cs_test_1")
        cards.close()


def test_wrong_key_and_wrong_id_are_refused(cards, server):
    stranger = Cards("sk_test_stranger", SECRET, api_url=server.url)
    with pytest.raises(CardsRefused) as caught:
        opened(stranger)
    assert caught.value.code == "authentication"
    stranger.close()
    with pytest.raises(CardsRefused) as caught:
        cards.checkout("cs_test_none")
    assert caught.value.code == "resource_missing"


class TestT118Webhook:
    """Signatures that must and must not be believed."""

    @pytest.fixture
    def body(self, cards, server, merchant) -> bytes:
        server.pay(opened(cards).id)
        assert server.idle()
        return merchant.got[0][0]

    def refused(self, cards, body, signature, now=NOON) -> str:
        with pytest.raises(CardsRefused) as caught:
            cards.verify(body, signature, now)
        return caught.value.code

    def test_none_and_wrong(self, cards, body):
        stamp = int(NOON.timestamp())
        other = sign("whsec_other", body, stamp)
        for signature in ("", "t=,v1=", "v1=00", "nonsense", other, other.replace("v1=", "v1=é")):
            assert self.refused(cards, body, signature) == "signature"
        assert self.refused(cards, b"\xff\xfe", sign(SECRET, body, stamp)) == "signature"

    @pytest.mark.parametrize(
        ("seconds", "good"), [(-300, True), (-301, False), (300, True), (301, False), (3600, False)]
    )
    def test_old_and_future(self, cards, body, seconds, good):
        signature = sign(SECRET, body, int(NOON.timestamp()) + seconds)
        if good:
            assert cards.verify(body, signature, NOON).kind == "completed"
        else:
            assert self.refused(cards, body, signature) == "timestamp"

    def test_v0_only(self, cards, body):
        assert self.refused(cards, body, sign(SECRET, body, int(NOON.timestamp())).replace("v1=", "v0=")) == "signature"

    def test_two_signatures_one_good(self, cards, body):
        good = sign(SECRET, body, int(NOON.timestamp()))
        stamp, code = good.split(",")
        assert cards.verify(body, f"{stamp},v1={'0' * 64},{code}", NOON).kind == "completed"

    def test_body_written_anew(self, cards, body):
        signature = sign(SECRET, body, int(NOON.timestamp()))
        again = json.dumps(json.loads(body)).encode()
        assert again != body
        assert self.refused(cards, again, signature) == "signature"

    def test_signed_but_not_an_event(self, cards, body):
        for other in (
            b"{}",
            b"[]",
            b"null",
            b'{"object":"event"}',
            b'{"object":"event","type":"refund.created"}',
            b"x",
        ):
            assert self.refused(cards, other, sign(SECRET, other, int(NOON.timestamp()))) == "event"

    def test_event_of_another_kind_is_other(self, cards, body):
        other = json.dumps(json.loads(body) | {"type": "customer.created"}).encode()
        assert cards.verify(other, sign(SECRET, other, int(NOON.timestamp())), NOON).kind == "other"


def test_T126_what_leaves_is_a_closed_list(cards, server):
    checkout = opened(cards)
    server.pay(checkout.id)
    intent = cards.checkout(checkout.id).intent
    cards.fee(intent)
    made = cards.refund(intent, 100, "r")
    cards.refund_state(made.id)
    list(cards.events_since(NOON))
    opened_with, *others = server.captured
    sent = dict(opened_with.params)
    assert set(sent) == SENT
    assert sent["line_items[0][price_data][product_data][name]"] == DESCRIPTION
    assert sent["payment_intent_data[description]"] == DESCRIPTION
    assert sent["client_reference_id"] == PAYMENT
    names = {name.partition("[")[0] for call in others for name, _ in call.params}
    assert names == {"expand", "payment_intent", "amount", "created", "types", "limit"}
    headers = {name.lower() for call in server.captured for name, _ in call.headers}
    assert headers <= {
        "host", "user-agent", "accept", "accept-encoding", "connection", "authorization", "content-type",
        "content-length", "idempotency-key", "stripe-version", "x-stripe-client-user-agent",
    }  # fmt: skip
    agent = json.loads(dict(opened_with.headers)["X-Stripe-Client-User-Agent"])
    assert set(agent) <= {"bindings_version", "lang", "publisher", "httplib", "lang_version", "application"}

"""The processor over its own socket, without the Stripe library."""

from __future__ import annotations

import hmac
import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.sandbox.cards.checkout import fee_cents
from portal.sandbox.cards.errors import ApiError
from portal.sandbox.cards.forms import nested
from portal.sandbox.cards.processor import CardProcessor
from tests.sandbox.processor import API_KEY, SECRET, Merchant, SetClock, processor

FORM = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "8640",
    "line_items[0][price_data][product_data][name]": "Payment",
    "client_reference_id": "ab" * 16,
    "success_url": "http://127.0.0.1/back?checkout={CHECKOUT_SESSION_ID}",
    "cancel_url": "http://127.0.0.1/cancel",
}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def server(clock: SetClock) -> Iterator[CardProcessor]:
    with processor(clock) as running:
        yield running


def call(server: CardProcessor, method: str, path: str, form: dict | None = None, *, key: str = "", api_key=API_KEY):
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/x-www-form-urlencoded"}
    if key:
        headers["Idempotency-Key"] = key
    try:
        connection.request(method, path, urlencode(form or {}) if method == "POST" else None, headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.headers.get_content_type() == "application/json":
            return answer.status, json.loads(body), answer.headers
        return answer.status, body, answer.headers
    finally:
        connection.close()


def opened(server: CardProcessor) -> dict:
    status, session, _ = call(server, "POST", "/v1/checkout/sessions", FORM)
    assert status == 200
    return session


def test_wrong_key_is_401(server):
    status, body, _ = call(server, "GET", "/v1/events", api_key="sk_test_other")
    assert (status, body["error"]["type"]) == (401, "invalid_request_error")


def test_session_holds_what_was_asked(server):
    session = opened(server)
    assert session["amount_total"] == 8640
    assert (session["status"], session["payment_status"], session["payment_intent"]) == ("open", "unpaid", None)
    assert session["url"] == f"{server.url}/pay/{session['id']}"
    assert "_" not in session


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer_email": "x@example.org"}, "parameter_unknown"),
        ({"line_items[0][price_data][unit_amount]": "49"}, "amount_too_small"),
        ({"line_items[0][price_data][unit_amount]": "8.5"}, "parameter_invalid_integer"),
        ({"success_url": ""}, "parameter_missing"),
        ({"expires_at": "1"}, None),
        ({"mode": "subscription"}, None),
    ],
)
def test_session_refuses(server, change, code):
    status, body, _ = call(server, "POST", "/v1/checkout/sessions", FORM | change)
    assert status == 400
    assert body["error"].get("code") == code


def test_same_key_same_answer_and_other_parameters_are_refused(server):
    _, first, _ = call(server, "POST", "/v1/checkout/sessions", FORM, key="k1")
    _, again, headers = call(server, "POST", "/v1/checkout/sessions", FORM, key="k1")
    assert first == again
    assert headers["Idempotent-Replayed"] == "true"
    status, body, _ = call(server, "POST", "/v1/checkout/sessions", FORM | {"client_reference_id": "z"}, key="k1")
    assert (status, body["error"]["type"]) == (400, "idempotency_error")
    _, listed, _ = call(server, "GET", "/v1/checkout/sessions")
    assert len(listed["data"]) == 1


def test_key_of_a_request_refused_before_doing_anything_may_be_used_again(server):
    assert call(server, "POST", "/v1/checkout/sessions", FORM | {"mode": "setup"}, key="k2")[0] == 400
    assert call(server, "POST", "/v1/checkout/sessions", FORM, key="k2")[0] == 200


def test_page_is_valid_html_without_foreign_parts_and_pays_with_a_303(server):
    session = opened(server)
    path = f"/pay/{session['id']}"
    status, page, headers = call(server, "GET", path)
    assert status == 200
    html5lib.HTMLParser(strict=True).parse(page)
    assert "$86.40" in page
    assert "http" not in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, page, _ = call(server, "POST", path, {"do": "pay", "means": "declined"})
    assert status == 200
    assert "declined" in page
    status, _, headers = call(server, "POST", path, {"do": "pay", "means": "good"})
    assert (status, headers["Location"]) == (303, f"http://127.0.0.1/back?checkout={session['id']}")
    assert call(server, "GET", path)[0] == 410
    _, paid, _ = call(server, "GET", f"/v1/checkout/sessions/{session['id']}?expand[0]=payment_intent")
    assert (paid["status"], paid["payment_status"], paid["payment_intent"]["status"]) == (
        "complete",
        "paid",
        "succeeded",
    )
    assert paid["payment_intent"]["amount_received"] == 8640


def test_cancel_goes_back_and_leaves_the_page_open(server):
    session = opened(server)
    status, _, headers = call(server, "POST", f"/pay/{session['id']}", {"do": "cancel"})
    assert (status, headers["Location"]) == (303, FORM["cancel_url"])
    assert call(server, "GET", f"/pay/{session['id']}")[0] == 200


def test_time_expires_a_session_and_says_so(server, clock):
    session = opened(server)
    clock.instant += timedelta(days=1)
    _, found, _ = call(server, "GET", f"/v1/checkout/sessions/{session['id']}")
    assert found["status"] == "expired"
    _, events, _ = call(server, "GET", "/v1/events?types[0]=checkout.session.expired")
    assert [event["data"]["object"]["id"] for event in events["data"]] == [session["id"]]
    assert call(server, "GET", f"/pay/{session['id']}")[0] == 410


def test_bank_debit_completes_unpaid_and_settles_later(server):
    session = opened(server)
    assert server.pay(session["id"], "us_bank_account")
    _, found, _ = call(server, "GET", f"/v1/checkout/sessions/{session['id']}")
    assert (found["status"], found["payment_status"]) == ("complete", "unpaid")
    status, _, _ = call(server, "POST", "/admin/settle", {"payment_intent": found["payment_intent"]})
    assert status == 200
    _, found, _ = call(server, "GET", f"/v1/checkout/sessions/{session['id']}")
    assert found["payment_status"] == "paid"


def test_bank_debit_arrives_by_itself_after_its_time(clock):
    with CardProcessor(api_key=API_KEY, webhook_secret=SECRET, clock=clock, bank_seconds=60) as server:
        session = opened(server)
        server.pay(session["id"], "us_bank_account")
        clock.instant += timedelta(seconds=59)
        assert call(server, "GET", f"/v1/checkout/sessions/{session['id']}")[1]["payment_status"] == "unpaid"
        clock.instant += timedelta(seconds=1)
        assert call(server, "GET", f"/v1/checkout/sessions/{session['id']}")[1]["payment_status"] == "paid"


def test_lists_are_paged_newest_first(server):
    ids = [opened(server)["id"] for _ in range(5)]
    _, page, _ = call(server, "GET", "/v1/checkout/sessions?limit=2")
    assert [item["id"] for item in page["data"]] == ids[:-3:-1]
    assert page["has_more"]
    _, page, _ = call(server, "GET", f"/v1/checkout/sessions?limit=3&starting_after={ids[3]}")
    assert [item["id"] for item in page["data"]] == ids[2::-1]
    assert not page["has_more"]
    _, page, _ = call(server, "GET", f"/v1/checkout/sessions?limit=1&ending_before={ids[2]}")
    assert [item["id"] for item in page["data"]] == [ids[3]]


def test_webhook_is_signed_over_the_bytes_and_sent_until_taken(clock):
    with Merchant() as merchant, processor(clock, merchant.url) as server:
        merchant.answers.extend([500, 503])
        server.pay(opened(server)["id"])
        assert server.idle()
        assert [attempt.status for attempt in server.attempts] == [500, 503, 200]
        bodies = {body for body, _ in merchant.got}
        assert len(bodies) == 1
        body, signature = merchant.got[-1]
        stamp, code = (part.split("=", 1)[1] for part in signature.split(","))
        assert int(stamp) == int(clock.now().timestamp())
        assert code == hmac.new(SECRET.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
        assert json.loads(body)["type"] == "checkout.session.completed"


def test_webhook_given_up_after_the_last_retry_is_still_listed(clock):
    with Merchant() as merchant, processor(clock, merchant.url) as server:
        merchant.answers.extend([500] * 3)
        server.pay(opened(server)["id"])
        assert server.idle()
        assert [attempt.status for attempt in server.attempts] == [500, 500, 500]
        _, events, _ = call(server, "GET", "/v1/events?type=checkout.session.completed")
        assert len(events["data"]) == 1


def test_webhook_faults(clock):
    with Merchant() as merchant, processor(clock, merchant.url) as server:
        call(server, "POST", "/admin/faults", {"on": "webhook", "kind": "lost"})
        for kind in ("twice", "late", "out_of_order"):
            server.faults.webhook(kind)
        ids = [opened(server)["id"] for _ in range(5)]
        for session_id in ids:
            server.pay(session_id)
        assert server.idle()
        told = [json.loads(body)["data"]["object"]["id"] for body, _ in merchant.got]
        assert told == [ids[1], ids[1], ids[4], ids[3]]
        server.release()
        assert server.idle()
        assert json.loads(merchant.got[-1][0])["data"]["object"]["id"] == ids[2]


def test_unknown_faults_and_switches_are_refused(server):
    with pytest.raises(ValueError, match="no such API fault"):
        server.faults.api("fire")
    assert call(server, "POST", "/admin/faults", {"on": "webhook", "kind": "fire"})[0] == 400
    assert call(server, "POST", "/admin/none", {})[0] == 404
    assert call(server, "POST", "/admin/release", {}, api_key="x")[0] == 401


def test_dropped_answer_was_done_all_the_same(server):
    server.faults.api("drop")
    with pytest.raises((http.client.HTTPException, OSError)):
        call(server, "POST", "/v1/checkout/sessions", FORM, key="k3")
    _, _, headers = call(server, "POST", "/v1/checkout/sessions", FORM, key="k3")
    assert headers["Idempotent-Replayed"] == "true"


def test_captured_holds_every_api_request(server):
    opened(server)
    call(server, "GET", "/v1/events?limit=1")
    first, second = server.captured
    assert dict(first.params) == FORM
    assert (second.method, second.path, second.params) == ("GET", "/v1/events", (("limit", "1"),))


@given(st.integers(min_value=50, max_value=10_000_000))
def test_fee_is_less_than_the_amount(amount):
    assert 0 < fee_cents(amount, "card") < amount
    assert 0 <= fee_cents(amount, "us_bank_account") <= 500


def test_nested_parameters():
    pairs = [("a[0][b]", "1"), ("a[1][b]", "2"), ("c[d]", "3"), ("e[]", "4"), ("e[]", "5"), ("f", "6")]
    assert nested(pairs) == {"a": [{"b": "1"}, {"b": "2"}], "c": {"d": "3"}, "e": ["4", "5"], "f": "6"}
    for bad in ([("a[", "1")], [("a", "1"), ("a[b]", "2")]):
        with pytest.raises(ApiError):
            nested(bad)

"""Settling: once, in any order, by webhook, by asking or by the poll; what does not fit goes to people."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.domain.ledger import Entry
from portal.domain.payments import CardsRefused
from portal.models.ledger import LedgerLineRow
from portal.models.queues import QueueItemRow
from portal.sandbox.cards.webhooks import sign
from portal.services import ledger
from portal.services.credits import queue_credits
from portal.services.payments import polling, settling
from tests.make import accounts
from tests.sandbox.processor import SECRET


def waiting(till) -> list[tuple[str, str, int]]:
    with till.world.read("queue:view") as uow:
        about = QueueItemRow.subject_table.in_(("payment", "patient"))
        rows = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.state == "OPEN", about))
        return [(row.queue, row.reason, row.at_risk_cents) for row in rows]


def signed(till, event: dict) -> tuple[bytes, str]:
    body = json.dumps(event).encode()
    return body, sign(SECRET, body, int(till.world.clock.now().timestamp()))


def changed(till, **fields) -> tuple[bytes, str]:
    """The first webhook that came, with other fields in its object, signed as if by the processor."""
    event = json.loads(till.merchant.got[0][0])
    event["data"]["object"] |= fields
    return signed(till, event)


def test_the_webhook_settles_and_the_books_follow(till):
    till.pay(till.begin(2_000))
    assert till.hear() == 1
    [row] = till.payments()
    assert row.state == "SUCCEEDED"
    assert row.receipt_number
    assert row.settled_at == till.world.clock.now()
    assert till.owed() == 6_640
    with till.world.read("account:view") as uow:
        may = ledger.balance(uow, LedgerLineRow.account == "cash:card")
    assert may == 2_000
    assert till.events() == [("completed", "settled")]


def test_T119_ten_of_the_same_at_once_post_once(till):
    till.pay(till.begin(8_640))
    [(body, signature)] = till.merchant.got

    def hear(_: int) -> None:
        settling.take_event(till.world.units, till.parts, body, signature)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(hear, range(10)))
    assert till.entries("card-payment") == 1
    assert till.owed() == 0
    assert till.events() == [("completed", "settled")]


def test_T118_what_is_not_the_processors_changes_nothing(till):
    till.pay(till.begin(2_000))
    body, good = till.merchant.got[0]
    now = int(till.world.clock.now().timestamp())
    again = json.dumps(json.loads(body)).encode()
    for signature, given in (
        ("", body), ("t=1,v1=00", body), (sign("whsec_other", body, now), body), (sign(SECRET, body, now - 301), body),
        (sign(SECRET, body, now + 3600), body), (good.replace("v1=", "v0="), body), (good, again),
    ):  # fmt: skip
        with pytest.raises(CardsRefused):
            settling.take_event(till.world.units, till.parts, given, signature)
    assert till.states() == ["PENDING"]
    assert till.events() == []


@pytest.mark.parametrize("seed", range(4))
def test_any_order_twice_and_with_bank_money_ends_the_same(till, seed):
    url = till.begin(2_000)
    till.pay(url, means="us_bank_account")
    intent = till.parts.cards.checkout(url.rsplit("/", 1)[1]).intent
    till.server.settle(intent)
    assert till.server.idle()
    told = till.merchant.got * 2
    random.Random(seed).shuffle(told)
    for body, signature in told:
        settling.take_event(till.world.units, till.parts, body, signature)
    assert till.states() == ["SUCCEEDED"]
    assert till.entries("card-payment") == 1
    assert till.owed() == 6_640
    assert {kind for kind, _ in till.events()} == {"completed", "settled"}


def test_money_that_came_after_the_page_expired_is_money(till):
    till.begin(2_000)
    [row] = till.payments()
    completed = {
        "id": "evt_late", "object": "event", "type": "checkout.session.completed", "api_version": None,
        "created": int(till.world.clock.now().timestamp()), "livemode": False, "pending_webhooks": 1, "request": None,
        "data": {"object": {
            "id": row.checkout_id, "object": "checkout.session", "payment_intent": "pi_late", "amount_total": 2_000,
            "client_reference_id": row.id.hex(), "currency": "usd", "payment_status": "paid", "status": "complete",
        }},
    }  # fmt: skip
    expired = json.loads(json.dumps(completed)) | {"id": "evt_exp", "type": "checkout.session.expired"}
    for event in (expired, completed):
        settling.take_event(till.world.units, till.parts, *signed(till, event))
    assert till.states() == ["SUCCEEDED"]
    assert till.owed() == 6_640


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"amount_total": 1}, "card-other-amount"),
        ({"amount_total": 200_000}, "card-other-amount"),
        ({"currency": "cad"}, "card-other-amount"),
        ({"id": "cs_test_other"}, "card-other-checkout"),
    ],
)
def test_T117_another_amount_currency_or_page_posts_nothing_and_a_person_looks(till, fields, reason):
    till.pay(till.begin(2_000))
    settling.take_event(till.world.units, till.parts, *changed(till, **fields))
    assert till.states() == ["PENDING"]
    assert till.owed() == 8_640
    assert [(queue, why) for queue, why, _ in waiting(till)] == [("card-cases", reason)]


def test_an_event_about_nobody_is_kept_once_and_changes_nothing(till):
    till.pay(till.begin(2_000))
    body, signature = changed(till, client_reference_id="ab" * 16)
    for _ in range(2):
        settling.take_event(till.world.units, till.parts, body, signature)
    assert till.events() == [("completed", "unknown")]
    assert till.states() == ["PENDING"]


def test_a_posting_that_fails_leaves_the_event_to_be_taken_again(till, monkeypatch):
    till.pay(till.begin(2_000))
    [(body, signature)] = till.merchant.got
    right = settling.card_payment_entry

    def broken(*args, **more) -> Entry:
        raise RuntimeError("the store went away")

    monkeypatch.setattr(settling, "card_payment_entry", broken)
    with pytest.raises(RuntimeError):
        settling.take_event(till.world.units, till.parts, body, signature)
    assert till.states() == ["PENDING"]
    assert till.events() == []
    monkeypatch.setattr(settling, "card_payment_entry", right)
    settling.take_event(till.world.units, till.parts, body, signature)
    assert till.states() == ["SUCCEEDED"]
    assert till.owed() == 6_640


def test_more_than_is_owed_by_then_is_held_for_the_patient(till):
    url = till.begin(8_640)
    with till.world.write("payment:settle") as uow:
        from portal.domain.posting.payments import card_payment_entry
        from portal.services.payments.owing import owed_charges

        desk = card_payment_entry(
            b"d" * 16, till.patient_id, 8_000, owed_charges(uow, [till.patient_id]), accounts.JUNE
        )
        ledger.post(uow, [desk])
    till.pay(url)
    till.hear()
    assert till.owed() == 0
    with till.world.read("account:view") as uow:
        assert ledger.credit_of_patient(uow, till.patient_id) == 8_000
    assert waiting(till) == [("credits", "paid-too-much", 8_000)]
    with till.world.write("claim:edit") as uow:
        queue_credits(uow, [till.patient_id])
    assert waiting(till) == [("credits", "credit", 8_000)], "the same money, once"


def test_more_than_is_owed_joins_an_account_that_lies_in_the_queue_of_credits_already(till):
    url = till.begin(8_640)
    with till.world.write("payment:settle") as uow:
        from portal.domain.posting.payments import card_payment_entry
        from portal.services.payments.owing import owed_charges

        owed = owed_charges(uow, [till.patient_id])
        ledger.post(uow, [card_payment_entry(b"d" * 16, till.patient_id, 8_000, owed, accounts.JUNE)])
        ledger.post(uow, [card_payment_entry(b"e" * 16, till.patient_id, 100, [], accounts.JUNE)])
        uow.flush()
        queue_credits(uow, [till.patient_id])
    till.pay(url)
    till.hear()
    assert waiting(till) == [("credits", "credit", 8_100)]


def test_a_bank_debit_that_came_back_fails_and_can_be_paid_again(till):
    url = till.begin(2_000)
    till.pay(url, means="us_bank_account")
    till.server.settle(till.parts.cards.checkout(url.rsplit("/", 1)[1]).intent, succeeded=False)
    assert till.server.idle()
    till.hear()
    assert till.states() == ["FAILED"]
    till.begin(8_640)
    assert till.states() == ["FAILED", "PENDING"]


def test_the_fee_is_posted_once_when_it_is_known(till):
    till.pay(till.begin(8_640))
    till.hear()
    [row] = till.payments()
    for _ in range(2):
        settling.record_fee(till.world.units, till.parts, row.id)
    assert till.payments()[0].fee_cents == 281
    assert till.entries("processor-fee") == 1


def test_the_poll_finds_what_a_lost_webhook_missed(till):
    till.server.faults.webhook("lost", times=5)
    till.pay(till.begin(2_000))
    assert till.hear() == 0
    assert till.states() == ["PENDING"]
    assert polling.poll(till.world.units, till.parts) >= 1
    assert till.states() == ["SUCCEEDED"]
    assert till.owed() == 6_640
    assert till.payments()[0].fee_cents is not None
    assert polling.poll(till.world.units, till.parts) == 0, "a second round finds nothing"
    assert till.entries("card-payment") == 1


def test_the_poll_asks_about_pages_even_when_events_are_gone(till):
    till.server.faults.webhook("lost", times=5)
    till.pay(till.begin(2_000))
    till.world.clock.forward(days=5)
    assert polling.poll(till.world.units, till.parts) >= 1
    assert till.states() == ["SUCCEEDED"]


def test_pages_nobody_paid_on_end_and_intentions_without_a_page_are_let_go(till):
    till.server.faults.webhook("lost", times=5)
    till.begin(2_000)
    till.world.clock.forward(minutes=90)
    polling.poll(till.world.units, till.parts)
    assert till.states() == ["EXPIRED"]
    with till.world.runtime.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select set_config('candor.practices', 'all', true)"))
        connection.execute(text("update payment set state = 'CREATED', checkout_id = null"))
    till.world.clock.forward(minutes=15)
    polling.poll(till.world.units, till.parts)
    assert till.states() == ["FAILED"]


def test_without_a_processor_nothing_is_asked(world):
    assert polling.poll(world.units, world.runtime.parts) == 0
    with pytest.raises(CardsRefused):
        settling.take_event(world.units, world.runtime.parts, b"{}", "")


def test_a_slow_processor_is_asked_again_later(till):
    till.pay(till.begin(2_000))
    [row] = till.payments()
    till.server.faults.api("hang", times=3)
    from portal.domain.payments import CardsUnavailable

    with pytest.raises(CardsUnavailable):
        settling.refresh(till.world.units, till.parts, row.id)
    till.server.release()
    assert till.states() == ["PENDING"]
    assert settling.refresh(till.world.units, till.parts, row.id) == "ended"
    assert till.states() == ["SUCCEEDED"]
    assert till.hear() == 1, "and its webhook, coming after, changes nothing"
    assert till.entries("card-payment") == 1
    assert timedelta(0) == till.world.clock.now() - till.payments()[0].settled_at

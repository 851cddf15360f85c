"""Money that goes back: the same books whatever order events come in, told twice, lost for days, or by the poll."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.domain.posting.payments import apply_credit_entry, card_payment_entry
from portal.models.encounters import ChargeRow
from portal.models.jobs import MailRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.payments import CardDisputeRow, PaymentRow
from portal.models.queues import QueueItemRow
from portal.sandbox.cards.disputes import FEE_CENTS, RETURN_FEE_CENTS
from portal.services import ledger
from portal.services.payments import polling, returning, settling
from portal.services.payments.owing import owed_charges
from tests.make import accounts
from tests.services.payments.conftest import Till

Books = tuple[str, dict[tuple[str, date | None], int]]


def intent_of(till: Till, url: str) -> str:
    intent: str = till.parts.cards.checkout(url.rsplit("/", 1)[1]).intent
    return intent


def card(till: Till) -> str:
    """Teresa pays $70 by card: the May visit ($15) in full, and $55 of the June visit."""
    url = till.begin(7_000)
    till.pay(url)
    return intent_of(till, url)


def debit(till: Till) -> str:
    url = till.begin(7_000)
    till.pay(url, means="us_bank_account")
    intent = intent_of(till, url)
    till.server.settle(intent)
    return intent


def refunded_twice_one_fails(till: Till) -> None:
    intent = card(till)
    till.parts.cards.refund(intent, 1_000, f"a{intent}")
    failed = till.parts.cards.refund(intent, 2_000, f"b{intent}")
    till.server.settle_refund(failed.id, succeeded=False)
    till.parts.cards.refund(intent, 5_700, f"c{intent}")


def asked_then_disputed_and_won(till: Till) -> None:
    intent = card(till)
    dispute = till.server.dispute(intent, inquiry=True)
    till.server.escalate(dispute)
    till.server.close_dispute(dispute, won=True)


def refunded_and_lost(till: Till) -> None:
    intent = card(till)
    till.parts.cards.refund(intent, 500, f"a{intent}")
    till.server.close_dispute(till.server.dispute(intent), won=False)


def returned(till: Till) -> None:
    till.server.return_debit(debit(till))


def asked_only(till: Till) -> None:
    till.server.close_dispute(till.server.dispute(card(till), inquiry=True), won=False)


STORIES: dict[Callable[[Till], None], tuple[str, dict[tuple[str, date | None], int]]] = {
    refunded_twice_one_fails: (
        "PARTLY_REFUNDED",
        {("cash:card", None): 300, ("receivable:patient", accounts.MAY): 1_200,
         ("receivable:patient", accounts.JUNE): 7_140},
    ),
    asked_then_disputed_and_won: (
        "SUCCEEDED", {("cash:card", None): 7_000, ("receivable:patient", accounts.JUNE): 1_640},
    ),
    refunded_and_lost: (
        "DISPUTE_LOST",
        {("cash:card", None): -500, ("receivable:patient", accounts.MAY): 1_500,
         ("receivable:patient", accounts.JUNE): 7_640},
    ),
    returned: (
        "RETURNED",
        {("receivable:patient", accounts.MAY): 1_500, ("receivable:patient", accounts.JUNE): 7_140},
    ),
    asked_only: ("SUCCEEDED", {("cash:card", None): 7_000, ("receivable:patient", accounts.JUNE): 1_640}),
}  # fmt: skip
"""How each story leaves the payment, and what of the patient's stands on cash and on each visit."""


def anew(till: Till) -> None:
    """Another patient who owes the same, and nothing told yet."""
    till.patient_id = accounts.owing(till.world)
    till.actor = type(till.actor)(
        **{
            **{name: getattr(till.actor, name) for name in type(till.actor).__slots__},
            "own_patients": frozenset({till.patient_id}),
        }
    )
    till.merchant.got.clear()


def books(till: Till) -> Books:
    """The payment's state, and what stands on cash and on the patient's visits."""
    line, charge = LedgerLineRow, ChargeRow
    with till.world.read("account:view") as uow:
        [state] = {
            row.state for row in uow.rows(uow.select(PaymentRow.state).where(PaymentRow.patient_id == till.patient_id))
        }
        days = {row.id: row.service_from for row in uow.rows(uow.select(charge.id, charge.service_from))}
        sums: Counter[tuple[str, date | None]] = Counter()
        wanted = uow.select(line.account, line.charge_id, line.amount_cents).where(line.patient_id == till.patient_id)
        for row in uow.rows(wanted):
            if row.account in {"cash:card", "receivable:patient", "unapplied:patient"}:
                sums[row.account, days.get(row.charge_id)] += row.amount_cents
    return state, {at: cents for at, cents in sums.items() if cents}


def fees(till: Till) -> int:
    line = LedgerLineRow
    with till.world.read("account:view") as uow:
        return sum(
            row.amount_cents for row in uow.rows(uow.select(line.amount_cents).where(line.account == "processor-fees"))
        )


def waiting(till: Till) -> list[tuple[str, date]]:
    item = QueueItemRow
    with till.world.read("queue:view") as uow:
        rows = uow.entities(uow.select(item).where(item.state == "OPEN", item.queue == "card-cases"))
        return [(row.reason, row.due_on) for row in rows]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_any_order_ten_times_leaves_the_same_books(till: Till, chance) -> None:
    story = chance.choice(sorted(STORIES, key=lambda each: each.__name__))
    anew(till)
    story(till)
    assert till.server.idle()
    told = till.merchant.got * chance.choice([1, 2, 10])
    chance.shuffle(told)
    for body, signature in told:
        settling.take_event(till.world.units, till.parts, body, signature)
    assert books(till) == STORIES[story], story.__name__


def test_each_story_in_its_own_order_and_then_again_ten_times(till: Till) -> None:
    """Refund in part, failed after success, inquiry, dispute won and lost, debit returned: no event twice."""
    for story, ends in STORIES.items():
        anew(till)
        story(till)
        assert till.server.idle()
        told = list(till.merchant.got)
        till.hear()
        assert books(till) == ends, story.__name__
        for body, signature in told * 10:
            settling.take_event(till.world.units, till.parts, body, signature)
        assert books(till) == ends, story.__name__
    assert fees(till) == 2 * FEE_CENTS + RETURN_FEE_CENTS
    row = LedgerEntryRow
    with till.world.read("account:view") as uow:
        kinds = {each.id: each.kind for each in uow.rows(uow.select(row.id, row.kind))}
        undone = {
            (each.kind, kinds[each.reverses_id])
            for each in uow.rows(uow.select(row.kind, row.reverses_id).where(row.reverses_id.is_not(None)))
        }
    assert undone == {
        ("card-refund-failed", "card-refund"), ("card-returned", "card-payment"), ("card-dispute-won", "card-dispute"),
    }, "what undoes is linked to what it undoes"  # fmt: skip


def test_three_days_without_webhooks_are_repaired_by_one_poll(till: Till) -> None:
    till.server.faults.webhook("lost", times=200)
    for story in STORIES:
        anew(till)
        story(till)
        till.world.clock.forward(hours=14)
        with till.world.read("payment:settle") as uow:
            [row] = uow.rows(uow.select(PaymentRow.state).where(PaymentRow.patient_id == till.patient_id))
        assert row.state == "PENDING"
        till.world.clock.forward(minutes=24)
    assert till.hear() == 0
    assert polling.poll(till.world.units, till.parts) > 5
    ends = sorted(state for state, _ in STORIES.values())
    assert till.states() == ends
    cash = sum(held.get(("cash:card", None), 0) for _, held in STORIES.values())
    with till.world.read("account:view") as uow:
        line = LedgerLineRow
        rows = uow.rows(uow.select(line.amount_cents).where(line.account == "cash:card", line.patient_id.is_not(None)))
        assert sum(row.amount_cents for row in rows) == cash
    assert polling.poll(till.world.units, till.parts) == 0, "a second round finds nothing"


def test_a_dispute_waits_until_its_day_and_is_not_answered_while_a_refund_is_on_its_way(till: Till) -> None:
    intent = debit(till)
    till.parts.cards.refund(intent, 500, "slow")  # a bank's refund is pending for days
    till.server.dispute(intent)
    assert till.server.idle()
    till.hear()
    [(reason, due)] = waiting(till)
    assert (reason, due) == ("card-dispute", till.world.clock.now().date().replace(day=12))
    with till.world.read("account:view") as uow:
        [dispute] = uow.entities(uow.select(CardDisputeRow))
    with till.world.write("payment:answer") as uow, pytest.raises(Refused, match="no-refund"):
        returning.answered(uow, dispute.id, version=dispute.version)
    refund = next(iter(till.server._account.every("refund")))["id"]
    till.server.settle_refund(refund)
    assert till.server.idle()
    till.hear()
    with till.world.write("payment:answer") as uow:
        returning.answered(uow, dispute.id, version=dispute.version)
    assert waiting(till) == []
    assert till.states() == ["DISPUTED"]
    till.server.close_dispute(dispute.dispute_id, won=False)
    assert till.server.idle()
    till.hear()
    assert [why for why, _ in waiting(till)] == ["card-dispute-lost"], "a person decides what now"


def test_the_patient_is_told_of_a_returned_debit_once_and_by_no_detail(till: Till) -> None:
    till.patient_id = accounts.owing(till.world, email_sealed="teresa@example.org")
    anew_patient = till.patient_id
    till.actor = type(till.actor)(
        **{
            **{name: getattr(till.actor, name) for name in type(till.actor).__slots__},
            "own_patients": frozenset({anew_patient}),
        }
    )
    returned(till)
    assert till.server.idle()
    told = list(till.merchant.got)
    for body, signature in told * 2:
        settling.take_event(till.world.units, till.parts, body, signature)
    with till.world.units.housekeeping() as session:
        assert [row.template for row in session.query(MailRow)] == ["payment_returned"]


def test_a_credit_that_was_used_since_is_owed_again_when_its_payment_goes_back(till: Till) -> None:
    url = till.begin(8_640)
    with till.world.write("payment:settle") as uow:
        desk = card_payment_entry(
            b"d" * 16, till.patient_id, 8_000, owed_charges(uow, [till.patient_id]), accounts.JUNE
        )
        [desk_id] = ledger.post(uow, [desk])
    till.pay(url)
    till.hear()
    intent = intent_of(till, url)
    with till.world.write("payment:settle") as uow:  # the desk's check bounces: what it paid is owed again
        ledger.post(uow, [_undone(desk, desk_id)])
        uow.flush()
        credit = apply_credit_entry(till.patient_id, 8_000, owed_charges(uow, [till.patient_id]), "k", accounts.JUNE)
        ledger.post(uow, [credit])
    assert till.owed() == 0
    till.parts.cards.refund(intent, 8_640, "all")
    assert till.server.idle()
    till.hear()
    assert till.owed() == 8_640
    with till.world.read("account:view") as uow:
        assert ledger.credit_of_patient(uow, till.patient_id) == 0


def _undone(entry, entry_id: bytes):
    lines = tuple(replace(line, amount_cents=-line.amount_cents) for line in entry.lines)
    return replace(entry, kind="reversal", key="undo", lines=lines, reverses_id=entry_id)

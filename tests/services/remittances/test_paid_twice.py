"""A payer that pays the same claim twice: its money is a credit, and the patient owes the share once."""

from __future__ import annotations

from dataclasses import replace

from portal.domain.charges import Charge
from portal.domain.ledger import Line
from portal.domain.posting.attribution import Matched
from portal.domain.posting.reversals import EarlierPosting, paid_before
from portal.domain.remittances import Adjustment, ClaimPayment, Name
from portal.models.queues import QueueItemRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import ledger
from portal.services.remittances import by_hand
from tests.databases import World
from tests.make import remittances as make

SHARES = (Adjustment("CO", "45", 3_000), Adjustment("PR", "2", 2_000))


def owed(world: World, sent: make.Sent) -> int:
    with world.read("account:view") as uow:
        return ledger.owed_by_patient(uow, sent.patient_id)


def books(world: World, sent: make.Sent) -> dict[str, int]:
    line = ledger.LedgerLineRow
    with world.read("account:view") as uow:
        rows = uow.rows(ledger.sums(uow, line.account, where=(line.patient_id == sent.patient_id,)))
        return {row.account: int(row.cents) for row in rows if row.cents}


def credits_of(world: World) -> list[int]:
    with world.read("queue:view") as uow:
        found = uow.select(QueueItemRow).where(QueueItemRow.queue == "credits", QueueItemRow.state == "OPEN")
        return [row.at_risk_cents for row in uow.entities(found)]


def test_the_share_is_asked_for_once_and_the_second_money_is_the_payers(world: World):
    sent = make.sent(world)
    first = make.answer(sent, *SHARES)
    make.bring(world, make.payment(first, trace="T1"))
    once = books(world, sent)
    assert (owed(world, sent), once["contractual"], once["receivable:patient"]) == (2_000, 3_000, 2_000)
    result = make.bring(world, make.payment(first, trace="T2"), number=2)
    assert [each.code for each in result.findings] == ["paid-before"]
    assert owed(world, sent) == 2_000
    assert books(world, sent) == once | {"receivable:payer": -5_000, "unapplied:payer": 10_000}
    assert credits_of(world) == [5_000]

    make.bring(world, make.payment(make.turned(first), trace="T3"), number=3)
    assert books(world, sent) == once, "the payer took the second back, and the first stands"
    assert credits_of(world) == []


def test_twice_in_one_payment_is_twice_too(world: World):
    sent = make.sent(world)
    first = make.answer(sent, *SHARES)
    result = make.bring(world, make.payment(first, first))
    assert [each.code for each in result.findings] == ["paid-before"]
    assert (owed(world, sent), books(world, sent)["receivable:payer"]) == (2_000, -5_000)


def test_a_second_payer_that_pays_as_much_as_the_first_repeats_nothing():
    first, second = b"1" * 16, b"2" * 16
    charges = (Charge(b"c" * 16, b"p" * 16, b"e" * 16, 20_000, payer_id=first),)
    theirs = EarlierPosting(b"r" * 16, b"n" * 16, 20_000, 8_000, (
        Line("unapplied:payer", 8_000, payer_id=first), Line("contractual", 2_000, payer_id=first),
        Line("receivable:payer", 10_000, payer_id=second), Line("receivable:payer", -20_000, payer_id=first),
    ))  # fmt: skip
    answer = ClaimPayment("C1", "1", 20_000, 8_000, 1)
    assert paid_before(answer, Matched(b"k" * 16, b"p" * 16, first, charges=charges), [theirs])
    assert not paid_before(answer, Matched(b"k" * 16, b"p" * 16, second, charges=charges), [theirs])


def test_what_paid_nothing_is_taken_back_before_the_denial_that_it_followed(world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, Adjustment("CO", "50", 10_000), status="4"), trace="T1"))
    nothing = make.answer(sent, Adjustment("CO", "45", 4_000), Adjustment("PR", "1", 6_000))
    world.clock.forward(hours=1)
    make.bring(world, make.payment(nothing, trace="T2"), number=2)
    assert owed(world, sent) == 6_000
    make.bring(world, make.payment(make.turned(nothing), trace="T3"), number=3)
    assert owed(world, sent) == 0
    assert "contractual" not in books(world, sent)


def test_what_is_taken_back_and_paid_anew_is_no_repetition(world: World):
    sent = make.sent(world)
    first = make.answer(sent, *SHARES)
    make.bring(world, make.payment(first, trace="T1"))
    once = books(world, sent)
    for claims in ((make.turned(first), first), (first, make.turned(first))):
        trace = f"T-{claims[0].paid_cents}"
        result = make.bring(world, make.payment(*claims, trace=trace), number=len(trace))
        assert "paid-before" not in {each.code for each in result.findings}
        assert books(world, sent) == once


def test_another_amount_or_a_part_of_the_claim_is_posted_whole(world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, *SHARES), trace="T1"))
    other = make.answer(sent, Adjustment("CO", "45", 3_000), Adjustment("PR", "2", 2_500))
    result = make.bring(world, make.payment(other, trace="T2"), number=2)
    assert "paid-before" not in {each.code for each in result.findings}
    assert owed(world, sent) == 4_500


def test_matched_by_hand_it_is_the_same(world: World):
    sent = make.sent(world)
    first = make.answer(sent, *SHARES)
    make.bring(world, make.payment(first, trace="T1"))
    make.bring(
        world, make.payment(replace(first, control="0", payer_control="", patient=Name("A", "B")), trace="T2"), number=2
    )
    with world.read("remittance:post", world.actor("payment-poster")) as uow:
        (part,) = uow.entities(uow.select(RemittanceClaimRow).where(RemittanceClaimRow.state == "UNMATCHED"))
    with world.write("remittance:post", world.actor("payment-poster")) as uow:
        by_hand.match_by_hand(uow, part.id, sent.claim_id)
    assert owed(world, sent) == 2_000
    assert books(world, sent)["receivable:payer"] == -5_000

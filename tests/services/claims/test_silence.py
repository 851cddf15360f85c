"""Claims without an answer lie in their queue after some days, once, until an answer comes."""

from __future__ import annotations

import pytest

from portal.models.claims import ClaimRow
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.claims import silence, steps
from tests.make import answers
from tests.make import remittances as money
from tests.services.claims import test_statuses as questions
from tests.services.claims.office import Office
from tests.services.claims.test_correcting import approve, ask, paid, said


def later(office: Office, days: int) -> int:
    office.world.clock.forward(days=days)
    return silence.surface(office.world.units, office.world.machine("claim.silent"))


def test_a_claim_that_nobody_acknowledged_surfaces_once(office: Office):
    claim = office.claim()
    office.send()
    assert later(office, 5) == 0
    assert later(office, 1) == 1
    assert office.items(claim) == [("unanswered-claims", "no-acknowledgement")]
    assert later(office, 1) == 0


def test_an_acceptance_takes_it_out_and_silence_after_it_surfaces_again(office: Office):
    claim = office.claim()
    office.send()
    later(office, 6)
    office.answered(answers.statuses(office.sent()))
    assert office.items(claim) == []
    assert later(office, 29) == 0
    assert later(office, 2) == 1
    assert office.items(claim) == [("unanswered-claims", "no-remittance")]
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim))))
    assert office.items(claim) == []
    assert later(office, 60) == 0


def test_what_is_answered_held_or_not_sent_stays_out(office: Office):
    rejected, ready = office.claim(last="Bell"), office.claim(last="Corso")
    office.send(only=rejected)
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    with office.world.write("claim:hold", office.biller) as uow:
        steps.hold(uow, ready, "record")
    assert later(office, 90) == 0
    assert office.items(rejected) == [("rejected-claims", "A7")]
    assert office.items(ready) == [("held-claims", "record")]


def test_many_are_queued_in_parts_and_each_practice_has_its_own(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(silence, "_AT_ONCE", 2)
    claims = [office.claim(last=f"Person{n}") for n in range(5)]
    office.send()
    second = office.second_practice()
    assert later(office, 6) == 5
    assert [office.items(claim) for claim in claims] == [[("unanswered-claims", "no-acknowledgement")]] * 5
    with second.read("queue:view") as uow:
        assert uow.count(uow.select(QueueItemRow.id)) == 0


def test_a_void_that_nobody_answers_and_money_that_stays_away_surface(office: Office):
    claim = office.claim()
    office.send()
    paid(office, claim)
    ask(office, claim)
    approve(office, claim)
    with office.world.write("claim:edit") as uow:
        queues.done(uow, uow.get(ClaimRow, claim))
    assert later(office, 6) == 1
    assert office.items(claim) == [("unanswered-claims", "void-unsent")]
    office.send()
    assert office.items(claim) == []
    assert later(office, 5) == 0
    assert later(office, 1) == 1
    assert office.items(claim) == [("unanswered-claims", "void-unanswered")]
    told_of_void(office, claim)
    office.answered(said(office))
    assert (office.state(claim), office.items(claim)) == ("VOID_PENDING", [])
    assert later(office, 29) == 0
    assert later(office, 2) == 1
    assert office.items(claim) == [("unanswered-claims", "void-money")]


def told_of_void(office: Office, claim: bytes) -> None:
    """The payer is asked about the silent void once, by itself; its answer moves nothing, and says what to do next."""
    assert todo(office, claim) == "Ask the payer"
    assert questions.ask_silent(office) == 1
    assert (questions.ask_silent(office), todo(office, claim)) == (0, "Wait for the payer's answer")
    (question,) = questions.sent(office)
    next(office.out.glob("*.276")).unlink()
    assert question.claim_control == office.row(claim).control
    assert question.payer_control
    answer = questions.said(question, "A4:35", payer_control="")
    assert questions.take(office, questions.told(answer)).applied == 1
    assert (office.state(claim), office.items(claim)) == ("VOID_PENDING", [("unanswered-claims", "void-unanswered")])
    assert todo(office, claim).startswith("Call the payer about the void")


def todo(office: Office, claim: bytes) -> str:
    with office.world.read("queue:view") as uow:
        row = uow.first(uow.select(QueueItemRow).where(QueueItemRow.subject_id == claim, QueueItemRow.state == "OPEN"))
        assert row is not None
        return str(row.detail["todo"]["message"])

"""Bills that nobody pays take their steps by day, each heard of before the next, and stop when something holds them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.dunning import Steps
from portal.domain.errors import Conflict, Refused
from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.models.documents import DocumentRow
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services import account_holds, consents, documents, policies
from portal.services.dunning import papers, sending
from portal.services.statements import clocks
from tests.databases import World
from tests.services.dunning.desk import (
    EMAIL,
    PHONE,
    bill,
    billed,
    look,
    mail_out,
    mails,
    notices,
    parts,
    pay,
    states,
    texts,
    work_off,
)

pytestmark = pytest.mark.database


def queue_of(world: World, statement_id: bytes) -> list[str]:
    with world.read("queue:view") as uow:
        wanted = uow.select(QueueItemRow.queue).where(
            QueueItemRow.subject_id == statement_id, QueueItemRow.state == "OPEN"
        )
        return [row.queue for row in uow.rows(wanted)]


def test_a_bill_goes_from_the_second_bill_to_a_managers_list_and_every_step_is_heard(world: World):
    statement_id = billed(world, "email", "sms")
    world.clock.forward(days=27)
    assert look(world) == 0
    world.clock.forward(days=1)
    assert look(world) == 1
    assert bill(world, statement_id).state == "PAST_DUE"
    assert queue_of(world, statement_id) == ["calls"]
    assert states(world) == {("PAST_DUE", "email"): "PLANNED", ("PAST_DUE", "sms"): "PLANNED"}
    world.clock.forward(days=21)
    assert look(world) == 0, "nothing was heard of the reminder yet"
    work_off(world)
    assert states(world) == {("PAST_DUE", "email"): "SENT", ("PAST_DUE", "sms"): "SENT"}
    assert look(world) == 1
    assert bill(world, statement_id).state == "FINAL_NOTICE"
    world.clock.forward(days=8)
    work_off(world)
    letter = notices(world)["FINAL_NOTICE", "letter"]
    assert letter.state == "TO_MAIL"
    assert queue_of(world, letter.id) == ["letters"]
    world.clock.forward(days=60)
    assert look(world) == 0, "the letter is not mailed"
    mail_out(world)
    assert queue_of(world, letter.id) == []
    assert look(world) == 1
    assert (bill(world, statement_id).state, queue_of(world, statement_id)) == ("PRE_COLLECTION", ["pre-collection"])
    world.clock.forward(days=200)
    assert look(world) == 0, "collection is a person's step"


def test_what_goes_names_nobody_and_no_sum_and_can_be_stopped(world: World):
    billed(world, "email", "sms", state="PAST_DUE", last_name_sealed="Quennell", first_name_sealed="Ottoline")
    world.clock.forward(days=21)
    with world.write("notice:send") as uow:
        row = uow.first(uow.select(sending.StatementRow))
        steps = replace(Steps(), final_by=("email", "sms", "letter"))
        sending.plan(uow, row, sending.bill_of(uow, row), steps)
    work_off(world)
    [mail], [text] = mails(world), texts(world)
    assert mail["To"] == EMAIL
    assert text["to"] == PHONE
    for said in (mail.as_string(), mail.get_content(), str(mail["Subject"]), text["text"]):
        for canary in ("Quennell", "Ottoline", "86.40", "8640", "15.00", "G0438", "L1902", "injection", "B-12"):
            assert canary.casefold() not in said.casefold()
    stop = mail["List-Unsubscribe"].strip(" <>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop in mail.get_content()
    kept = notices(world)["PAST_DUE", "email"]
    words = "\n".join([str(mail["Subject"]), *mail.get_content().splitlines()])
    assert kept.text_digest == hashlib.sha256(words.encode()).digest()
    token = stop.rpartition("/")[2]
    machine = world.machine("notice.stop")
    assert [sending.stop_by(world.units, machine, token) for _ in range(2)] == ["email", "email"]
    assert sending.stop_by(world.units, machine, "0" * 32) is None
    assert sending.stop_by(world.units, machine, "../x") is None
    with world.read("account:view") as uow:
        assert consents.allowed(uow, kept.patient_id) == {"sms"}


def test_without_agreement_a_letter_goes_and_says_what_the_bill_is(world: World):
    statement_id = billed(world)
    world.clock.forward(days=28)
    assert look(world) == 1
    work_off(world)
    found = notices(world)
    assert {(key[1], row.state, row.why) for key, row in found.items()} == {
        ("email", "SUPPRESSED", "no-consent"), ("sms", "SUPPRESSED", "no-consent"), ("letter", "TO_MAIL", None),
    }  # fmt: skip
    assert mails(world) == []
    assert texts(world) == []
    letter = found["PAST_DUE", "letter"]
    with world.read("document:view") as uow:
        paper = documents.fetch(uow, letter.document_id)
        assert uow.get(DocumentRow, letter.document_id).patient_id == bill(world, statement_id).patient_id
    assert b'"owed_cents": 8640' in paper.body
    assert b"9 Larch Lane" in paper.body
    assert letter.text_digest == hashlib.sha256(paper.body).digest()


def test_a_payment_takes_back_what_has_not_gone(world: World):
    statement_id = billed(world, "email")
    world.clock.forward(days=28)
    look(world)
    pay(world, bill(world, statement_id).patient_id)
    work_off(world)
    assert bill(world, statement_id).state == "PAID"
    assert {row.why for row in notices(world).values() if row.state == "WITHDRAWN"} == {"paid"}
    assert mails(world) == []
    assert queue_of(world, statement_id) == []


def test_a_hold_takes_a_letter_back_and_its_end_goes_on_with_the_days_that_were_left(world: World):
    statement_id = billed(world)
    world.clock.forward(days=28)
    look(world)
    work_off(world)
    world.clock.forward(days=5)
    account = bill(world, statement_id).patient_id
    with world.write("patient:change") as uow:
        held = account_holds.hold(uow, account, "DISPUTED")
    clocks.follow(world.units, world.machine("statement.follow"), account)
    stale = notices(world)["PAST_DUE", "letter"]
    with pytest.raises(Refused), world.write("notice:send", world.actor("biller")) as uow:
        papers.mailed(uow, stale.id, stale.version)
    look(world)
    assert notices(world)["PAST_DUE", "letter"].why == "held"
    world.clock.forward(days=100)
    assert look(world) == 0
    with world.write("patient:change") as uow:
        account_holds.end(uow, uow.get(account_holds.AccountHoldRow, held.id), reason="explained")
    assert look(world) == 0
    assert bill(world, statement_id).state == "PAST_DUE"
    assert queue_of(world, statement_id) == ["calls"]
    work_off(world)
    assert notices(world)["PAST_DUE", "letter"].state == "TO_MAIL", "it goes after all"
    mail_out(world)
    world.clock.forward(days=15)
    assert look(world) == 0
    world.clock.forward(days=1)
    assert look(world) == 1
    assert bill(world, statement_id).state == "FINAL_NOTICE"


def test_a_promise_that_is_over_lets_the_clock_go_on(world: World):
    statement_id = billed(world, state="PAST_DUE")
    account = bill(world, statement_id).patient_id
    with world.write("call:make") as uow:
        until = uow.today() + timedelta(days=10)
        account_holds.hold(uow, account, "PROMISED", until=until)
    clocks.follow(world.units, world.machine("statement.follow"), account)
    assert bill(world, statement_id).state == "PROMISED"
    world.clock.forward(days=10)
    look(world)
    assert bill(world, statement_id).state == "PROMISED"
    world.clock.forward(days=1)
    look(world)
    assert bill(world, statement_id).state == "PAST_DUE"


class Broken:
    """A gateway that fails as it is told."""

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.sent = list(faults), 0

    def send(self, **_said: object) -> bytes:
        if self.faults:
            raise self.faults.pop(0)
        self.sent += 1
        return b"d" * 32


def test_a_mail_that_may_have_gone_is_not_repeated_and_one_that_surely_did_not_is(world: World):
    billed(world, "email")
    world.clock.forward(days=28)
    look(world)
    mailer = Broken(MailDelayed("later"))
    with pytest.raises(MailDelayed):
        work_off(world, mailer=mailer)
    assert states(world)["PAST_DUE", "email"] == "PLANNED"
    mailer.faults = [MailUncertain("hung up")]
    work_off(world, mailer=mailer)
    work_off(world, mailer=mailer)
    assert (states(world)["PAST_DUE", "email"], mailer.sent) == ("UNCERTAIN", 0)


def test_a_process_that_dies_while_it_sends_leaves_it_uncertain(world: World):
    billed(world, "email")
    world.clock.forward(days=28)
    look(world)
    row = notices(world)["PAST_DUE", "email"]
    assert sending.intend(world.units, parts(world), world.machine("notice.send"), row.id) is not None
    assert sending.intend(world.units, parts(world), world.machine("notice.send"), row.id) is None
    assert states(world)["PAST_DUE", "email"] == "UNCERTAIN"


def test_where_no_message_arrives_a_letter_goes(world: World):
    billed(world, "email")
    world.clock.forward(days=28)
    look(world)
    work_off(world, mailer=Broken(MailRefused("no such user")))
    work_off(world)
    assert states(world) == {
        ("PAST_DUE", "email"): "FAILED", ("PAST_DUE", "sms"): "SUPPRESSED", ("PAST_DUE", "letter"): "TO_MAIL",
    }  # fmt: skip


def test_nothing_goes_at_night_nor_to_who_took_the_agreement_back_nor_to_the_dead(world: World):
    statement_id = billed(world, "email", "sms")
    world.clock.forward(days=28, hours=13)  # three in the morning on the practice's clock, or near it
    look(world)
    work_off(world)
    assert mails(world) == []
    planned = notices(world)["PAST_DUE", "email"].planned_for
    assert planned > world.clock.now()
    account = bill(world, statement_id).patient_id
    with world.write("patient:change") as uow:
        consents.stop(uow, account, "sms", by="reply")
    world.clock.at = planned
    work_off(world)
    assert (states(world)["PAST_DUE", "email"], notices(world)["PAST_DUE", "sms"].why) == ("SENT", "no-consent")
    with world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, account), state="DECEASED")
    world.clock.forward(days=22)
    look(world)
    assert {row.why for key, row in notices(world).items() if key[0] == "FINAL_NOTICE"} == {"deceased"}


def test_a_practice_keeps_its_own_steps_and_a_letter_is_mailed_once(world: World):
    with world.write("dunning:edit", world.actor("billing-manager")) as uow:
        policies.keep(uow, world.practice_id, replace(Steps(), past_due_days=14, past_due_by=("letter",)), version=0)
    billed(world, "email")
    world.clock.forward(days=14)
    assert look(world) == 1
    work_off(world)
    row = notices(world)["PAST_DUE", "letter"]
    mail_out(world)
    with pytest.raises(Conflict), world.write("notice:send", world.actor("biller")) as uow:
        papers.mailed(uow, row.id, row.version)
    assert states(world) == {("PAST_DUE", "letter"): "SENT"}

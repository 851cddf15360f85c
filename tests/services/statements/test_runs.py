"""A run bills everybody who is ready, once, whatever happens between its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.posting.payments import card_payment_entry
from portal.domain.statements.content import load
from portal.models.documents import DocumentRow
from portal.models.jobs import JobKeyRow, MailRow
from portal.models.queues import QueueItemRow, TransitionRow
from portal.models.statements import StatementRow
from portal.services import documents, ledger
from portal.services.payments.owing import owed_charges
from portal.services.statements import clocks, runs, showing
from tests.databases import World
from tests.make import accounts


@dataclass
class PlainPaper:
    """Paper that writes down what it was asked for; the real one is tried in tests of its own."""

    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def statement(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        self.asked.append(content)
        return b"%PDF-" + load(content).number.encode()


def parts(world: World, paper: PlainPaper | None = None):
    return replace(world.runtime.parts, paper=paper or PlainPaper())


def jobs(world: World) -> list[tuple[str, bytes]]:
    """Every statement job asked for, as name and what it is about; the keys are the same on both engines."""
    with world.units.housekeeping() as session:
        keys = [row.key.split(":") for row in session.query(JobKeyRow).order_by(JobKeyRow.created_at)]
    return [(name, bytes.fromhex(about)) for name, about, *_ in keys if name.startswith("statement.")]


def rows(world: World) -> list[StatementRow]:
    with world.read("statement:view") as uow:
        return uow.entities(uow.select(StatementRow).order_by(StatementRow.created_at))


def work_off(world: World, paper: PlainPaper) -> None:
    """Run every statement job that was asked for, twice each: a worker may die after its work and before saying so."""
    done: set[tuple[str, bytes]] = set()
    while left := [job for job in jobs(world) if job not in done]:
        for name, about in left:
            done.add((name, about))
            for _ in range(2):
                actor = world.machine(name)
                if name == "statement.run":
                    runs.run(world.units, actor)
                elif name == "statement.make":
                    runs.make(world.units, parts(world, paper), actor, about)
                elif name == "statement.paper":
                    runs.print_paper(world.units, parts(world, paper), actor, about)
                elif name == "statement.close":
                    clocks.follow(world.units, actor, about)


def start(world: World) -> None:
    with world.write("statement:run", world.actor("biller")) as uow:
        runs.start(uow, uow.today())


def test_a_run_makes_each_bill_once_and_its_paper_once(world: World):
    patients = {accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")}
    paper = PlainPaper()
    start(world)
    start(world)
    work_off(world, paper)
    made = rows(world)
    assert {row.patient_id for row in made} == patients
    assert len(made) == len(paper.asked) == 2
    assert {row.state for row in made} == {"STATEMENT_1"}
    assert all((row.opening_cents, row.closing_cents) == (0, 8_640) for row in made)
    with world.read("document:view") as uow:
        assert uow.count(uow.select(DocumentRow.id)) == 2
        found = documents.fetch(uow, made[0].document_id)
        assert found.body == b"%PDF-" + made[0].number.encode()
        assert found.name == f"bill-{made[0].number}.pdf"
        moves = uow.rows(uow.select(TransitionRow.to_state).where(TransitionRow.subject_table == "statement"))
        assert sorted(each.to_state for each in moves) == ["READY", "READY", "STATEMENT_1", "STATEMENT_1"]
        assert uow.count(uow.select(QueueItemRow.id).where(QueueItemRow.state == "OPEN")) == 0


def test_a_bill_whose_paper_was_not_made_waits_in_a_queue(world: World):
    patient_id = accounts.owing(world)
    made = runs.make(world.units, parts(world), world.machine("statement.make"), patient_id)
    with world.read("queue:view") as uow:
        [item] = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.state == "OPEN"))
        assert (item.queue, item.subject_id, item.at_risk_cents) == ("statements", made, 8_640)


def test_nobody_is_billed_twice_in_a_cycle_and_the_next_bill_says_what_came_between(world: World):
    patient_id = accounts.owing(world)
    paper = PlainPaper()
    start(world)
    work_off(world, paper)
    with world.write("payment:settle") as uow:
        entry = card_payment_entry(b"p" * 16, patient_id, 2_000, owed_charges(uow, patient_id), accounts.JUNE)
        ledger.post(uow, [entry])
    world.clock.forward(days=27)
    start(world)
    work_off(world, paper)
    assert len(rows(world)) == 1
    world.clock.forward(days=1)
    with world.write("patient:change") as uow:
        teresa = uow.get(accounts.PatientRow, patient_id)
        accounts.visit(uow, teresa, accounts.JUNE + timedelta(days=60), {"E0114": 6_200})
    start(world)
    work_off(world, paper)
    first, second = (load(content) for content in paper.asked)
    assert (second.opening, second.asked, second.paid, second.owed) == (
        first.owed, Money(6_200), Money(2_000), Money(12_840),
    )  # fmt: skip
    codes = {line.code: line for line in second.lines}
    assert codes["G0438"].you_owe == Money(0)
    assert codes["G0438"].you_paid == Money(1_500)
    assert "You paid $5.00 of it." in str(codes["L1902"].why)


def test_why_an_account_gets_no_bill_is_counted(world: World):
    ready = accounts.owing(world)
    accounts.owing(world, first_name_sealed="Gone", state="DECEASED")
    with world.write("patient:change") as uow:
        waits = accounts.patient(uow, first_name_sealed="Wendy")
        cover = accounts.coverage(uow, waits, accounts.payer(uow))
        [splint] = accounts.visit(uow, waits, accounts.JUNE, {"A4570": 3_400}, cover)
        accounts.answer(uow, splint, cover, ("PR", "2", 1_000), ("OA", "50", 400))
    credited = accounts.owing(world, first_name_sealed="Cora")
    with world.write("payment:settle") as uow:
        ledger.post(uow, [card_payment_entry(b"c" * 16, credited, 9_000, [], accounts.JUNE)])
    with world.read("statement:run", world.actor("biller")) as uow:
        page = runs.run_page(uow)
    assert [(one.patient_id, one.name, one.owed, one.oldest, one.last) for one in page.ready] == [
        (ready.hex(), "Teresa Marlowe", Money(8_640), accounts.MAY, None)
    ]
    assert page.count == 1
    assert page.total == Money(8_640)
    assert {str(one.text): one.count for one in page.left_out} == {
        "The payer has not finished": 1,
        "Covered by what we hold of theirs": 1,
        "The account is not active": 1,
    }


def test_a_list_of_yesterday_starts_nothing(world: World):
    accounts.owing(world)
    with world.read("statement:run") as uow:
        shown = uow.today()
    world.clock.forward(days=1)
    with pytest.raises(Refused), world.write("statement:run", world.actor("biller")) as uow:
        runs.start(uow, shown)
    assert jobs(world) == []


def test_a_paid_bill_is_closed_and_an_older_one_with_it(world: World):
    patient_id = accounts.owing(world)
    paper = PlainPaper()
    start(world)
    work_off(world, paper)
    with world.write("payment:settle") as uow:
        ledger.post(
            uow, [card_payment_entry(b"p" * 16, patient_id, 8_640, owed_charges(uow, patient_id), accounts.JUNE)]
        )
    assert clocks.follow(world.units, world.machine("statement.close"), patient_id) == 1
    assert [row.state for row in rows(world)] == ["PAID"]
    assert clocks.follow(world.units, world.machine("statement.close"), patient_id) == 0


def test_the_office_sees_every_bill_with_what_is_open_today(world: World):
    patient_id = accounts.owing(world)
    work_off_paper = PlainPaper()
    start(world)
    work_off(world, work_off_paper)
    with world.write("payment:settle") as uow:
        ledger.post(uow, [card_payment_entry(b"p" * 16, patient_id, 640, owed_charges(uow, patient_id), accounts.JUNE)])
    with world.read("statement:view", world.actor("biller")) as uow:
        page = showing.statements_page(uow, may_run=True)
    [one] = page.statements
    assert (one.patient_name, one.amount, one.open_now) == ("Teresa Marlowe", Money(8_640), Money(8_000))
    assert one.days_left == 21
    assert page.ready == 0


def test_a_patient_with_an_address_is_told_once_and_the_mail_says_neither_sum_nor_service(world: World):
    accounts.owing(world, email_sealed="ada@mail.example")
    accounts.owing(world, first_name_sealed="Tom")
    start(world)
    work_off(world, PlainPaper())
    with world.write("mail:send") as uow:
        mails = uow.entities(uow.select(MailRow))
        assert [(mail.template, mail.practice_id) for mail in mails] == [("statement_ready", world.practice_id)]
        assert uow.read(mails[0], MailRow.recipient_sealed) == "ada@mail.example"
        said = uow.read(mails[0], MailRow.parameters_sealed)
    assert set(said) == {"practice", "url"}
    assert "86.40" not in str(said)

"""A run bills everybody who is ready, once, whatever happens between its steps."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.posting.payments import card_payment_entry
from portal.domain.statements.content import load
from portal.domain.statements.cycle import Cycle
from portal.models.documents import DocumentRow
from portal.models.encounters import EncounterRow
from portal.models.jobs import JobKeyRow, MailRow
from portal.models.patients import PatientRow
from portal.models.people import ConfidentialContactRow
from portal.models.queues import QueueItemRow, TransitionRow
from portal.models.statements import StatementRow
from portal.services import account_holds, documents, ledger, policies
from portal.services.statements import clocks, making, printing, runs, showing
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


def run_of(world: World) -> bytes:
    """The newest run."""
    with world.read("statement:run") as uow:
        return bytes.fromhex(runs.runs_of(uow)[0].run_id)


def work_off(world: World, paper: PlainPaper) -> None:
    """Run every statement job that was asked for, twice each: a worker may die after its work and before saying so."""
    done: set[tuple[str, bytes]] = set()
    while left := [job for job in jobs(world) if job not in done]:
        for name, about in left:
            done.add((name, about))
            for _ in range(2):
                actor = world.machine(name)
                if name == "statement.run":
                    runs.run(world.units, actor, about)
                elif name == "statement.make":
                    making.make(world.units, parts(world, paper), actor, about, run_of(world))
                elif name == "statement.paper":
                    making.print_paper(world.units, parts(world, paper), actor, about)
                elif name == "statement.close":
                    clocks.follow(world.units, actor, about)


def start(world: World) -> None:
    with world.write("statement:run", world.actor("biller")) as uow:
        runs.start(uow, uow.today())


def test_a_run_makes_each_bill_once_and_its_paper_once(world: World):
    patients = {accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")}
    paper = PlainPaper()
    start(world)
    with pytest.raises(Refused, match="running"):
        start(world)
    work_off(world, paper)
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
    made = making.make(world.units, parts(world), world.machine("statement.make"), patient_id)
    with world.read("queue:view") as uow:
        [item] = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.state == "OPEN"))
        assert (item.queue, item.subject_id, item.at_risk_cents) == ("statements", made, 8_640)


def test_nobody_is_billed_twice_in_a_cycle_and_the_next_bill_says_what_came_between(world: World):
    patient_id = accounts.owing(world)
    paper = PlainPaper()
    start(world)
    work_off(world, paper)
    accounts.pay(world, patient_id, 2_000)
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
    accounts.pay(world, patient_id, 8_640)
    assert clocks.follow(world.units, world.machine("statement.close"), patient_id) == 1
    assert [row.state for row in rows(world)] == ["PAID"]
    assert clocks.follow(world.units, world.machine("statement.close"), patient_id) == 0


def test_the_office_sees_every_bill_with_what_is_open_today(world: World):
    patient_id = accounts.owing(world)
    work_off_paper = PlainPaper()
    start(world)
    work_off(world, work_off_paper)
    accounts.pay(world, patient_id, 640)
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


def keep(world: World, **more: Any) -> None:
    with world.write("statement:run") as uow:
        policies.keep(uow, world.practice_id, Cycle(**more), version=policies.version(uow, world.practice_id, Cycle))


def payer_of(*patients: bytes) -> Actor:
    """Somebody signed in who stands for these patients."""
    user = b"u" * 16
    return Actor(user.hex(), user, stands_for=frozenset(patients), session="00" * 8, assurance="aal2", method="totp")


def test_a_family_gets_one_bill_and_each_line_names_whose_it_is(world: World):
    parent, child = accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")
    with world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, child), billed_with_id=parent)
    paper = PlainPaper()
    start(world)
    work_off(world, paper)
    [row] = rows(world)
    [content] = (load(each) for each in paper.asked)
    assert (row.patient_id, row.closing_cents, row.began_cents, content.owed) == (parent, 17_280, 17_280, Money(17_280))
    assert {(line.person, line.patient_id) for line in content.lines} == {
        ("Teresa Marlowe", parent.hex()), ("Tom Marlowe", child.hex()),
    }  # fmt: skip
    for reached, seen in (([parent, child], 1), ([parent], 0), ([child], 0)):
        with world.read("own-statement:view", payer_of(*reached)) as uow:
            assert len(uow.entities(uow.select(StatementRow))) == seen
    accounts.pay(world, child, 8_640)
    clocks.follow(world.units, world.machine("statement.close"), child)
    assert rows(world)[0].state == "STATEMENT_1"
    accounts.pay(world, parent, 8_640, key=b"q" * 16)
    clocks.follow(world.units, world.machine("statement.close"), parent)
    assert rows(world)[0].state == "PAID"


def test_a_new_charge_has_a_clock_of_its_own_and_the_older_one_takes_its_next_step(world: World):
    patient_id = accounts.owing(world)
    paper = PlainPaper()
    start(world)
    work_off(world, paper)
    world.clock.forward(days=28)
    with world.write("patient:change") as uow:
        accounts.visit(uow, uow.get(PatientRow, patient_id), accounts.JUNE + timedelta(days=60), {"E0114": 6_200})
    start(world)
    work_off(world, paper)
    first, second = rows(world)
    assert [(row.state, row.began_cents, row.closing_cents) for row in (first, second)] == [
        ("STATEMENT_2", 8_640, 8_640), ("STATEMENT_1", 6_200, 14_840),
    ]  # fmt: skip
    assert first.step_on == second.step_on == second.made_on


def test_nothing_goes_out_before_somebody_let_it_go_and_what_is_held_stays(world: World):
    keep(world, by_hand=True)
    held, free = accounts.owing(world), accounts.owing(world, first_name_sealed="Tom", email_sealed="tom@mail.example")
    start(world)
    work_off(world, PlainPaper())
    run_id = run_of(world)
    with world.read("statement:run", world.actor("biller")) as uow:
        page = showing.progress_page(uow, run_id)
        assert (page.run.asked, page.run.printed, page.run.waiting, page.released) == (2, 2, 2, 0)
        assert (page.run.over, page.total, len(page.waiting)) == (True, Money(17_280), 2)
        assert printing.waiting(uow).waiting == 0
        assert {item.reason for item in uow.entities(uow.select(QueueItemRow))} == {"to-release"}
    with world.read("own-statement:view", payer_of(free)) as uow:
        assert uow.entities(uow.select(StatementRow)) == []
    with world.write("statement:run") as uow:
        account_holds.hold(uow, held, "DISPUTED")
    by_patient = {row.patient_id: row for row in rows(world)}
    with pytest.raises(Refused), world.write("statement:run", world.actor("biller")) as uow:
        making.release(uow, parts(world), by_patient[held].id)
    assert runs.release_all(world.units, parts(world), world.machine("statement.release"), run_id) == 1
    assert runs.release_all(world.units, parts(world), world.machine("statement.release"), run_id) == 0
    assert {row.patient_id: row.state for row in rows(world)} == {held: "READY", free: "STATEMENT_1"}
    with world.read("mail:send") as uow:
        assert uow.count(uow.select(MailRow.id)) == 1


def test_a_run_that_was_stopped_writes_no_more(world: World):
    accounts.owing(world)
    start(world)
    with world.write("statement:run", world.actor("biller")) as uow:
        runs.stop(uow, run_of(world))
    work_off(world, PlainPaper())
    assert rows(world) == []
    with world.read("statement:run", world.actor("biller")) as uow:
        assert runs.runs_of(uow)[0].over


def test_a_run_cut_off_while_asking_counts_and_bills_everybody_once(world: World):
    for name in ("Ann", "Bob", "Cyd"):
        accounts.owing(world, first_name_sealed=name)
    start(world)
    machine, run_id, paper = world.machine("statement.run"), run_of(world), PlainPaper()
    with world.read("statement:run") as uow:
        first = min(runs.standing(uow).ready)
    making.make(world.units, parts(world), machine, first, run_id)  # the worker died right after this one
    assert runs.run(world.units, machine, run_id) == 3
    work_off(world, paper)
    with world.read("statement:run", world.actor("biller")) as uow:
        [one] = runs.runs_of(uow)
    assert (one.asked, one.made, one.over, len(rows(world))) == (3, 3, True, 3)


def test_every_paper_goes_to_the_printer_once_with_where_it_is_mailed(world: World):
    accounts.owing(world)
    accounts.owing(world, first_name_sealed="Tom")
    start(world)
    work_off(world, PlainPaper())
    with world.write("statement:run", world.actor("biller")) as uow:
        assert printing.waiting(uow).waiting == 2
        name, body = printing.export(uow)
    assert "Marlowe" not in name
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == ["00001.pdf", "00002.pdf", "list.csv"]
        listed = archive.read("list.csv").decode().splitlines()
        paper = archive.read("00001.pdf")
    assert {line.split(",")[3] for line in listed[1:]} == {"Teresa Marlowe", "Tom Marlowe"}
    assert hashlib.sha256(paper).hexdigest() in listed[1]
    with pytest.raises(Refused), world.write("statement:run", world.actor("biller")) as uow:
        printing.export(uow)
    with world.read("statement:run", world.actor("biller")) as uow:
        [batch] = printing.waiting(uow).batches
        assert printing.packed(uow, bytes.fromhex(batch.batch_id)) == (name, body)


def test_small_sums_and_held_accounts_are_left_out_and_counted(world: World):
    accounts.pay(world, accounts.owing(world), 8_300)
    held = accounts.owing(world, first_name_sealed="Tom")
    with world.write("statement:run") as uow:
        account_holds.hold(uow, held, "BANKRUPT")
    with world.read("statement:run", world.actor("biller")) as uow:
        page = runs.run_page(uow)
    assert page.count == 0
    assert {one.count for one in page.left_out} == {1}
    assert {str(one.text)[:9] for one in page.left_out} == {"Too small", "Bankruptc"}
    keep(world, least_cents=100)
    with world.read("statement:run", world.actor("biller")) as uow:
        assert runs.run_page(uow).count == 1


def test_the_days_of_the_week_write_bills_by_themselves_once_a_day(world: World):
    accounts.owing(world)
    machine = world.machine("statement.cycle")
    assert runs.cycle_day(world.units, machine) == 0
    with world.read("statement:run") as uow:
        keep(world, weekdays=(uow.today().weekday(),))
    assert runs.cycle_day(world.units, machine) == 1
    work_off(world, PlainPaper())
    assert runs.cycle_day(world.units, machine) == 0
    assert len(rows(world)) == 1


def test_a_visit_that_stays_with_its_patient_is_on_no_bill_but_at_an_address_of_their_own(world: World):
    parent, child = accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")
    with world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, child), billed_with_id=parent)
        visits = uow.entities(uow.select(EncounterRow).where(EncounterRow.patient_id == child))
        [june] = [each for each in visits if each.service_from == accounts.JUNE]
        uow.change(june, confidential="minor-consented")
    paper = PlainPaper()
    start(world)
    work_off(world, paper)
    content = load(paper.asked[0])
    assert (content.owed, content.sums.you_owe) == (Money(8_640 + 1_500), Money(8_640 + 1_500))
    assert june.id.hex() not in {line.encounter_id for line in content.lines}
    with world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, child), billed_with_id=None)
    accounts.pay(world, child, 1_500)
    world.clock.forward(days=28)
    with world.read("statement:run", world.actor("biller")) as uow:
        assert "Only for visits that stay" in {str(one.text)[:25] for one in runs.run_page(uow).left_out}
    with world.write("patient:change") as uow:
        uow.new(
            ConfidentialContactRow, patient_id=child, state="AGREED", since=uow.today(), until=None,
            address_sealed={"line1": "7 Elm", "line2": "", "city": "Salem", "state": "OR", "postal_code": "97301"},
            asked_at=uow.now,
        )  # fmt: skip
    start(world)
    work_off(world, paper)
    mine = load(paper.asked[-1])
    assert (mine.letter.to_lines[1], mine.owed) == ("7 Elm", Money(7_140))
    assert june.id.hex() in {line.encounter_id for line in mine.lines}

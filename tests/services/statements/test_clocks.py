"""The clocks of bills stop where something holds an account, and go on with the days that were left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.statements.cycle import Cycle
from portal.models.statements import StatementRow
from portal.services import account_holds, ledger, policies
from portal.services.statements import clocks, making
from tests.databases import World
from tests.make import accounts
from tests.services.statements.test_runs import PlainPaper, parts


def billed(world: World, **more: object) -> bytes:
    """A patient with a bill that went out today."""
    patient_id = accounts.owing(world, **more)
    made = making.make(world.units, parts(world), world.machine("statement.make"), patient_id)
    assert made is not None
    making.print_paper(world.units, parts(world, PlainPaper()), world.machine("statement.paper"), made)
    return patient_id


def follow(world: World, patient_id: bytes) -> int:
    return clocks.follow(world.units, world.machine("statement.follow"), patient_id)


def bill(world: World) -> StatementRow:
    with world.read("statement:view") as uow:
        [row] = uow.entities(uow.select(StatementRow))
        return row


def test_a_question_stops_the_clock_and_its_answer_lets_the_days_that_were_left_go_on(world: World):
    patient_id = billed(world)
    world.clock.forward(days=10)
    with world.write("statement:run") as uow:
        held = account_holds.hold(uow, patient_id, "DISPUTED")
    assert follow(world, patient_id) == 1
    assert follow(world, patient_id) == 0
    assert (bill(world).state, bill(world).came_from, bill(world).days_run) == ("DISPUTED", "STATEMENT_1", 10)
    world.clock.forward(days=40)
    with world.write("statement:run") as uow:
        account_holds.hold(uow, patient_id, "BANKRUPT")
        account_holds.end(uow, uow.get(account_holds.AccountHoldRow, held.id), reason="explained")
    assert follow(world, patient_id) == 1
    assert (bill(world).state, bill(world).came_from, bill(world).days_run) == ("BANKRUPT", "STATEMENT_1", 10)
    with world.write("statement:run") as uow:
        for row in uow.entities(uow.select(account_holds.AccountHoldRow)):
            account_holds.end(uow, row, reason="discharged")
        today = uow.today()
    follow(world, patient_id)
    assert (bill(world).state, bill(world).step_on) == ("STATEMENT_1", today - timedelta(days=10))


def test_a_promise_holds_until_its_day_is_over(world: World):
    patient_id = billed(world)
    with world.write("statement:run") as uow:
        account_holds.hold(uow, patient_id, "PROMISED", until=uow.today() + timedelta(days=3))
    states = []
    for _ in range(2):
        follow(world, patient_id)
        states.append(bill(world).state)
        world.clock.forward(days=4)
    assert states == ["PROMISED", "STATEMENT_1"]


@pytest.mark.parametrize("held", [False, True])
def test_what_is_paid_is_over_whatever_holds_it(world: World, held: bool):
    patient_id = billed(world)
    if held:
        with world.write("statement:run") as uow:
            account_holds.hold(uow, patient_id, "DISPUTED")
        follow(world, patient_id)
    accounts.pay(world, patient_id, 8_640)
    assert follow(world, patient_id) == 1
    assert bill(world).state == "PAID"


def test_a_rest_too_small_to_bill_waits_and_is_asked_again_where_the_practice_says_so(world: World):
    patient_id = billed(world)
    accounts.pay(world, patient_id, 8_440)
    follow(world, patient_id)
    assert bill(world).state == "SMALL_BALANCE"
    with world.write("statement:run") as uow:
        policies.keep(uow, world.practice_id, Cycle(least_cents=100), version=0)
    follow(world, patient_id)
    assert bill(world).state == "STATEMENT_1"


def test_what_went_back_to_the_insurance_is_neither_paid_nor_asked(world: World):
    patient_id = billed(world)
    with world.write("payment:settle") as uow:
        entries = uow.rows(
            uow.select(ledger.LedgerLineRow.charge_id, ledger.LedgerLineRow.encounter_id).where(
                ledger.LedgerLineRow.account == "receivable:patient"
            )
        )
        back = [
            ledger.Line(account, sign * 8_640, patient_id=patient_id, encounter_id=entries[0].encounter_id,
                        charge_id=entries[0].charge_id)
            for account, sign in (("receivable:payer", 1), ("receivable:patient", -1))
        ]  # fmt: skip
        entry = ledger.Entry("responsibility", accounts.JUNE, "back", b"d" * 32, tuple(back))
        ledger.post(uow, [entry])
    follow(world, patient_id)
    assert bill(world).state == "INSURANCE_PENDING"


def test_a_bill_of_somebody_billed_with_another_follows_that_account(world: World):
    child = billed(world, first_name_sealed="Tom")
    parent = accounts.owing(world)
    with world.write("patient:change") as uow:
        uow.change(uow.get(accounts.PatientRow, child), billed_with_id=parent)
    with world.write("statement:run") as uow:
        account_holds.hold(uow, parent, "RETURNED_MAIL")
    follow(world, parent)
    assert bill(world).state == "RETURNED_MAIL"

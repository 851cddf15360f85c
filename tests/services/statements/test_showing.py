"""Bills as their patient sees them: each sum that is open stands on one bill only."""

from __future__ import annotations

from datetime import date

from portal.domain.ledger import Entry, Line
from portal.domain.money import Money
from portal.domain.statements.arithmetic import CYCLE_DAYS
from portal.models.patients import PatientRow
from portal.services import ledger
from portal.services.statements import home, making, showing
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import World
from tests.make import accounts

NEW = 12_000


def bill(world: World, patient_id: bytes) -> bytes:
    """One more bill, a cycle after the last."""
    world.clock.forward(days=CYCLE_DAYS)
    made = making.make(world.units, world.runtime.parts, world.machine("statement.make"), patient_id)
    assert made is not None
    return made


def visit(world: World, patient_id: bytes, day: date) -> None:
    """A visit that no plan pays any of."""
    with world.write("patient:change") as uow:
        accounts.visit(uow, uow.get(PatientRow, patient_id), day, {"G0439": NEW})


def standing(world: World, patient_id: bytes) -> list[tuple[bytes, int, bytes | None]]:
    """Bills, newest first: id, cents open, the bill that took its place; their pages and the office's list agree."""
    with world.read("statement:view") as uow:
        items = showing.documents_page(uow, patient_id).statements
        pages = [showing.statement_page(uow, bytes.fromhex(each.statement_id)) for each in items]
        assert [(each.open_now, each.replaced_by) for each in items] == [
            (each.open_now, each.replaced_by) for each in pages
        ]
        assert ledger.owed_by_patient(uow, patient_id) == sum(each.open_now.cents for each in items)
        office = {each.statement_id: each for each in showing.statements_page(uow, may_run=True).statements}
        assert {id_: (each.open_now, each.replaced_by) for id_, each in office.items()} == {
            each.statement_id: (each.open_now, each.replaced_by) for each in items
        }
    return [
        (bytes.fromhex(each.statement_id), each.open_now.cents, bytes.fromhex(each.replaced_by or "") or None)
        for each in items
    ]


def test_what_is_open_on_an_older_bill_stands_on_the_newest_alone(world: World):
    patient_id = accounts.owing(world)
    first = bill(world, patient_id)
    assert standing(world, patient_id) == [(first, 8_640, None)]
    visit(world, patient_id, date(2026, 8, 20))
    second = bill(world, patient_id)
    assert standing(world, patient_id) == [(second, 8_640 + NEW, None), (first, 0, second)]
    third = bill(world, patient_id)
    assert standing(world, patient_id) == [(third, 8_640 + NEW, None), (second, 0, third), (first, 0, third)]
    accounts.pay(world, patient_id, 8_640)  # the oldest services first: the first bill is settled
    assert standing(world, patient_id) == [(third, NEW, None), (second, 0, third), (first, 0, None)]
    accounts.pay(world, patient_id, NEW, key=b"q" * 16)
    assert standing(world, patient_id) == [(third, 0, None), (second, 0, None), (first, 0, None)]


def test_what_comes_open_again_stands_on_the_newest_bill_that_lists_it(world: World):
    patient_id = accounts.owing(world)
    first = bill(world, patient_id)
    accounts.pay(world, patient_id, 8_640)
    for month in (8, 9):
        visit(world, patient_id, date(2026, month, 20))
        newest = bill(world, patient_id)
    with world.read("statement:view") as uow:
        lines = {line.code: line for line in showing.statement_page(uow, first).lines}
        assert "G0438" not in {line.code for line in showing.statement_page(uow, newest).lines}
    with world.write("payment:settle") as uow:
        again(uow, patient_id, bytes.fromhex(lines["G0438"].charge_id))
    told = {id_: (cents, by) for id_, cents, by in standing(world, patient_id)}
    assert told[newest] == (2 * NEW, None)
    assert sorted(cents for cents, _ in told.values()) == [0, 1_500, 2 * NEW]
    with world.read("statement:view") as uow:
        page = home.home_page(uow, patient_id)
    assert page.owed == Money(2 * NEW + 1_500)
    assert (page.due_on, page.overdue) == (None, False), "no day holds for all of it"
    assert "The due day of this bill is 2026-" in str(page.why)


def again(uow: UnitOfWork, patient_id: bytes, charge_id: bytes) -> None:
    """15.00 that were paid for a service are taken back."""
    about = {"patient_id": patient_id, "charge_id": charge_id}
    lines = (Line("receivable:patient", 1_500, **about), Line("cash:card", -1_500, **about))
    ledger.post(uow, [Entry("payment", accounts.JUNE, "again", b"i" * 32, lines)])

"""A statement is what the books say, line by line, and proves itself against them."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.posting.charges import move_responsibility_entry, write_off_entry
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.services import ledger
from portal.services.statements import building
from tests.databases import World
from tests.make import accounts


def build(world: World, patient_id: bytes):
    with world.read("statement:run") as uow:
        return building.build(uow, patient_id, number="4XK2-9QM7", pay_url="https://pay.juniper.example")


def test_every_service_in_one_line_and_all_of_it_the_patients_balance(world: World):
    patient_id = accounts.owing(world)
    made = build(world, patient_id)
    rows = {line.code: line for line in made.lines}
    assert [line.code for line in made.lines] == ["G0438", "L1902", "J3420"]
    wellness = rows["G0438"]
    assert (wellness.charged, wellness.discount, wellness.plan_paid, wellness.you_paid, wellness.you_owe) == (
        Money(18_500), Money(5_700), Money(11_300), Money(0), Money(1_500),
    )  # fmt: skip
    assert str(wellness.why) == "$15.00: the fixed amount your plan asks of you for such a visit (copay)."
    assert "deductible" in str(rows["L1902"].why)
    assert str(rows["J3420"].why) == "Your plan covers this in full."
    assert rows["L1902"].provider == "Amara Okafor"
    assert made.owed == Money(8_640) == made.asked
    assert made.opening == Money(0)
    assert made.ages["31-60"] == 7_140
    assert made.ages["61-90"] == 1_500
    assert made.letter.to_lines == ("Teresa Marlowe", "9 Larch Lane", "Millbrook, OR 97001")
    assert made.letter.practice_lines == ("214 Alder Street", "Millbrook, OR 97001-0214")
    with world.read("statement:run") as uow:
        assert ledger.owed_by_patient(uow, patient_id) == made.owed.cents


def test_the_guarantor_is_written_to_and_the_visit_named_is_the_patients(world: World):
    guarantor = {"name": "Rosa Marlowe", "address": {"line1": "1 Elm", "city": "Salem", "state": "OR",
                                                     "postal_code": "973010001"}}  # fmt: skip
    made = build(world, accounts.owing(world, guarantor_sealed=guarantor))
    assert made.letter.to_lines == ("Rosa Marlowe", "1 Elm", "Salem, OR 97301-0001")
    assert made.letter.patient_name == "Teresa Marlowe"


def test_what_waits_what_was_forgiven_and_what_no_plan_was_asked_for_are_told_apart(world: World):
    with world.write("patient:change") as uow:
        teresa = accounts.patient(uow)
        cover = accounts.coverage(uow, teresa, accounts.payer(uow))
        splint, _ = accounts.visit(uow, teresa, accounts.JUNE, {"A4570": 3_400, "A4550": 2_850}, cover)
        accounts.answer(uow, splint, cover, ("PR", "2", 1_000), ("OA", "50", 400))
        forgiven = write_off_entry(
            accounts.booked(splint, cover), 300, "hardship", "w1", accounts.JUNE, patient=True
        )  # fmt: skip
        ledger.post(uow, [forgiven])
        accounts.visit(uow, teresa, accounts.MAY, {"E0114": 6_200})
    made = {line.code: line for line in build(world, teresa.id).lines}
    assert made["A4570"].taken_off == Money(300)
    assert made["A4570"].with_plan == Money(400)
    assert made["A4570"].you_owe == Money(700)
    assert "Your plan still decides about $4.00." in str(made["A4570"].why)
    assert made["A4550"].you_owe == Money(0)
    assert "has not finished" in str(made["A4550"].why)
    assert str(made["E0114"].why) == "$62.00: no plan was billed for this."


def test_responsibility_moved_to_the_patient_says_so(world: World):
    with world.write("patient:change") as uow:
        teresa = accounts.patient(uow)
        cover = accounts.coverage(uow, teresa, accounts.payer(uow))
        [splint] = accounts.visit(uow, teresa, accounts.JUNE, {"A4570": 3_400}, cover)
        accounts.answer(uow, splint, cover, ("OA", "50", 400))
        moved = move_responsibility_entry(
            accounts.booked(splint, cover), 400, "not-covered", "m1", accounts.JUNE, to_patient=True
        )
        ledger.post(uow, [moved])
    [line] = build(world, teresa.id).lines
    assert str(line.why) == "$4.00: moved to you after your plan answered."


def test_books_that_disagree_make_no_bill(world: World):
    """A line of the patient's without a service would be owed and stand on no line of the bill."""
    patient_id = accounts.owing(world)
    with world.runtime.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("select set_config('candor.practices', 'all', true)")
        entry = connection.exec_driver_sql("select entry_id, practice_id from ledger_line limit 1").one()
        connection.execute(
            LedgerLineRow.__table__.insert().values(
                id=b"x" * 16, practice_id=entry.practice_id, entry_id=entry.entry_id, account="receivable:patient",
                patient_id=patient_id, amount_cents=1,
            )
        )  # fmt: skip
    with pytest.raises(Refused) as refused:
        build(world, patient_id)
    assert refused.value.code == "statement-unproved"


def test_nobody_elses_money_is_on_it(world: World):
    first, second = accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")
    assert build(world, first).owed == build(world, second).owed == Money(8_640)
    with world.read("statement:run") as uow:
        assert uow.count(uow.select(PatientRow.id)) == 2

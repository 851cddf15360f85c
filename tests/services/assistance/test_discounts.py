"""Discounts by rule: for paying a bill at once, for visits without coverage; never on what a plan asks of members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.domain.assistance.policy import Discounts
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.statements.content import dump
from portal.models.assistance import DiscountRow
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.statements import StatementRow
from portal.services import ledger, policies
from portal.services.assistance import discounts
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import START, World
from tests.make import accounts, statements

DAY = START.date()


def rules(world: World, **more: Any) -> None:
    with world.write("policy:edit", world.actor("billing-manager")) as uow:
        known = policies.version(uow, world.practice_id, Discounts)
        policies.keep(uow, world.practice_id, replace(Discounts(), **more), version=known)


def uninsured(world: World) -> tuple[bytes, bytes]:
    """Somebody without coverage who owes 100.00 for two services; their id and the visit's."""
    with world.write("patient:change") as uow:
        of = accounts.patient(uow)
        first, _ = accounts.visit(uow, of, DAY, {"G0438": 7_001, "J1885": 2_999})
        return of.id, first.encounter_id


def owed(world: World, patient_id: bytes) -> int:
    with world.read("account:view") as uow:
        return ledger.owed_by_patient(uow, patient_id)


def kept(uow: UnitOfWork) -> list[tuple[str, int, str]]:
    row = DiscountRow
    return [(each.kind, each.cents, each.reason) for each in uow.rows(uow.select(row.kind, row.cents, row.reason))]


def billed(world: World, patient_id: bytes) -> bytes:
    """A bill of all that somebody owes."""
    with world.write("statement:run") as uow:
        where = (LedgerLineRow.patient_id == patient_id, LedgerLineRow.account == accounts.OWED)
        lines = tuple(
            statements.line(charge_id=row.charge_id.hex(), charged=Money(int(row.cents)), you_owe=Money(int(row.cents)))
            for row in uow.rows(ledger.sums(uow, LedgerLineRow.charge_id, where=where))
        )
        content = statements.content(lines=lines, made_on=DAY)
        row = uow.new(
            StatementRow, patient_id=patient_id, number="4XK2-9QM7", run_key="x", state="STATEMENT_1", opening_cents=0,
            closing_cents=content.owed.cents, made_on=DAY, due_on=DAY, content_sealed=dump(content), created_at=uow.now,
        )  # fmt: skip
        uow.flush()
        return row.id


def test_a_visit_without_coverage_is_discounted_once_by_hand(world: World):
    biller = world.actor("biller")
    patient, visit = uninsured(world)
    with pytest.raises(Refused) as none, world.write("discount:give", biller) as uow:
        discounts.give(uow, visit, "no-coverage")
    assert none.value.code == "no-rule"
    rules(world, self_percent=30)
    with pytest.raises(Refused) as why, world.write("discount:give", biller) as uow:
        discounts.give(uow, visit, "because")
    assert why.value.code == "reason"
    for cents in (3_000, 0):
        with world.write("discount:give", biller) as uow:
            assert discounts.give(uow, visit, "no-coverage", "Asked at the desk") == cents
    assert owed(world, patient) == 7_000
    with world.read("account:view", biller) as uow:
        assert kept(uow) == [("self-pay", 3_000, "no-coverage")]


def test_what_a_plan_asks_of_its_member_is_never_discounted(world: World):
    rules(world, self_percent=30, prompt_percent=10, self_since=DAY.isoformat())
    teresa = accounts.owing(world)
    with world.read("account:view") as uow:
        visit = uow.row(uow.select(EncounterRow.id).where(EncounterRow.patient_id == teresa))
        assert visit is not None
    with pytest.raises(Refused) as insured, world.write("discount:give", world.actor("biller")) as uow:
        discounts.give(uow, visit.id, "no-coverage")
    assert insured.value.code == "insured"
    discounts.night(world.units, world.machine())
    assert owed(world, teresa) == 8_640


def test_by_rule_from_a_day_on_and_taken_back_when_a_coverage_turns_up(world: World):
    patient, visit = uninsured(world)
    rules(world, self_percent=30, self_since=DAY.isoformat())
    for _ in range(2):
        discounts.night(world.units, world.machine())
    assert owed(world, patient) == 7_000
    with world.write("patient:change") as uow:
        payer = accounts.payer(uow)
        line = uow.first(uow.select(LedgerLineRow).where(LedgerLineRow.encounter_id == visit))
        assert line is not None
        charge = accounts.Charge(line.charge_id, patient, visit, 7_001, payer.id)
        moved = accounts.charge_entry(charge, DAY, version=9)
        assert moved is not None
        ledger.post(uow, [moved])
    for _ in range(2):
        discounts.night(world.units, world.machine())
    assert owed(world, patient) == 10_000


def test_a_bill_paid_at_once_costs_less_and_one_paid_late_does_not(world: World):
    patient, _ = uninsured(world)
    rules(world, prompt_percent=10, prompt_days=20)
    id_ = billed(world, patient)
    with world.read("statement:view", world.actor("biller")) as uow:
        found = discounts.offer(uow, id_)
        assert found is not None
        assert (found.saved.cents, found.to_pay.cents, found.until) == (1_000, 9_000, DAY.replace(day=23))
    assert discounts.settle(world.units, world.machine(), patient) == 0, "nothing is paid yet"
    accounts.pay(world, patient, 8_999)
    assert discounts.settle(world.units, world.machine(), patient) == 0, "a cent too little"
    accounts.pay(world, patient, 1, key=b"q" * 16)
    assert [discounts.settle(world.units, world.machine(), patient) for _ in range(2)] == [1, 0]
    assert owed(world, patient) == 0
    with world.read("statement:view", world.actor("biller")) as uow:
        assert discounts.offer(uow, id_) is None
        assert kept(uow) == [("prompt-pay", 1_000, "by-rule")]

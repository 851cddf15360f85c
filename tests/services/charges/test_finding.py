"""Late charges and charges that look like others: found at entry, answered, kept, and always audited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.encounters import EncounterFacts
from portal.domain.errors import Conflict, Refused
from portal.domain.sampling import CHARGES
from portal.models.encounters import ChargeFindingRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.services import ledger
from portal.services.charges import auditing, entering
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import bills, sampling
from tests.make import visits as make
from tests.services.charges.test_charges import balances, enter, shown, typed


def found(world: World) -> list[tuple[str, int, str]]:
    with world.read("account:view") as uow:
        row = ChargeFindingRow
        return [tuple(each) for each in uow.rows(uow.select(row.kind, row.days, row.reason).order_by(row.kind))]


def test_late_charges_are_told_with_the_lag_and_kept_with_the_reason(world: World):
    id_ = bills.registered(world, service_from="2026-07-20")
    bills.verified(world, id_)
    make.released(world, id_)
    page = shown(world, id_)
    assert page.late is not None
    assert (page.late.days, page.late.after_days) == (14, 3)
    with pytest.raises(Refused, match="late"):
        enter(world, id_, typed(page, late_reason="mood"))
    enter(world, id_, typed(page, late_reason="practice-late"))
    assert found(world) == [("late", 14, "practice-late")]
    with world.read("charge:audit", world.actor("qa-auditor")) as uow:
        (told,) = auditing.show(uow, id_).found
    assert (told.kind, told.days, str(told.reason)) == ("late", 14, "The practice handed it in late")
    with world.write("charge:audit", world.actor("qa-auditor")) as uow:
        auditing.send_back(uow, id_, auditing.show(uow, id_).version, {"place": 1}, "")
    assert shown(world, id_).late is None, "what was entered once is corrected, not late"


def test_a_charge_that_looks_like_another_needs_an_answer_and_is_always_audited(world: World):
    sampling.rule(world, CHARGES, kind="value", percent="1", value="900000")
    first, second = bills.registered(world), bills.registered(world, number="JR-4472")
    for id_ in (first, second):
        bills.verified(world, id_)
        make.released(world, id_)
    page = shown(world, second)
    (twin,) = page.twins
    assert (twin.code, twin.number, str(twin.state)) == ("G0438", first.hex()[:8].upper(), "Codes released")
    assert page.late is None
    with pytest.raises(Refused, match="duplicate"):
        enter(world, second, typed(page))
    assert balances(world) == {}
    enter(world, second, typed(page, twice_reason="repeated"))
    assert found(world) == [("duplicate", 0, "repeated")]
    with world.read("charge:audit", world.actor("qa-auditor")) as uow:
        page = auditing.show(uow, second)
    assert str(page.chosen) == "A charge may stand twice: this is always checked."
    assert {str(check.title): check.tone for check in page.checks}["Charged twice"] == "stop"


def test_another_modifier_or_clinician_makes_another_charge(world: World):
    first = bills.registered(world)
    again = bills.registered(world, replace(bills.LINE, modifiers="59"), number="JR-4472")
    for id_ in (first, again):
        bills.verified(world, id_)
        make.released(world, id_)
    assert shown(world, again).twins == ()
    inside = bills.registered(world, replace(bills.LINE, code="J1885"), replace(bills.LINE, code="J1885"), number="8")
    bills.verified(world, inside)
    make.released(world, inside)
    (twin,) = shown(world, inside).twins
    assert (twin.position, twin.number, twin.state) == (2, "", None)


def test_a_service_that_no_coder_released_is_always_audited_and_said_as_such(world: World):
    sampling.rule(world, CHARGES, kind="value", percent="1", value="900000")
    id_ = bills.registered(world)
    bills.verified(world, id_)
    make.released(world, id_)
    page = shown(world, id_)
    enter(world, id_, typed(page, lines=(*typed(page).lines[:-1], TypedLine("", "G0444", "", "A", "1", "20"))))
    with world.read("charge:audit", world.actor("qa-auditor")) as uow:
        audited = auditing.show(uow, id_)
    assert (str(audited.chosen), audited.unreleased, audited.found) == (
        "A service was added at charge entry that no coder released: this is always checked.", (2,), (),
    )  # fmt: skip
    # taken out again, nothing of it is said; what was once sent back is audited for that
    with world.write("charge:audit", world.actor("qa-auditor")) as uow:
        auditing.send_back(uow, id_, audited.version, {"units": 1}, "")
    assert shown(world, id_).unreleased == (2,)
    world.clock.forward(minutes=1)
    first, second, _ = typed(shown(world, id_)).lines
    enter(world, id_, typed(shown(world, id_), lines=(first, replace(second, out=True))))
    with world.read("charge:audit", world.actor("qa-auditor")) as uow:
        assert auditing.show(uow, id_).unreleased == ()


def test_what_a_coder_released_since_is_released(world: World):
    id_ = bills.registered(world)
    bills.verified(world, id_)
    make.released(world, id_)
    page = shown(world, id_)
    enter(world, id_, typed(page, lines=(*typed(page).lines[:-1], TypedLine("", "G0444", "", "A", "1", "20"))))
    make.audited(world, id_)
    world.clock.forward(minutes=1)
    with world.write("claim:edit", world.machine()) as uow:
        uow.move(uow.get(EncounterRow, id_), "PROPOSED", EncounterFacts(None), reason="procedure-wrong")
    make.released(world, id_)
    assert [(line.code, position) for position, line in enumerate(shown(world, id_).lines, 1)] == [
        ("G0438", 1), ("G0444", 2),
    ]  # fmt: skip
    assert shown(world, id_).unreleased == ()


def test_a_visit_that_came_in_twice_is_set_aside_and_the_books_are_undone(world: World):
    id_ = bills.registered(world)
    bills.verified(world, id_)
    make.entered(world, id_)
    with world.write("charge:audit", world.actor("qa-auditor")) as uow:
        auditing.send_back(uow, id_, auditing.show(uow, id_).version, {"charge-duplicate": 1}, "")
    clerk = world.actor("charge-clerk")
    version = make.version_of(world, id_)
    with pytest.raises(Refused, match="reason"), world.write("charge:enter", clerk) as uow:
        entering.set_aside(uow, id_, version, "", "")
    with world.write("charge:enter", clerk) as uow:
        entering.set_aside(uow, id_, version, "twice", "")
    with pytest.raises(Refused, match="settled"), world.write("charge:enter", clerk) as uow:
        entering.set_aside(uow, id_, version, "twice", "")
    assert balances(world) == {}
    with world.read("account:view") as uow:
        assert len(uow.rows(ledger.sums(uow, LedgerLineRow.account))) == 2, "undone by entries, not by leaving out"
        assert (uow.get(EncounterRow, id_).state, uow.get(EncounterRow, id_).charge_cents) == ("SET_ASIDE", 0)


def test_a_stale_page_sets_nothing_aside(world: World):
    id_ = bills.registered(world)
    bills.verified(world, id_)
    make.released(world, id_)
    with pytest.raises(Conflict), world.write("charge:enter", world.actor("charge-clerk")) as uow:
        entering.set_aside(uow, id_, 1, "twice", "")

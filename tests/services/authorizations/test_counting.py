"""Claims take of approvals once each, one after the other, and never more than is left."""

from __future__ import annotations

from datetime import date

import pytest

from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.services.claims import drafting
from portal.services.claims.building import as_domains
from portal.services.granted import counting
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import claims as make
from tests.services.authorizations.desk import NEEDS, OTHER, Desk, opened


@pytest.fixture
def desk(world: World) -> Desk:
    found = opened(world)
    found.rule()
    return found


def second(desk: Desk, patient_id: bytes, day: date) -> bytes:
    """Another cleared visit of the same patient, and its claim."""
    with desk.world.write("claim:edit") as uow:
        visit = make.visit(uow, person=uow.get(PatientRow, patient_id), day=day, lines=((NEEDS, 10_000),))
        found = drafting.draft_for(uow, visit.encounter_id).claim_id
        assert found is not None
        return found


def test_the_last_unit_goes_to_one_of_two_claims_sent_together(desk: Desk):
    visit = desk.visit()
    late = {"first": "2026-08-01", "retroactive": "overlooked"}
    id_ = desk.granted(visit, services=(TypedLine("", NEEDS, units="1"),), **late)
    one, other = desk.claim(visit), second(desk, visit.patient_id, date(2026, 8, 1))
    assert {desk.state_of_claim(each)[0] for each in (one, other)} == {"READY"}
    done = desk.send()
    assert (done.claims, done.returned) == (1, 1)
    assert sorted(desk.state_of_claim(each) for each in (one, other)) == [
        ("DRAFT", ["authorization-missing"]), ("SUBMITTED", [])
    ]  # fmt: skip
    assert (desk.row(id_).state, desk.left(id_)) == ("EXHAUSTED", [0])
    billed = next(each for each in (one, other) if desk.state_of_claim(each)[0] == "SUBMITTED")
    with desk.world.write("claim:submit") as uow:
        counting.give_back(uow, [billed])
    assert (desk.row(id_).state, desk.left(id_), desk.items(id_)) == ("APPROVED", [1], [])


def test_what_was_taken_meanwhile_is_not_taken_twice(desk: Desk):
    visit = desk.visit()
    id_ = desk.granted(visit, services=(TypedLine("", NEEDS, units="1"),))
    one, other = desk.claim(visit), second(desk, visit.patient_id, date(2026, 8, 3))
    with desk.world.read("claim:submit") as uow:
        rows = {each: uow.get(ClaimRow, each) for each in (one, other)}
        built = {each: as_domains(uow, [row])[each] for each, row in rows.items()}
    assert {claim.authorization for claim in built.values()} == {desk.page(id_).number}
    for each, gone in ((one, set()), (one, set()), (other, {other})):
        with desk.world.write("claim:submit") as uow:
            assert counting.count(uow, [(uow.get(ClaimRow, each), built[each])]) == gone
    assert desk.left(id_) == [0]


def test_a_number_that_came_with_the_visit_goes_and_is_warned_of(desk: Desk):
    visit = desk.visit()
    with desk.world.write("claim:edit") as uow:
        row = uow.get(EncounterRow, visit.encounter_id)
        uow.change(row, proposal_sealed={"diagnoses": ["I10"], "lines": [], "authorization": "OLD-1"})
    claim = desk.claim(visit)
    assert desk.state_of_claim(claim) == ("READY", ["authorization-unrecorded"])
    desk.send()
    assert desk.sent_numbers() == ["OLD-1"]


def test_a_number_that_came_with_a_line_goes_with_it_unless_one_of_ours_covers_the_line(desk: Desk):
    visit = desk.visit(lines=((NEEDS, 10_000), ("A4550", 4_000)))
    lines = [{"position": at, "code": code, "authorization": "OLD-2"} for at, code in ((1, NEEDS), (2, "G9999"))]
    with desk.world.write("claim:edit") as uow:
        row = uow.get(EncounterRow, visit.encounter_id)
        uow.change(row, proposal_sealed={"diagnoses": ["I10"], "lines": lines, "authorization": "OLD-1"})
    claim = desk.claim(visit)
    assert desk.state_of_claim(claim) == ("READY", ["authorization-unrecorded"])
    desk.send()
    assert desk.sent_numbers() == ["OLD-1", "OLD-2"], "and none with a service that was not proposed with it"
    ours = desk.visit(last="Birch")
    id_ = desk.granted(ours, first="2026-08-01", retroactive="overlooked")
    number = desk.page(id_).number
    with desk.world.write("claim:edit") as uow:
        row = uow.get(EncounterRow, ours.encounter_id)
        uow.change(row, proposal_sealed={"diagnoses": ["I10"], "lines": lines[:1]})
    with desk.world.read("claim:submit") as uow:
        built = as_domains(uow, [uow.get(ClaimRow, claim_id := desk.claim(ours))])[claim_id]
    assert (built.authorization, built.lines[0].authorization) == (number, "")


def test_days_outside_another_payer_and_an_exception_are_told_apart(desk: Desk):
    visit = desk.visit(day=date(2026, 7, 20))
    desk.granted(visit)
    claim = desk.claim(visit)
    assert desk.state_of_claim(claim) == ("DRAFT", ["authorization-missing"])
    elsewhere = desk.visit(last="Birch", payer_code="LKM04")
    assert desk.state_of_claim(desk.claim(elsewhere)) == ("DRAFT", ["authorization-missing"])
    desk.rule(needed=False, place="11")
    desk.claim(elsewhere)
    assert desk.state_of_claim(desk.claim(elsewhere)) == ("READY", [])


def test_a_claim_has_again_what_it_had_before_a_moment(desk: Desk):
    visit = desk.visit()
    id_ = desk.granted(visit)
    claim = desk.claim(visit)
    desk.send()
    assert desk.left(id_) == [1]
    desk.world.clock.forward(hours=1)
    with desk.world.write("claim:submit") as uow:
        moment = uow.now
        counting.give_back(uow, [claim])
    assert desk.left(id_) == [2], "as when a replacement with other services goes"
    for _ in range(2):
        with desk.world.write("claim:edit") as uow:
            counting.restore(uow, uow.get(ClaimRow, claim), moment)
        assert (desk.left(id_), desk.row(id_).state) == ([1], "IN_USE")


def test_lines_that_two_approvals_cover_go_on_one_claim_each_with_its_number(desk: Desk):
    desk.rule(OTHER)
    visit = desk.visit(lines=((NEEDS, 10_000), (OTHER, 5_000), ("A4550", 4_000)))
    late = {"first": "2026-08-01", "retroactive": "overlooked"}
    first = desk.granted(visit, services=(TypedLine("", NEEDS, units="2"),), **late)
    assert desk.state_of_claim(desk.claim(visit)) == ("DRAFT", ["authorization-missing"])
    second_ = desk.granted(visit, services=(TypedLine("", OTHER, units="1"),), **late)
    claim, numbers = desk.claim(visit), [desk.page(each).number for each in (first, second_)]
    assert desk.state_of_claim(claim) == ("READY", [])
    with desk.world.read("claim:submit") as uow:
        built = as_domains(uow, [uow.get(ClaimRow, claim)])[claim]
    on_lines = [line.authorization for line in built.lines]
    assert sorted({built.authorization, *filter(None, on_lines)}) == sorted(numbers)
    assert on_lines.count("") == 2, "a line says only what differs from its claim"
    assert desk.send().claims == 1
    assert sorted(desk.sent_numbers()) == sorted(numbers)
    assert (desk.left(first), desk.left(second_)) == ([1], [0])
    with desk.world.write("claim:void") as uow:
        row = uow.get(ClaimRow, claim)
        uow.change(row, frequency="8")
        void = as_domains(uow, [row])[claim]
    assert (void.authorization, [line.authorization for line in void.lines]) == (built.authorization, on_lines)
    with desk.world.write("claim:submit") as uow:
        counting.give_back(uow, [claim])
    assert (desk.left(first), desk.left(second_)) == ([2], [1])

from __future__ import annotations

import re
from datetime import date

import pytest

from portal.domain.errors import NotFound
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services.claims import drafting
from portal.services.claims.building import new_control
from tests.databases import World
from tests.make import claims as make


def test_a_cleared_visit_becomes_one_claim_however_often_it_is_asked(world: World):
    with world.write("claim:edit") as uow:
        visit = make.visit(uow)
        first = drafting.draft_for(uow, visit.encounter_id)
    assert first.made
    assert first.state == "READY"
    for _ in range(2):
        with world.write("claim:edit") as uow:
            again = drafting.draft_for(uow, visit.encounter_id)
            assert (again.claim_id, again.made) == (first.claim_id, False)
    with world.read("claim:view") as uow:
        (row,) = uow.entities(uow.select(ClaimRow))
        assert (row.charge_cents, row.service_from, row.frequency, row.versions) == (15_000, make.DAY, "1", 0)
        assert row.filing_due == date(2027, 1, 16)


@pytest.mark.parametrize(("covered", "state"), [(False, "CLEARED"), (True, "QA"), (True, "PROPOSED")])
def test_no_claim_without_coverage_or_clearing(world: World, covered: bool, state: str):
    with world.write("claim:edit") as uow:
        visit = make.visit(uow, covered=covered, state=state)
        assert drafting.draft_for(uow, visit.encounter_id).claim_id is None
        assert uow.count(uow.select(ClaimRow.id)) == 0


def test_a_draft_takes_over_what_was_corrected(world: World):
    with world.write("claim:edit") as uow:
        visit = make.visit(uow, cover={"member_id_sealed": "W1", "relationship": ""})
        assert drafting.draft_for(uow, visit.encounter_id).state == "DRAFT"
    with world.write("claim:edit") as uow:
        uow.change(uow.get(EncounterRow, visit.encounter_id), charge_cents=14_000)
        drafting.draft_for(uow, visit.encounter_id)
        row = uow.first(uow.select(ClaimRow))
        assert row is not None
        assert row.charge_cents == 14_000
        assert "sum" in {each["code"] for each in row.edits}


def test_a_limit_that_nobody_knows_is_assumed_and_stops_nothing(world: World):
    with world.write("claim:edit") as uow:
        make.payer(uow, filing_limit_days=0)
        claim = make.claim(uow, day=date(2024, 1, 8))
        assert (claim.filing_due, claim.state) == (date(2024, 4, 7), "READY")
        assert [each["code"] for each in claim.edits] == ["filing-assumed", "filing-assumed"]


def test_a_visit_out_of_reach_is_not_found(world: World):
    with pytest.raises(NotFound), world.write("claim:edit") as uow:
        drafting.draft_for(uow, bytes(16))


def test_claim_numbers_travel_and_differ():
    numbers = {new_control() for _ in range(500)}
    assert len(numbers) == 500
    assert all(re.fullmatch(r"C[0-9A-HJKMNP-TV-Z]{15}", number) for number in numbers)

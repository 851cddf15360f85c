"""Facilities of a practice: kept with their days and places, and named by claims that can only come from there."""

from __future__ import annotations

import pytest

from portal.domain.claims import Address, Facility
from portal.domain.errors import Refused
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services import facilities
from portal.services.claims.building import as_domain
from tests.databases import World
from tests.make import claims as make

GIVEN = {
    "name": "Cedar Hospital", "npi": "1245319599", "line1": "1 Cedar Way", "city": "Salem", "state": "or",
    "postal_code": "97301-0012", "places": "21, 22 21", "valid_from": "2026-01-01",
}  # fmt: skip
CEDAR = Facility("Cedar Hospital", "1245319599", Address("1 Cedar Way", "Salem", "OR", "973010012"))


def keep(world: World, **more: str) -> bytes:
    with world.write("practice:edit") as uow:
        return facilities.keep(uow, world.practice_id, GIVEN | more)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("name", " -"), ("npi", "1245319590"), ("line1", ""), ("city", "S"), ("state", "Oregon"),
        ("postal_code", "97301"), ("places", ""), ("places", "2"), ("valid_from", "soon"), ("valid_to", "2025-12-31"),
    ],
)  # fmt: skip
def test_what_was_typed_wrong_is_named(code: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        facilities.read(GIVEN | {code: value})
    assert refused.value.code == code


def test_a_claim_names_the_one_facility_of_its_place_and_day(world: World) -> None:
    with world.write("claim:edit") as uow:
        row = make.claim(uow)
        visit = uow.get(EncounterRow, row.encounter_id)
        id_, visit_id, before = row.id, visit.id, dict(uow.read(visit, EncounterRow.proposal_sealed))
        uow.change(visit, place="21")

    def named() -> Facility | None:
        with world.read("claim:view") as uow:
            return as_domain(uow, uow.get(ClaimRow, id_)).facility

    assert named() is None
    first = keep(world)
    assert keep(world) == first, "the same again changes nothing"
    assert named() == CEDAR
    keep(world, npi="1003000126", name="Old Cedar", valid_to="2026-06-30")
    assert named() == CEDAR, "the other had ended on the day of the visit"
    keep(world, npi="1234567893", name="Fern Hospital")
    assert named() is None, "it may have been either"
    own = {"place": ["Alder Hospital", "1003000126", None], "referring": None, "supervising": None, "exception": "",
           "told": None}  # fmt: skip
    with world.write("claim:edit") as uow:
        uow.change(uow.get(EncounterRow, visit_id), proposal_sealed={**before, "beside": own})
    assert named() == Facility("Alder Hospital", "1003000126")

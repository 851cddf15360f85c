"""Claims out to a clearinghouse and back over real folders: what it decides is where they stand."""

from __future__ import annotations

import pytest

from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.outcomes import REJECTIONS
from portal.services.files import collecting
from tests.databases import World
from tests.services.claims.office import Office

PAYERS = ("FEC01", "CSM02", "CBH03", "LKM04", "TWH05")


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


def test_every_claim_stands_where_its_answers_put_it(office: Office):
    ids = [
        office.claim(last=f"Person{n}", payer_code=PAYERS[n % 5], cover={"member_id_sealed": f"W{n:08d}"})
        for n in range(30)
    ]
    assert office.send().claims == 30
    back = office.out.parent / "in"
    back.mkdir()
    house = Clearinghouse(office.out, back, clock=office.world.clock)
    house.collect()
    taken = collecting.collect(office.world.units, office.world.runtime.parts, office.biller)
    assert {one.kind for one in taken} == {"TA1", "999", "277CA"}
    assert [one.findings for one in taken] == [0] * len(taken)
    assert all(one.applied == one.items for one in taken)
    fates = {outcome.control: outcome for outcome in house.outcomes}
    rows = [office.row(id_) for id_ in ids]
    assert {row.control for row in rows} == set(fates)
    for row in rows:
        rejected = fates[row.control].case in REJECTIONS
        assert row.state == ("REJECTED" if rejected else "ACCEPTED"), fates[row.control].case
        assert [queue for queue, _ in office.items(row.id)] == (["rejected-claims"] if rejected else [])
    assert {row.state for row in rows} == {"ACCEPTED", "REJECTED"}

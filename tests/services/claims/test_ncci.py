"""What is loaded of NCCI stops a claim when it is drafted, and lets it go with the modifier."""

from __future__ import annotations

import io
from datetime import date

from portal.services import ncci
from tests.feeds.test_ncci import HEAD, UNITS
from tests.services.claims.office import Office


def load(office: Office, pairs: str = "", units: str = "") -> None:
    with office.world.write("code:load") as uow:
        if pairs:
            staged = ncci.stage_pairs(io.BytesIO((HEAD + pairs).encode()))
            ncci.load_pairs(uow, staged, "ccipra.txt", date(2026, 1, 1))
        if units:
            ncci.load_limits(uow, io.BytesIO((UNITS + units).encode()), "mue.csv", date(2026, 1, 1))


def found(office: Office, claim: bytes) -> list[tuple[str, str, int]]:
    return [(each["code"], each["severity"], each["line"]) for each in office.row(claim).edits]


def test_a_pair_stops_the_claim(office: Office):
    load(office, "G0438\tJ1885\t\t20200101\t*\t1\tx\nG0438\tA4550\t\t20200101\t*\t0\tx\n")
    claim = office.claim()
    assert found(office, claim) == [("ncci-ptp", "block", 2)]
    assert office.state(claim) == "DRAFT"
    assert office.items(claim) == [("claims", "ncci-ptp")]


def test_too_many_units_stop_the_claim_or_warn(office: Office):
    load(office, units="G0438,0,2,Policy\nJ1885,0,3,Clinical\n")
    assert found(office, office.claim()) == [("mue", "block", 1), ("mue-review", "warn", 2)]


def test_an_edit_of_another_quarter_lets_it_go(office: Office):
    load(office, "G0438\tJ1885\t\t20200101\t20211231\t0\tx\n", "G0439,0,2,x\n")
    assert found(office, office.claim()) == []

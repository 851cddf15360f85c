"""What is loaded, as the two managers see it; and codes looked for while typing."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest

from portal.app import create_app
from portal.sandbox.codes import hcpcs_file, icd10cm_file
from portal.services import codes, coverage_policies, fees, ncci
from tests.databases import World
from tests.feeds.test_ncci import HEAD
from tests.make import claims
from tests.services.claims.office import Office
from tests.web.staff.test_visits import at_work, form_of, place


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def load(world: World) -> None:
    with world.write("code:load") as uow:
        for since in (date(2025, 10, 1), date(2026, 10, 1)):
            codes.load(uow, "icd10cm", f"order_{since.year + 1}.txt", icd10cm_file() + b"\n" * since.year, since)
        codes.load(uow, "hcpcs", "hcpcs.txt", hcpcs_file(), date(2026, 1, 1))
        for part, pair in ((1, "G0438\tJ1885"), (2, "J1885\tA4550")):
            staged = ncci.stage_pairs(io.BytesIO(f"{HEAD}{pair}\t\t20200101\t*\t1\tx".encode()))
            ncci.load_pairs(uow, staged, f"ccipra-f{part}.txt", date(2026, 7, 1))
    with world.write("payer:edit") as uow:
        payer = claims.payer(uow)
    with world.write("price:load") as uow:
        fees.load(uow, payer.code, io.BytesIO(b"code,amount\nG0438,150.00\n"), "fees.csv", date(2026, 1, 1))
        more = io.BytesIO(b"code,amount\nG0439,110.00\n")
        fees.load(uow, payer.code, more, "more-fees.csv", date(2026, 4, 1), whole=False)
    with world.write("code:load") as uow:
        for year, code, whole in ((2025, "G0438", True), (2026, "G0439", True), (2026, "G0444", False)):
            body = f"payer,policy,procedure,diagnosis,from,to\nmedicare,L1,{code},Z12.5,,\n".encode()
            day = date(year, 1 if whole else 6, 1)
            coverage_policies.load(uow, io.BytesIO(body), f"policies-{code}.csv", day, whole=whole)


@pytest.mark.parametrize("role", ["billing-manager", "coding-manager"])
def test_a_manager_sees_what_is_loaded(flask, world: World, role: str):
    manager = at_work(flask, world, role)
    assert "Nothing is loaded yet" in manager.get(place(manager, "codes.list")).text
    load(world)
    page = manager.get(place(manager, "codes.list")).text
    for words in (
        "order_2026.txt",
        "order_2027.txt",
        "ccipra-f1.txt",
        "ccipra-f2.txt",
        "fees.csv",
        "more-fees.csv",
        "policies-G0438.csv",
        "Plan CBH03",
        "Candor",
    ):
        assert words in page, words
    assert page.count("Holds today") == 8, (
        "the older ICD-10-CM, HCPCS, both files of pairs, two of fees, two of policies"
    )
    assert page.count("From its day on") == 1
    missing = page.partition("Not loaded")[2]
    assert "Services, CPT" in missing
    assert "HCPCS level II</li>" in missing, "its modifiers"
    assert "Diagnoses, ICD-10-CM" not in missing


def test_fees_of_another_practice_are_not_shown(flask, world: World):
    load(world)
    other = Office(world).second_practice()
    manager = at_work(flask, other, "billing-manager")
    page = manager.get(place(manager, "codes.list")).text
    assert "ccipra-f1.txt" in page
    assert "fees.csv" not in page


def test_codes_are_looked_for_in_the_set_of_the_day(flask, world: World):
    load(world)
    coder = at_work(flask, world, "coder")
    assert coder.get(place(coder, "codes.list")).status_code in {403, 404}
    (token,) = form_of(coder, place(coder, "work.show"), "sign-out")["csrf_token"]
    asked = {"find": "asthma flare", "on": "2026-05-05", "csrf_token": token}
    found = coder.post(place(coder, "codes.search"), data=asked)
    assert [each["code"] for each in json.loads(found.text)] == ["J45901"]

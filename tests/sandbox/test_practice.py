from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from portal.sandbox.practice import PAYERS, practice
from portal.x12.values import npi_holds

TODAY = date(2026, 8, 21)


@pytest.fixture(scope="module", params=[1, 7, 2026])
def made(request):
    return practice(request.param, today=TODAY)


def test_same_seed_same_practice(made):
    assert practice(made.seed, today=TODAY) == made
    assert practice(made.seed + 1, today=TODAY) != made


def test_npis_hold_and_belong_to_nobody(made):
    npis = [made.billing.npi, *(provider.npi for provider in made.providers)]
    assert all(npi_holds(npi) for npi in npis)
    assert len(set(npis)) == len(npis)
    assert all(npi.startswith("2") for npi in npis)


def test_people_are_many_and_various(made):
    people = [patient.person for patient in made.patients]
    names = Counter((person.last, person.first) for person in people)
    assert len(people) == 60
    assert names["García-Robles", "María"] == 2
    assert len(set(people)) == len({patient.number for patient in made.patients}) == 60
    assert any("'" in person.last for person in people)
    assert any("-" in person.last for person in people)
    assert any(not (person.last + person.first).isascii() for person in people)
    assert all(person.birth_date and person.birth_date < TODAY and person.sex in {"F", "M"} for person in people)
    ages = [patient.age(TODAY) for patient in made.patients]
    assert min(ages) < 18
    assert max(ages) > 65


def test_every_coverage_is_whole(made):
    known = {payer.identifier: payer for payer in PAYERS}
    firsts = [patient.covers[0] for patient in made.patients if patient.covers]
    assert len(made.patients) - len(firsts) == 3
    assert {cover.payer_id for cover in firsts} == set(known)
    for patient in made.patients:
        assert [cover.rank for cover in patient.covers] == ["P", "S"][: len(patient.covers)]
        for cover in patient.covers:
            assert known[cover.payer_id].name == cover.payer_name
            assert (cover.relationship == "18") == (cover.subscriber == patient.person)
    assert sum(cover.relationship != "18" for cover in firsts) == 14
    members = [cover.member_id for patient in made.patients for cover in patient.covers if cover.relationship == "18"]
    assert len(set(members)) == len(members)


def test_crossovers_are_the_elders_with_a_supplement(made):
    assert made.crossovers()
    for patient in made.patients:
        first, *rest = [cover.payer_id for cover in patient.covers] or [""]
        passed_on = patient.covers and patient.covers[0].member_id in made.crossovers()
        assert bool(passed_on) == (first == "FEC01" and bool(rest))


def test_elders_have_the_elders_payer(made):
    for patient in made.patients:
        if patient.covers and patient.covers[0].filing_code == "MB":
            assert patient.age(TODAY) >= 65


def test_addresses_fit_a_claim(made):
    for address in [made.billing.address, *(p.person.address for p in made.patients), *(p.address for p in PAYERS)]:
        assert len(address.postal_code) == 9
        assert address.postal_code.isdigit()
        assert address.line1
        assert "box" not in address.line1.lower()

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from portal.domain.interchanges import ControlNumbers, Partner
from portal.sandbox.codes import code_lists, fee_table
from portal.sandbox.practice import practice
from portal.sandbox.visits import claims_by_day, visits
from portal.x12.claims.reading import read_claims
from portal.x12.claims.writing import write_claims
from portal.x12.reader import read

TODAY = date(2026, 8, 21)
FIRST = date(2026, 5, 22)
PARTNER = Partner("ZZ", "JUNIPER", "ZZ", "VALLEY", "JUNIPER", "VALLEY", "T", "Juniper", "Desk", "5035550142", "Valley")


@pytest.fixture(scope="module", params=[1, 7, 2026])
def seen(request):
    return visits(practice(request.param, today=TODAY), first=FIRST, last=TODAY)


@pytest.fixture(scope="module")
def every(seen):
    return [visit for day in seen.values() for visit in day]


def test_same_seed_same_visits():
    one, two = (visits(practice(3, today=TODAY), first=FIRST, last=TODAY) for _ in range(2))
    assert one == two
    assert list(one) == sorted(one)


def test_days_are_open_days_and_everybody_comes(seen, every):
    assert all(FIRST <= day <= TODAY and day.weekday() < 5 for day in seen)
    assert all(visit.day == day for day, those in seen.items() for visit in those)
    assert len({visit.patient.number for visit in every}) == 60
    assert 110 <= len(every) <= 190


def test_amounts_sum_and_come_from_the_prices(every):
    for visit in every:
        assert visit.charge_cents > 0
        if visit.claim:
            assert visit.claim.charge_cents == visit.claim.lines_cents == visit.charge_cents
    assert fee_table(5) == fee_table(5) != fee_table(6)


def test_claims_hold_together(every):
    listed = {entry.code for entry in code_lists()}
    assert {visit.flaw for visit in every} == {"", "duplicate", "unspecific-diagnosis"}
    claims = [visit.claim for visit in every if visit.claim]
    assert len({claim.control for claim in claims}) == len(claims)
    for visit in every:
        assert (visit.claim is None) == (not visit.patient.covers)
        assert len(visit.control) <= 20
        assert len(visit.diagnoses) == len(set(visit.diagnoses))
        for line in visit.lines:
            assert line.code in listed
            assert all(1 <= pointer <= len(visit.diagnoses) for pointer in line.pointers)
        unlisted = [code for code in visit.diagnoses if code not in listed]
        assert bool(unlisted) == (visit.flaw == "unspecific-diagnosis")


def test_a_few_were_at_the_hospital_and_their_claims_say_at_which(every):
    away = [visit for visit in every if visit.place in {"21", "22"}]
    assert 2 <= len(away) <= 12
    for visit in every:
        if visit.claim:
            assert visit.claim.place == visit.place
            assert (visit.claim.facility is not None) == (visit in away)
            assert (visit.claim.professional is not None) == (visit.place == "21")


def test_no_cpt_and_no_dental_code():
    codes = [entry.code for entry in code_lists() if entry.system == "hcpcs"]
    assert all(re.fullmatch(r"[ABCEG-V][0-9]{4}", code) for code in codes)


def test_a_day_of_claims_writes_and_reads_back(seen):
    at = datetime(2026, 8, 22, 6, tzinfo=UTC)
    for n, claims in enumerate(claims_by_day(seen).values(), 1):
        data = write_claims(claims, partner=PARTNER, numbers=ControlNumbers(n, n, 1), at=at)
        found = read_claims(read(data))
        assert found.findings == ()
        assert sorted((claim.control, claim.charge_cents) for claim in found.claims) == sorted(
            (claim.control, claim.charge_cents) for claim in claims
        )

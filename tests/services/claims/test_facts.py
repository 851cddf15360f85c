"""What the edits know of a claim from the store: other coverages, fees, and what payers have answered."""

from __future__ import annotations

import io
from datetime import date

from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientRow
from portal.services import fees
from portal.services.claims import checking
from tests.make import claims as make
from tests.services.claims.office import Office

SUBSCRIBER = {"last": "Ashgrove", "first": "Otis", "sex": "M", "address": None}


def found(office: Office, claim_id: bytes) -> list[str]:
    with office.world.write("claim:edit") as uow:
        return [one.code for one in checking.run_edits(uow, claim_id).findings]


def second(office: Office, person_id: bytes, **more: object) -> bytes:
    """Another coverage of a patient, by another payer."""
    with office.world.write("patient:change") as uow:
        other = make.payer(uow, "LKM04")
        uow.flush()
        values = {"rank": "S", "relationship": "18", "filing_code": "CI", "valid_from": date(2026, 1, 1)}
        return uow.new(
            CoverageRow, patient_id=person_id, payer_id=other.id, member_id_sealed="SECOND1", **(values | more)
        ).id


def test_a_second_payer_waits_for_the_first(office: Office):
    first = office.row(office.claim())
    cover = second(office, first.patient_id)
    assert found(office, first.id) == []
    with office.world.write("claim:edit") as uow:
        row = uow.get(ClaimRow, first.id)
        uow.change(row, coverage_id=cover, rank="S")
    assert "cob-order" in found(office, first.id)


def test_parents_plans_go_by_their_birthdays_and_old_plans_do_not_count(office: Office):
    with office.world.write("claim:edit") as uow:
        person = make.patient(uow, birth_date_sealed=date(2018, 5, 5))
        father = {"relationship": "19", "subscriber_sealed": SUBSCRIBER | {"birth_date": "1980-06-09"}}
        claim = make.claim(uow, person=person, cover=father)
        id_, patient = claim.id, claim.patient_id
    mother = {"relationship": "19", "subscriber_sealed": SUBSCRIBER | {"birth_date": "1982-03-02"}}
    ended = second(office, patient, **mother, valid_to=date(2026, 2, 1))
    assert found(office, id_) == []
    with office.world.write("patient:change") as uow:
        uow.change(uow.get(CoverageRow, ended), valid_to=None)
    assert found(office, id_) == ["cob-birthday"]
    with office.world.write("patient:change") as uow:
        uow.change(uow.get(CoverageRow, ended), rank="P")
    assert found(office, id_) == ["cob-same-rank", "cob-birthday"]


def test_charges_are_compared_with_the_schedule_of_the_payer(office: Office):
    id_ = office.claim()
    listed = io.BytesIO(b"code,modifier,amount\nG0438,,120.00\nJ1885,,9.00\n")
    with office.world.write("price:load") as uow:
        fees.load(uow, "CBH03", listed, "fees.csv", date(2026, 1, 1))
    assert found(office, id_) == ["fee-below", "fee-above"]
    assert office.state(id_) == "READY", "they only warn"
    with office.world.read("claim:edit") as uow:
        assert uow.count(uow.select(PatientRow.id)) == 1

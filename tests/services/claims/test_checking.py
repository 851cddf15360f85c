from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain.errors import Conflict, Refused
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services.claims import building, checking, steps
from tests.make import claims as make
from tests.services.claims.office import Office


def codes(claim: ClaimRow) -> set[str]:
    return {each["code"] for each in claim.edits}


def test_a_clean_claim_is_ready_and_waits_to_be_sent(office: Office):
    claim = office.claim()
    row = office.row(claim)
    assert (row.state, row.edits) == ("READY", [])
    assert office.items(claim) == [("claims", "ready")]


def test_findings_keep_a_claim_in_draft_and_say_what_to_do(office: Office):
    claim = office.claim(lines=(("12", 100), ("G0438", 0)))
    row = office.row(claim)
    assert row.state == "DRAFT"
    assert {"procedure-shape"} <= codes(row)
    for finding in checking.kept(row.edits):
        assert str(finding.text)
        assert str(finding.what_to_do)
    ((queue, reason),) = office.items(claim)
    assert queue == "claims"
    assert reason in codes(row)
    with office.world.read("queue:view") as uow:
        (item,) = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.subject_id == claim))
        assert item.detail["todo"]["message"]
        assert (item.at_risk_cents, item.detail["number"]) == (100, row.control)


def test_a_corrected_claim_becomes_ready_and_a_spoilt_one_draft_again(office: Office):
    with office.world.write("claim:edit") as uow:
        person = make.patient(uow, address_sealed=None)
        claim = make.claim(uow, person=person)
        assert claim.state == "DRAFT"
        assert "patient-required" in codes(claim)
        uow.change(uow.get(PatientRow, person.id), address_sealed=make.HOME)
        uow.flush()
        assert checking.run_edits(uow, claim.id).state == "READY"
        uow.change(uow.get(PatientRow, person.id), birth_date_sealed=date(2027, 1, 1))
        uow.flush()
        checked = checking.run_edits(uow, claim.id)
        assert (checked.state, checked.blocking) == ("DRAFT", 1)


def test_the_rows_give_the_claim_that_is_sent(office: Office):
    with office.world.write("claim:edit") as uow:
        row = make.claim(uow, cover={"group_number_sealed": "G77", "member_id_sealed": "W123"})
        claim = building.as_domain(uow, row)
    assert (claim.control, claim.charge_cents, claim.lines_cents, claim.frequency) == (row.control, 15_000, 15_000, "1")
    assert (claim.patient.last, claim.patient.birth_date) == ("Ashgrove", date(1980, 3, 4))
    assert (claim.cover.member_id, claim.cover.group_number, claim.cover.subscriber) == ("W123", "G77", claim.patient)
    assert claim.rendering is not None
    assert (claim.rendering.last, claim.billing.npi) == ("Okafor", "1234567893")
    assert [(line.code, line.charge_cents, str(line.units)) for line in claim.lines] == [
        ("G0438", 10_000, "1"),
        ("J1885", 5_000, "1"),
    ]
    assert all(line.control.startswith("L") for line in claim.lines)


def test_another_subscriber_and_an_approval_come_along(office: Office):
    subscriber = {"last": "Ashgrove", "first": "Otis", "birth_date": "1978-01-02", "sex": "M", "address": None}
    with office.world.write("claim:edit") as uow:
        visit = make.visit(uow, cover={"relationship": "01", "subscriber_sealed": subscriber})
        encounter = uow.get(EncounterRow, visit.encounter_id)
        uow.change(encounter, proposal_sealed={"diagnoses": [], "lines": [], "authorization": "BH-1", "referral": "R2",
                                             "clia": "11D1234567"})  # fmt: skip
        row = make.drafting.draft_for(uow, visit.encounter_id)
        claim = building.as_domain(uow, uow.get(ClaimRow, row.claim_id or b""))
    assert (claim.cover.subscriber.first, claim.cover.relationship) == ("Otis", "01")
    assert (claim.authorization, claim.referral, claim.clia) == ("BH-1", "R2", "11D1234567")
    assert row.state == "READY"


def test_the_second_of_two_equal_claims_is_stopped_and_not_the_first(office: Office):
    with office.world.write("claim:edit") as uow:
        person = make.patient(uow)
        first = make.claim(uow, person=person)
    office.world.clock.forward(minutes=1)
    with office.world.write("claim:edit") as uow:
        second = make.claim(uow, person=uow.get(PatientRow, person.id))
        assert (second.state, codes(second)) == ("DRAFT", {"duplicate"})
        assert checking.run_edits(uow, first.id).state == "READY"
    with office.world.write("claim:edit") as uow:
        elsewhere = make.claim(uow, person=uow.get(PatientRow, person.id), payer_code="LKM04")
        assert elsewhere.state == "READY"
        later = make.claim(uow, person=uow.get(PatientRow, person.id), day=make.DAY + timedelta(days=1))
        assert later.state == "READY"


def test_a_claim_past_its_limit_is_stopped(office: Office):
    with office.world.write("claim:edit") as uow:
        claim = make.claim(uow, day=date(2026, 1, 5))
        assert (claim.state, codes(claim)) == ("DRAFT", {"filing-passed"})


def test_a_visit_that_went_back_stops_its_claim(office: Office):
    with office.world.write("claim:edit") as uow:
        claim = make.claim(uow)
        encounter = uow.get(EncounterRow, claim.encounter_id)
        steps.return_to_coding(uow, claim.id, "units", note="three, not one")
        assert (claim.state, encounter.state) == ("DRAFT", "PROPOSED")
        uow.flush()
        checked = checking.run_edits(uow, claim.id)
        assert (checked.state, checked.findings[0].code) == ("DRAFT", "visit-open")


def test_a_sent_claim_is_not_edited(office: Office):
    claim = office.claim()
    office.send()
    with pytest.raises(Refused, match="claim-sent"), office.world.write("claim:edit", office.biller) as uow:
        checking.run_edits(uow, claim)


def test_what_was_changed_in_between_is_a_conflict(office: Office):
    claim = office.claim()
    with pytest.raises(Conflict), office.world.write("claim:edit", office.biller) as uow:
        checking.run_edits(uow, claim, expected_version=0)

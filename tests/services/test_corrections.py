"""What becomes of replacements and voids when answers, payments and changed visits cross them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.claims import ClaimFacts
from portal.domain.errors import Refused
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.services.claims import correcting, drafting, steps
from portal.services.encounters import coding
from tests.databases import World
from tests.make import answers, work
from tests.make import claims as make
from tests.make import remittances as money
from tests.make import visits as visit
from tests.services.claims.office import Office
from tests.services.claims.test_correcting import (
    CO45,
    LATER,
    approve,
    ask,
    back_alone,
    correction,
    paid,
    replaced,
    said,
)
from tests.services.claims.test_dropping import finished


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


def give_up(office: Office, claim: bytes) -> bool:
    with office.world.write("claim:edit", office.biller) as uow:
        return correcting.give_up(uow, claim, "not-needed")


def refuse(office: Office, claim: bytes, reason: str = "stands") -> None:
    with office.world.write("claim:acknowledge", office.biller) as uow:
        correcting.record_refusal(uow, claim, reason, note="by phone")


def standing(office: Office, state: str) -> bytes:
    """A claim that the payer has, under its number, in a state."""
    claim = office.claim()
    office.send()
    if state in {"ACCEPTED", "PENDED"}:
        office.answered(answers.statuses(office.sent(), payer_control="ICN1"))
    with office.world.write("claim:acknowledge") as uow:
        row = uow.get(ClaimRow, claim)
        uow.change(row, payer_control_sealed="ICN1")
        if state == "PENDED":
            uow.move(row, "PENDED", ClaimFacts())
    if state in {"ADJUDICATED", "CLOSED"}:
        sent = money.sent_of(office.world, claim)
        adjustments = () if state == "CLOSED" else (CO45,)
        money.bring(office.world, money.payment(money.answer(sent, *adjustments)))
        with office.world.write("remittance:post") as uow:
            row = uow.get(ClaimRow, claim)
            if row.state == "ADJUDICATED" and state == "CLOSED":
                uow.move(row, "CLOSED", ClaimFacts(open_balance=False))
            elif row.state == "CLOSED" and state == "ADJUDICATED":
                uow.move(row, "ADJUDICATED", ClaimFacts(reopened=True))
    assert office.state(claim) == state
    return claim


@pytest.mark.parametrize("state", ["SUBMITTED", "ACCEPTED", "PENDED", "ADJUDICATED", "CLOSED"])
def test_a_void_ends_where_it_began(office: Office, state: str):
    claim = standing(office, state)
    before = office.items(claim)
    ask(office, claim)
    approve(office, claim)
    give_up(office, claim)
    assert (office.state(claim), office.row(claim).frequency) == (state, "1")
    assert [queue for queue, _ in office.items(claim)] == [queue for queue, _ in before] or state == "PENDED"
    ask(office, claim)
    approve(office, claim)
    office.send()
    office.answered(said(office, "A7:164:IL"))
    assert (office.state(claim), office.row(claim).frequency) == (state, "1")
    office.answered(said(office, "A3:21:IL"), "again.edi")
    assert office.state(claim) == state, "what is said of a refused void is not said of the claim"
    assert office.items(claim) == [("rejected-claims", "void-refused")]


@pytest.mark.parametrize(("codes", "state"), [(("A2:20:PR",), "ACCEPTED"), (("A7:164:IL",), "REJECTED")])
def test_what_was_said_while_a_void_waited_counts_when_it_is_given_up(office: Office, codes, state: str):
    claim = standing(office, "SUBMITTED")
    ask(office, claim)
    approve(office, claim)
    office.answered(answers.statuses(office.sent(), codes, at=LATER))
    assert office.state(claim) == "VOID_PENDING"
    give_up(office, claim)
    assert office.state(claim) == state
    assert bool(office.row(claim).edits) is (state == "REJECTED"), "the reasons of a rejection stand on it"


def test_a_person_records_what_the_payer_refused_and_a_late_acceptance_is_told(office: Office):
    claim = standing(office, "ACCEPTED")
    ask(office, claim)
    approve(office, claim)
    with pytest.raises(Refused, match="no-void"):
        refuse(office, claim)
    office.send()
    with pytest.raises(Refused, match="reason-missing"):
        refuse(office, claim, "whim")
    with pytest.raises(Refused, match="no-request"):
        give_up(office, claim)
    refuse(office, claim)
    assert (office.state(claim), correction(office).state, office.items(claim)) == ("ACCEPTED", "REFUSED", [])
    with pytest.raises(Refused, match="no-void"):
        refuse(office, claim)
    office.answered(said(office))
    assert (office.state(claim), office.items(claim)) == ("ACCEPTED", [("claims", "void-taken-late")])
    with office.world.write("claim:edit", office.biller) as uow:
        correcting.seen(uow, claim)
    assert office.items(claim) == []
    with pytest.raises(Refused, match="nothing-to-see"), office.world.write("claim:edit", office.biller) as uow:
        correcting.seen(uow, claim)


@pytest.mark.parametrize("ends", ["taken back", "refused"])
def test_a_payment_that_crosses_a_void_leaves_it_waiting(office: Office, ends: str):
    claim = standing(office, "ACCEPTED")
    sent = money.sent_of(office.world, claim)
    ask(office, claim)
    approve(office, claim)
    office.send()
    money.bring(office.world, money.payment(money.answer(sent, CO45)))
    work.drain(office.world)
    assert (office.state(claim), office.items(claim)) == ("VOID_PENDING", [("claims", "paid-meanwhile")])
    if ends == "taken back":
        office.answered(said(office))
        assert (office.state(claim), office.items(claim)) == ("VOID_PENDING", [])
        back_alone(office, sent)
        work.drain(office.world)
        assert (office.state(claim), office.items(claim)) == ("VOIDED", [("claims", "voided")])
    else:
        refuse(office, claim)
        assert (office.state(claim), office.row(claim).frequency) == ("ADJUDICATED", "1")
        back_alone(office, sent)
        assert office.state(claim) == "ACCEPTED", "an undone payment leads back before the void"


def test_a_payment_ends_a_void_that_never_left_and_a_person_is_told(office: Office):
    claim = standing(office, "ACCEPTED")
    ask(office, claim)
    approve(office, claim)
    sent = paid(office, claim)
    work.drain(office.world)
    assert (correction(office).state, office.row(claim).frequency) == ("CANCELLED", "1")
    assert office.items(claim) == [("claims", "answered")]
    back_alone(office, sent)
    assert office.state(claim) == "ACCEPTED"


def recoded(office: Office) -> tuple[bytes, bytes]:
    """A claim whose replacement sent its visit back to the coder, and the visit."""
    claim = standing(office, "ADJUDICATED")
    assert replaced(office, claim, "units").state == "OPEN"
    return claim, office.row(claim).encounter_id


def state_of(office: Office, encounter: bytes) -> str:
    with office.world.read("claim:view", office.biller) as uow:
        return uow.get(EncounterRow, encounter).state


def test_a_replacement_given_up_brings_its_visit_back_where_it_was(office: Office):
    claim, encounter = recoded(office)
    assert give_up(office, claim)
    assert (state_of(office, encounter), office.items(encounter), office.items(claim)) == ("CLEARED", [], [])
    assert replaced(office, claim, "units").state == "OPEN"


def test_a_visit_that_was_worked_on_passes_the_same_hands_again_and_the_biller_is_told(office: Office):
    claim, encounter = recoded(office)
    with office.world.write("encounter:code", office.world.actor("coder")) as uow:
        page = coding.show(uow, encounter)
        first, *rest = visit.typed(page).lines
        typed = replace(visit.typed(page), lines=(replace(first, units="2"), *rest))
        coding.save(uow, encounter, page.version, typed)
    assert not give_up(office, claim)
    assert (state_of(office, encounter), office.items(encounter)) == ("PROPOSED", [("coding", "units")])
    visit.coded(office.world, encounter)
    finished(office, encounter)
    assert office.items(claim) == [("claims", "visit-changed")]
    assert replaced(office, claim, "registration").state == "READY"


def test_money_taken_back_ends_a_replacement_and_brings_the_visit_back(office: Office):
    claim, encounter = recoded(office)
    back_alone(office, money.sent_of(office.world, claim))
    work.drain(office.world)
    assert (office.state(claim), correction(office).state) == ("SUBMITTED", "CANCELLED")
    assert (state_of(office, encounter), office.items(claim)) == ("CLEARED", [("claims", "answered")])


def cleared(office: Office, encounter: bytes, payer: str = "") -> drafting.Drafted:
    """The visit comes cleared out of everybody's hands, with another payer's coverage chosen where one is named."""
    with office.world.write("claim:edit") as uow:
        row = uow.get(EncounterRow, encounter)
        row.state = "CLEARED"
        if payer:
            plan = make.payer(uow, payer)
            uow.flush()
            cover = uow.first(uow.select(CoverageRow).where(CoverageRow.payer_id == plan.id)) or uow.new(
                CoverageRow, patient_id=row.patient_id, payer_id=plan.id, rank="P", relationship="18",
                filing_code="CI", member_id_sealed="W90", valid_from=make.DAY,
            )  # fmt: skip
            uow.flush()
            uow.change(row, coverage_id=cover.id)
        uow.flush()
        return drafting.draft_for(uow, encounter)


def claims_of(office: Office) -> int:
    with office.world.read("claim:view") as uow:
        return uow.count(uow.select(ClaimRow.id))


def test_another_coverage_during_a_replacement_makes_no_second_original(office: Office):
    claim, encounter = recoded(office)
    assert cleared(office, encounter, "OTHER").claim_id is None
    assert claims_of(office) == 1
    assert office.items(claim) == [("claims", "coverage-changed")]
    assert correction(office).state == "OPEN"
    assert "coverage-changed" in {each["code"] for each in office.row(claim).edits}
    assert office.send().claims == 0
    assert cleared(office, encounter, "CBH03").claim_id == claim
    assert (correction(office).state, office.items(claim)) == ("READY", [("claims", "replacement")])


def test_after_a_void_the_other_insurance_is_billed(office: Office):
    claim, encounter = recoded(office)
    cleared(office, encounter, "OTHER")
    give_up(office, claim)
    assert cleared(office, encounter).claim_id is None, "the first insurance still has it"
    ask(office, claim, "wrong-payer")
    approve(office, claim)
    office.send()
    back_alone(office, money.sent_of(office.world, claim))
    work.drain(office.world)
    assert office.items(claim) == [("claims", "voided")]
    with office.world.write("claim:edit", office.biller) as uow:
        steps.return_to_coding(uow, claim, "documentation")
    made = cleared(office, encounter, "OTHER")
    assert (made.made, made.state, claims_of(office)) == (True, "READY", 2)
    assert office.items(claim) == []


def test_a_draft_follows_its_visit_to_another_insurance(office: Office):
    claim = office.claim()
    with office.world.write("claim:edit", office.biller) as uow:
        encounter = steps.return_to_coding(uow, claim, "documentation").encounter_id
    made = cleared(office, encounter, "OTHER")
    assert (made.claim_id, made.state, claims_of(office)) == (claim, "READY", 1)
    with office.world.read("claim:view") as uow:
        cover = uow.get(CoverageRow, uow.get(EncounterRow, encounter).coverage_id or b"")
        row = uow.get(ClaimRow, claim)
        assert (row.coverage_id, row.payer_id) == (cover.id, cover.payer_id)


def test_a_voided_claim_whose_visit_names_the_same_insurance_again_is_told(office: Office):
    claim = standing(office, "ACCEPTED")
    ask(office, claim)
    approve(office, claim)
    office.send()
    office.answered(said(office))
    with office.world.write("claim:edit", office.biller) as uow:
        encounter = steps.return_to_coding(uow, claim, "documentation").encounter_id
    assert cleared(office, encounter).claim_id == claim
    assert office.items(claim) == [("claims", "visit-changed")]


def test_a_replacement_that_the_payer_rejects_is_not_billed_elsewhere_either(office: Office):
    claim = standing(office, "ADJUDICATED")
    replaced(office, claim)
    office.send()
    office.answered(said(office, "A7:164:IL"))
    with office.world.write("claim:edit", office.biller) as uow:
        encounter = steps.return_to_coding(uow, claim, "units").encounter_id
    assert cleared(office, encounter, "OTHER").claim_id is None
    assert claims_of(office) == 1
    with office.world.write("claim:edit", office.biller) as uow:
        assert steps.rework(uow, claim, "codes").blocking == 1
    assert office.state(claim) == "REJECTED"

from __future__ import annotations

import pytest

from portal.domain.claim_reasons import HOLDS
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import Refused
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.models.queues import TransitionRow
from portal.services.claims import drafting, steps
from tests.make import answers
from tests.services.claims.office import Office


@pytest.mark.parametrize("reason", HOLDS)
def test_a_held_claim_is_not_sent_and_goes_on_where_it_was(office: Office, reason: str):
    claim = office.claim()
    with office.world.write("claim:hold", office.biller) as uow:
        steps.hold(uow, claim, reason, note="called them")
    row = office.row(claim)
    assert (row.state, row.held_from, row.hold_reason) == ("HELD", "READY", reason)
    assert office.items(claim) == [("held-claims", reason)]
    assert office.send().claims == 0
    with office.world.write("claim:release", office.biller) as uow:
        assert steps.release(uow, claim).state == "READY"
    row = office.row(claim)
    assert (row.held_from, row.hold_reason) == (None, None)
    assert office.items(claim) == [("claims", "ready")]


def test_a_note_that_nobody_would_read_is_turned_down_and_nothing_is_held(office: Office):
    claim = office.claim()
    with pytest.raises(Refused, match="note-too-long"), office.world.write("claim:hold", office.biller) as uow:
        steps.hold(uow, claim, "record", note="x" * 4_001)
    assert office.row(claim).state == "READY"


def test_only_the_holder_or_a_manager_releases(office: Office):
    claim = office.claim()
    with office.world.write("claim:hold", office.biller) as uow:
        steps.hold(uow, claim, "record")
    other = office.world.actor("biller", "somebody else")
    with pytest.raises(Refused, match="guard:holder"), office.world.write("claim:release", other) as uow:
        steps.release(uow, claim)
    with office.world.write("claim:release", office.world.actor("billing-manager")) as uow:
        assert steps.release(uow, claim).state == "READY"


@pytest.mark.parametrize("reason", ["", "whim"])
def test_every_step_wants_a_known_reason(office: Office, reason: str):
    claim = office.claim()
    for step in (steps.hold, steps.return_to_coding, steps.rework):
        with pytest.raises(Refused, match="reason-missing"), office.world.write("claim:edit") as uow:
            step(uow, claim, reason)
    assert office.state(claim) == "READY"


def test_wrong_codes_go_back_to_the_coder_and_the_claim_follows(office: Office):
    claim = office.claim()
    with office.world.write("claim:edit", office.biller) as uow:
        steps.return_to_coding(uow, claim, "procedure-wrong", note="look at line 2")
    encounter = office.row(claim).encounter_id
    assert office.items(claim) == []
    assert office.items(encounter) == [("coding", "procedure-wrong")]
    with office.world.write("claim:edit") as uow:
        moves = uow.rows(
            uow.select(TransitionRow.from_state, TransitionRow.to_state, TransitionRow.reason).where(
                TransitionRow.subject_id == encounter
            )
        )
        assert [tuple(move) for move in moves] == [("CLEARED", "PROPOSED", "procedure-wrong")]
        visit = uow.get(EncounterRow, encounter)
        visit.state = "CLEARED"
        uow.flush()
        assert drafting.draft_for(uow, encounter).state == "READY"
    assert office.items(claim) == [("claims", "ready")]


def test_what_is_with_the_payer_is_neither_held_nor_returned(office: Office):
    claim = office.claim()
    office.send()
    with pytest.raises(Refused, match="no-such-move"), office.world.write("claim:hold", office.biller) as uow:
        steps.hold(uow, claim, "record")
    with pytest.raises(Refused, match="claim-sent"), office.world.write("claim:edit", office.biller) as uow:
        steps.return_to_coding(uow, claim, next(iter(CODING_ERRORS)))
    with pytest.raises(Refused, match="not-rejected"), office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "coverage")


def test_a_rejected_claim_goes_again_as_an_original_under_a_new_number(office: Office):
    claim = office.claim()
    office.send()
    first = office.row(claim).control
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    assert office.state(claim) == "REJECTED"
    with office.world.write("claim:edit", office.biller) as uow:
        assert steps.rework(uow, claim, "coverage", note="member id corrected").state == "READY"
    again = office.row(claim)
    assert again.control != first
    assert (again.frequency, again.versions) == ("1", 1)
    assert office.send().claims == 1
    row = office.row(claim)
    assert (row.state, row.versions) == ("SUBMITTED", 2)


def test_a_rework_that_is_not_clean_stays_rejected_with_its_findings(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    with office.world.write("claim:edit") as uow:
        encounter = uow.get(EncounterRow, uow.get(ClaimRow, claim).encounter_id)
        uow.change(encounter, charge_cents=1)
    with office.world.write("claim:edit", office.biller) as uow:
        checked = steps.rework(uow, claim, "codes")
        assert (checked.state, [finding.code for finding in checked.findings]) == ("REJECTED", ["sum"])
    assert office.state(claim) == "REJECTED"


def test_a_return_of_a_rejected_claim_waits_for_the_coder(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    with office.world.write("claim:edit", office.biller) as uow:
        steps.return_to_coding(uow, claim, "units")
    assert office.state(claim) == "REJECTED"
    with office.world.write("claim:edit", office.biller) as uow:
        checked = steps.rework(uow, claim, "codes")
        assert (checked.state, checked.findings[0].code) == ("REJECTED", "visit-open")

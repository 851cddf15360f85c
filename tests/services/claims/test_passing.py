"""A further payer that is not billed after all, and a third one behind a claim that was sent on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.errors import Conflict, Refused
from portal.domain.remittances import Adjustment
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.services.claims import carrying, passing, showing, turns
from portal.x12.claims.reading import read_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make import claims as people
from tests.make import remittances as make
from tests.services.claims.office import Office
from tests.services.claims.test_following import CO45, PR2, billed, bring, claims_of, second_of
from tests.services.remittances.test_importing import balances


def third_payer(office: Office, sent: make.Sent) -> bytes:
    with office.world.write("patient:change") as uow:
        payer = people.payer(uow, "FEC01")
        uow.flush()
        uow.new(
            CoverageRow, patient_id=sent.patient_id, payer_id=payer.id, rank="T", relationship="18",
            filing_code="CI", member_id_sealed="THIRD1",
        )  # fmt: skip
        return payer.id


def passed(office: Office, claim: ClaimRow, reason: str = "little-left") -> None:
    with office.world.write("claim:edit", office.biller) as uow:
        passing.pass_over(uow, claim.id, reason, expected_version=claim.version)


def taken_up(office: Office, claim_id: bytes) -> None:
    with office.world.write("claim:edit", office.biller) as uow:
        passing.take_up(uow, claim_id, expected_version=uow.get(ClaimRow, claim_id).version)


def open_now(office: Office, sent: make.Sent) -> dict[str, int]:
    found = balances(office.world, patient_id=sent.patient_id)
    return {account: cents for account, cents in found.items() if account.startswith("receivable")}


def test_what_waits_for_a_payer_passed_over_is_the_patients_and_waits_again_when_it_is_taken_up(office: Office):
    sent = billed(office)
    wrong = make.answer(sent, CO45, PR2)
    bring(office, wrong)
    second = second_of(office, sent)
    with office.world.write("claim:edit", office.biller) as uow, pytest.raises(Refused) as refused:
        passing.pass_over(uow, sent.claim_id, "little-left")
    assert refused.value.code == "first"
    passed(office, second)
    assert (office.state(second.id), office.items(second.id), office.items(sent.claim_id)) == ("WITHDRAWN", [], [])
    assert open_now(office, sent) == {"receivable:patient": 2_000}
    assert office.send().claims == 0
    with pytest.raises(Conflict):
        passed(office, second)  # from the page as it was before
    # the first payer changes its answer: what it leaves is the patient's, and nothing is drafted
    bring(office, make.turned(wrong), make.answer(sent, CO45, Adjustment("PR", "1", 2_500)), number=2)
    assert open_now(office, sent) == {"receivable:patient": 2_500}
    assert [claim.state for claim in claims_of(office, sent)] == ["ADJUDICATED", "WITHDRAWN"]
    with office.world.read("claim:view", office.biller) as uow:
        page = showing.show_claim(uow, second.id)
    assert (page.actions, "Too little is left" in str(page.history)) == (("take_up",), True)
    assert (str(page.again[0].why.message), str(page.clock.text.message)) == (
        "It was withdrawn and never sent.", "It is not billed, so there is nothing to file.",
    )  # fmt: skip
    taken_up(office, second.id)
    assert open_now(office, sent) == {"receivable:payer": 2_500}
    assert office.state(second.id) == "READY"
    assert office.row(second.id).control != second.control
    passed(office, office.row(second.id), "patient-pays")
    assert open_now(office, sent) == {"receivable:patient": 2_500}
    taken_up(office, second.id)
    assert office.send().claims == 1
    with office.world.write("claim:edit", office.biller) as uow, pytest.raises(Refused) as refused:
        passing.pass_over(uow, second.id, "little-left")
    assert refused.value.code == "no-such-move"


def test_the_third_payer_is_billed_where_the_second_is_passed_over_until_that_is_undone(office: Office):
    sent = billed(office)
    third_id = third_payer(office, sent)
    bring(office, make.answer(sent, CO45, PR2))
    second = claims_of(office, sent)[1]
    passed(office, second, "not-covered")
    third = claims_of(office, sent)[2]
    assert (third.rank, third.state, third.payer_id) == ("T", "READY", third_id)
    assert balances(office.world, payer_id=third_id) == {"receivable:payer": 2_000}
    taken_up(office, second.id)
    assert [claim.state for claim in claims_of(office, sent)] == ["ADJUDICATED", "READY", "WITHDRAWN"]
    assert balances(office.world, payer_id=second.payer_id) == {"receivable:payer": 2_000}
    passed(office, office.row(second.id))
    assert [claim.state for claim in claims_of(office, sent)] == ["ADJUDICATED", "WITHDRAWN", "READY"]
    assert office.send().claims == 1
    assert validate(office.sent()) == ()
    with office.world.write("claim:edit", office.biller) as uow, pytest.raises(Refused) as refused:
        passing.take_up(uow, second.id)
    assert refused.value.code == "behind-sent"


def test_a_third_payer_follows_the_one_to_whom_the_first_sent_the_claim_on(office: Office):
    sent = billed(office)
    third_id = third_payer(office, sent)
    bring(office, make.answer(sent, CO45, PR2, status="19"))
    assert len(claims_of(office, sent)) == 1
    second = make.answer(sent, Adjustment("OA", "23", 8_000), Adjustment("PR", "3", 500), status="2")
    lines = (second.services[0], replace(second.services[1], paid_cents=0, adjustments=(
        Adjustment("OA", "23", 4_000),)))  # fmt: skip
    crossed = replace(second, services=lines, paid_cents=1_500, payer_control="N1")
    bring(office, crossed, number=2, payer_id="LKM04")
    first, third = claims_of(office, sent)
    assert [each["code"] for each in third.edits] == []
    assert (third.rank, third.state, third.payer_id) == ("T", "READY", third_id)
    assert open_now(office, sent) == {"receivable:payer": 500}
    assert balances(office.world, payer_id=third_id) == {"receivable:payer": 500}
    with office.world.read("claim:view", office.biller) as uow:
        part = turns.part_of(uow, third.id)
        page = showing.show_claim(uow, first.id)
        crossed_said = carrying.crossed_of(uow, [uow.get(ClaimRow, first.id)])[first.id]
    assert [line.paid.cents for line in page.lines if line.paid is not None] == [5_000, 4_000]
    assert (page.sums.plan_paid.cents, page.sums.others_paid.cents, page.sums.others_open.cents) == (9_000, 1_500, 500)
    assert part is not None
    assert (len(part.turns), len(part.carried), crossed_said.left_cents) == (3, 2, 500)
    assert office.send().claims == 1
    body = office.sent()
    assert validate(body) == ()
    (claim,) = read_claims(read(body)).claims
    assert [other.cover.rank for other in claim.others] == ["P", "S"]
    assert [[(one.payer_id, one.paid_cents) for one in line.decisions] for line in claim.lines] == [
        [("CBH03", 5_000), ("LKM04", 1_500)], [("CBH03", 4_000), ("LKM04", 0)],
    ]  # fmt: skip


def test_what_went_comes_back_from_whoever_has_it_though_another_coverage_stands_behind_by_now(office: Office):
    sent = billed(office)
    wrong = make.answer(sent, CO45, PR2)
    bring(office, wrong)
    second = second_of(office, sent)
    passed(office, second)
    third_id = third_payer(office, sent)  # told of after the patient had it
    taken_up(office, second.id)
    assert open_now(office, sent) == {"receivable:payer": 2_000}
    assert balances(office.world, payer_id=third_id) == {}
    passed(office, office.row(second.id))
    assert balances(office.world, payer_id=third_id) == {"receivable:payer": 2_000}
    taken_up(office, second.id)
    assert [claim.state for claim in claims_of(office, sent)] == ["ADJUDICATED", "READY", "WITHDRAWN"]
    # the first payer leaves nothing any more: the third is not drafted again, and does not stand in the way
    bring(office, make.turned(wrong), make.answer(sent, CO45), number=2)
    passed(office, office.row(second.id))
    taken_up(office, second.id)
    assert [claim.state for claim in claims_of(office, sent)][1:] == ["READY", "WITHDRAWN"]
    assert open_now(office, sent) == {}


def test_what_the_first_payer_takes_back_is_taken_from_the_patient_who_has_it(office: Office):
    sent = billed(office)
    wrong = make.answer(sent, CO45, PR2)
    bring(office, wrong)
    passed(office, second_of(office, sent))
    third_id = third_payer(office, sent)
    bring(office, make.turned(wrong), make.answer(sent, CO45, Adjustment("PR", "1", 500)), number=2)
    found = open_now(office, sent)
    assert (found, balances(office.world, payer_id=third_id)) == ({"receivable:patient": 500}, {})

"""Claims to second payers: drafted once the first has answered, never where it sent them on, stale when it changes."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.domain.claims import ClaimFacts
from portal.domain.remittances import Adjustment, ClaimPayment
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import aside
from portal.services.claims import carrying, correcting, following, showing
from portal.services.claims.building import as_domain
from portal.x12.claims.coordination import write_others
from portal.x12.claims.reading import read_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make import claims as people
from tests.make import remittances as make
from tests.services.claims.office import Office
from tests.services.claims.test_kinds import STAY
from tests.services.remittances.test_importing import balances

CO45 = Adjustment("CO", "45", 3_000)
PR2 = Adjustment("PR", "2", 2_000)
LINES = (("G0438", 10_000), ("J1885", 4_000))


def billed(office: Office, **more: Any) -> make.Sent:
    """A visit that the first payer has, of a patient with a second coverage."""
    return make.sent(office.world, **({"second_payer": "LKM04", "lines": LINES} | more))


def bring(office: Office, *claims: ClaimPayment, number: int = 1, **more: Any) -> bytes:
    """A payment in, and what follows from it."""
    (result,) = make.bring(office.world, make.payment(*claims, **more), number=number).payments
    assert result.remittance_id is not None
    assert result.state == "POSTED"
    following.follow_remittance(office.world.units, office.world.machine("claim.follow"), result.remittance_id)
    return result.remittance_id


def claims_of(office: Office, sent: make.Sent) -> list[ClaimRow]:
    with office.world.read("claim:view", office.biller) as uow:
        return uow.entities(
            uow.select(ClaimRow).where(ClaimRow.encounter_id == sent.encounter_id).order_by(ClaimRow.rank)
        )


def second_of(office: Office, sent: make.Sent) -> ClaimRow:
    first, second = claims_of(office, sent)
    assert (first.rank, second.rank, second.frequency) == ("P", "S", "1")
    assert first.control != second.control
    return second


def test_the_second_claim_carries_the_first_answer_and_goes(office: Office):
    sent = billed(office)
    bring(office, make.answer(sent, CO45, PR2))
    second = second_of(office, sent)
    assert (second.state, second.charge_cents, second.edits) == ("READY", 14_000, [])
    # the payer takes claims for 180 days, here from the day of the first payer's payment
    assert (second.filing_due - office.world.clock.now().date()).days == 180
    assert office.items(sent.claim_id) == []
    assert office.items(second.id) == [("claims", "ready")]
    assert balances(office.world, payer_id=second.payer_id) == {"receivable:payer": 2_000}
    assert office.send().claims == 1
    body = office.sent()
    assert validate(body) == ()
    (claim,) = read_claims(read(body)).claims
    (other,) = claim.others
    assert other.decision is not None
    assert (claim.cover.rank, other.cover.rank, other.cover.payer_id) == ("S", "P", "CBH03")
    assert (other.decision.paid_cents, other.decision.payer_control) == (9_000, f"ICN{sent.control}")
    assert [[(one.paid_cents, one.adjustments, one.remaining_cents) for one in line.decisions]
            for line in claim.lines] == [[(5_000, (CO45, PR2), 2_000)], [(4_000, (), 0)]]  # fmt: skip
    with office.world.read("claim:view", office.biller) as uow:
        built = as_domain(uow, uow.get(ClaimRow, second.id))
    assert [line.decisions for line in claim.lines] == [line.decisions for line in built.lines]
    assert [each.decision for each in claim.others] == [each.decision for each in built.others]


def test_the_second_answer_leaves_the_rest_to_the_patient(office: Office):
    sent = billed(office)
    bring(office, make.answer(sent, CO45, PR2))
    second = second_of(office, sent)
    office.send()
    answered = make.sent_of(office.world, second.id)
    rest = Adjustment("PR", "3", 500)
    paid = make.answer(answered, Adjustment("OA", "23", 8_000), rest, status="2", services=(), adjustments=(
        Adjustment("OA", "23", 12_000), rest), paid_cents=1_500)  # fmt: skip
    bring(office, paid, number=2, payer_id="LKM04")
    assert office.state(second.id) == "ADJUDICATED"
    assert balances(office.world, patient_id=sent.patient_id) == {
        "receivable:patient": 500, "contractual": 3_000, "unapplied:payer": 10_500, "revenue": -14_000,
    }  # fmt: skip
    assert len(claims_of(office, sent)) == 2
    with office.world.read("claim:view", office.biller) as uow:
        pages = [showing.show_claim(uow, id_) for id_ in (sent.claim_id, second.id)]
    sums = [(page.sums.plan_paid.cents, page.sums.others_paid.cents, page.sums.patient.cents) for page in pages]
    assert sums == [(9_000, 1_500, 500), (1_500, 9_000, 500)]
    assert [page.sums.open.cents + page.sums.others_open.cents for page in pages] == [0, 0]


@pytest.mark.parametrize(
    "said",
    [{"status": "19"}, {"remarks": ("MA18",)}, {"crossover_payer": "SUPPLEMENT", "crossover_payer_id": "LKM04"}],
    ids=["status", "remark", "carrier"],
)
def test_what_the_first_payer_sent_on_is_never_sent_again(office: Office, said: dict[str, Any]):
    sent = billed(office)
    bring(office, make.answer(sent, CO45, PR2, **said))
    assert len(claims_of(office, sent)) == 1
    assert office.items(sent.claim_id) == [("next-payer", "next-payer")]
    first = claims_of(office, sent)[0]
    # the next payer answers under the first claim's number: what it leaves is the patient's
    second = make.answer(sent, Adjustment("OA", "23", 8_000), Adjustment("PR", "3", 500), status="2")
    lines = tuple(
        replace(line, paid_cents=0, adjustments=(Adjustment("OA", "23", line.charge_cents),)) if at else line
        for at, line in enumerate(second.services)
    )
    bring(office, replace(second, services=lines, paid_cents=1_500, payer_control="N1"), number=2, payer_id="LKM04")
    assert len(claims_of(office, sent)) == 1
    assert balances(office.world, patient_id=sent.patient_id)["receivable:patient"] == 500
    assert "receivable:payer" not in balances(office.world, patient_id=sent.patient_id)
    assert office.state(first.id) == "ADJUDICATED"


def test_nothing_is_drafted_where_nothing_is_left_or_nobody_comes_next(office: Office):
    paid, alone = billed(office), make.sent(office.world, last="Birch")
    bring(office, make.answer(paid, CO45), make.answer(alone, CO45, PR2))
    assert (len(claims_of(office, paid)), len(claims_of(office, alone))) == (1, 1)


def test_however_often_and_in_whatever_order_answers_come_one_claim_is_drafted(office: Office):
    sent = billed(office)
    wrong, right = make.answer(sent, CO45, PR2), make.answer(sent, CO45, Adjustment("PR", "1", 2_500))
    first = bring(office, wrong)
    later = bring(office, make.turned(wrong), right, number=2)
    for remittance in random.choices([first, later], k=4):
        following.follow_remittance(office.world.units, office.world.machine("claim.follow"), remittance)
    second = second_of(office, sent)
    with office.world.read("claim:view", office.biller) as uow:
        built = as_domain(uow, second)
    assert second.state == "READY"
    assert [one.paid_cents for one in built.lines[0].decisions] == [4_500]


def test_a_draft_follows_the_first_payer_and_stops_when_it_takes_its_answer_back(office: Office):
    sent = billed(office)
    wrong = make.answer(sent, CO45, PR2)
    bring(office, wrong)
    second = second_of(office, sent)
    bring(office, make.turned(wrong), number=2)
    assert office.state(second.id) == "DRAFT"
    assert [each["code"] for each in office.row(second.id).edits if each["severity"] == "block"] == ["cob-order"]
    assert office.send().claims == 0
    bring(office, make.answer(sent, CO45, Adjustment("PR", "1", 2_500)), number=3)
    assert office.state(second.id) == "READY"


def test_what_went_is_looked_at_when_the_first_payer_changes_its_answer(office: Office):
    sent = billed(office)
    wrong = make.answer(sent, CO45, PR2)
    bring(office, wrong)
    second = second_of(office, sent)
    office.send()
    bring(office, make.turned(wrong), wrong, number=2)
    assert office.items(second.id) == []
    bring(office, make.turned(wrong), make.answer(sent, CO45, Adjustment("PR", "1", 2_500)), number=3)
    assert office.items(second.id) == [("claims", "earlier-changed")]
    with office.world.write("claim:edit", office.biller) as uow:
        correcting.seen(uow, second.id)
    assert office.items(second.id) == []


def test_what_does_not_add_up_is_refused_with_the_reason(office: Office):
    sent = billed(office)
    odd = make.answer(sent, CO45, PR2)
    less = replace(odd, charge_cents=10_000, paid_cents=5_000, services=odd.services[:1])
    bring(office, less)
    second = second_of(office, sent)
    assert second.state == "DRAFT"
    assert [(each["code"], each["line"]) for each in second.edits] == [("cob-balance", None)]
    assert "$40.00" in str(second.edits[0]["text"]) or "4000" in str(second.edits[0]["text"])


def test_a_third_payer_follows_the_second_with_both_answers(office: Office):
    sent = billed(office)
    with office.world.write("patient:change") as uow:
        third = people.payer(uow, "FEC01")
        uow.flush()
        uow.new(
            CoverageRow, patient_id=sent.patient_id, payer_id=third.id, rank="T", relationship="18",
            filing_code="CI", member_id_sealed="THIRD1",
        )  # fmt: skip
    bring(office, make.answer(sent, CO45, PR2))
    second = second_of(office, sent)
    office.send()
    answered = make.sent_of(office.world, second.id)
    both = make.answer(answered, Adjustment("OA", "23", 8_000), Adjustment("PR", "2", 1_500), status="2")
    lines = (both.services[0], replace(both.services[1], paid_cents=0, adjustments=(
        Adjustment("OA", "23", 4_000),)))  # fmt: skip
    bring(office, replace(both, services=lines, paid_cents=500), number=2, payer_id="LKM04")
    third_claim = claims_of(office, sent)[-1]
    assert (third_claim.rank, third_claim.state) == ("T", "READY")
    office.out.joinpath(next(office.out.iterdir()).name).unlink()
    office.send()
    body = office.sent()
    assert validate(body) == ()
    (claim,) = read_claims(read(body)).claims
    assert [other.cover.rank for other in claim.others] == ["P", "S"]
    assert [[one.payer_id for one in line.decisions] for line in claim.lines] == [["CBH03", "LKM04"]] * 2


def test_a_payments_quantities_and_carrier_are_kept(office: Office):
    sent = billed(office)
    units = replace(PR2, quantity=Decimal(1))
    bring(office, make.answer(sent, CO45, units, crossover_payer="SUPPLEMENT", crossover_payer_id="S1"))
    with office.world.read("remittance:view") as uow:
        row = uow.first(uow.select(RemittanceClaimRow).where(RemittanceClaimRow.claim_id == sent.claim_id))
        assert row is not None
        assert row.crossover == "SUPPLEMENT"
    with office.world.read("claim:view", office.biller) as uow:
        standing = carrying.standing_of(uow, [uow.get(ClaimRow, sent.claim_id)])[sent.claim_id]
    assert [one.quantity for line in standing.lines.values() for said in line for one in said.adjustments] == [None, 1]


def test_what_medicare_is_told_and_what_the_first_payer_said_beside_the_amounts_go_along(office: Office):
    """MOA as it came, with its amounts, and SBR05 of a Medicare that pays second."""
    sent = billed(office)
    with office.world.write("patient:change") as uow:
        second = uow.first(
            uow.select(CoverageRow).where(CoverageRow.patient_id == sent.patient_id, CoverageRow.rank == "S")
        )
        assert second is not None
        uow.change(second, filing_code="MB", insurance_type="12")
    said = ("0.5", "25", "N130", "MA01")
    bring(office, make.answer(sent, CO45, PR2, outpatient=said, remarks=("N130", "MA01")))
    assert office.send().claims == 1
    body = office.sent()
    assert validate(body) == ()
    assert b"~SBR*S*18*****" not in body
    assert b"~SBR*S*18***12****MB~" in body
    assert b"~MOA*0.5*25*N130*MA01~" in body
    (claim,) = read_claims(read(body)).claims
    (other,) = claim.others
    assert (claim.cover.insurance_type, other.cover.insurance_type) == ("12", "")
    assert other.decision is not None
    assert (other.decision.outpatient, other.decision.remarks) == (said, ("N130", "MA01"))
    facility = replace(claim, institutional=STAY, others=(replace(other, decision=replace(
        other.decision, inpatient=("1", "", "", "140.5", "MA18"), outpatient=())),))  # fmt: skip
    written = [one for one in write_others(facility) if one[0] in {"MIA", "MOA"}]
    assert written == [("MIA", "1", "", "", "140.5", "MA18")]


def test_a_claim_that_was_withdrawn_with_its_visit_stands_for_nobody_once_that_was_taken_up(office: Office):
    sent = billed(office)
    with office.world.write("claim:edit", office.biller) as uow:
        first = uow.get(ClaimRow, sent.claim_id)
        where = (CoverageRow.patient_id == sent.patient_id, CoverageRow.rank == "S")
        (cover,) = uow.entities(uow.select(CoverageRow).where(*where))
        # it was billed to this one first, then set aside, and taken up with the right order
        old = uow.new(
            ClaimRow, patient_id=first.patient_id, encounter_id=first.encounter_id, coverage_id=cover.id,
            payer_id=cover.payer_id, control="OLD1", state="DRAFT", rank="P", frequency="1", versions=0, edits=[],
            charge_cents=first.charge_cents, service_from=first.service_from, filing_due=first.filing_due,
            created_at=uow.now,
        )  # fmt: skip
        uow.flush()
        uow.begin(old)
        uow.move(old, "WITHDRAWN", ClaimFacts(actor=uow.actor.user_id, unsent=True), reason=aside.SET)
    bring(office, make.answer(sent, CO45, PR2))
    found = sorted((claim.rank, claim.state) for claim in claims_of(office, sent))
    assert found == [("P", "ADJUDICATED"), ("P", "WITHDRAWN"), ("S", "READY")]

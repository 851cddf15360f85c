"""A payment's claim that no number matched, put to its claim by a person."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.domain.remittances import Adjustment, ClaimPayment, Name
from portal.models.claims import ClaimRow
from portal.models.remittances import RemittanceClaimRow, RemittanceRow
from portal.services.remittances.by_hand import match_by_hand
from tests.databases import World
from tests.make import remittances as make
from tests.services.remittances.test_importing import CO45, PR1, balances, claim_of, items, rows

LOST = {"control": "0", "payer_control": "", "patient": Name("A", "B")}


def unmatched(world: World, *claims: ClaimPayment, number: int = 1) -> RemittanceClaimRow:
    make.bring(world, make.payment(*claims), number=number)
    return next(row for row in rows(world, RemittanceClaimRow) if row.state == "UNMATCHED")


def by_hand(world: World, part: RemittanceClaimRow, sent: make.Sent) -> None:
    with world.write("remittance:post", world.actor("payment-poster")) as uow:
        match_by_hand(uow, part.id, sent.claim_id)


def test_it_is_posted_as_if_it_had_been_found(world: World):
    sent, other = make.sent(world), make.sent(world)
    part = unmatched(world, make.answer(sent, CO45, PR1, **LOST))
    make.bring(world, make.payment(make.answer(other, CO45, PR1)), number=2)
    by_hand(world, part, sent)
    assert balances(world, patient_id=sent.patient_id) == balances(world, patient_id=other.patient_id)
    assert "unapplied:payer" not in balances(world)
    claim = claim_of(world, sent)
    assert (claim.state, claim.state_before_remittance) == ("ADJUDICATED", "ACCEPTED")
    assert items(world, "unmatched-payments") == []
    with world.read("remittance:view") as uow:
        row = uow.get(RemittanceClaimRow, part.id)
        assert (row.state, row.claim_id, row.subject_id) == ("MATCHED", sent.claim_id, sent.patient_id)
        assert uow.read(row, RemittanceClaimRow.control_sealed) == "0"
        assert uow.read(row, RemittanceClaimRow.patient_name_sealed) == {"last": "A", "first": "B"}
        assert uow.get(RemittanceRow, row.remittance_id).matched_count == 1


def test_it_is_posted_once(world: World):
    sent = make.sent(world)
    part = unmatched(world, make.answer(sent, CO45, PR1, **LOST))
    by_hand(world, part, sent)
    before = balances(world)
    with pytest.raises(Refused) as refused:
        by_hand(world, part, sent)
    assert refused.value.code == "matched-before"
    assert balances(world) == before


def test_a_claim_never_sent_is_refused(world: World):
    sent, draft = make.sent(world), make.sent(world, state="DRAFT")
    part = unmatched(world, make.answer(sent, CO45, PR1, **LOST))
    with pytest.raises(Refused) as refused:
        by_hand(world, part, draft)
    assert refused.value.code == "claim-not-sent"


def test_a_reversal_waits_for_what_it_undoes(world: World):
    sent = make.sent(world)
    answer = make.answer(sent, CO45, PR1, **LOST)
    part = unmatched(world, make.turned(answer))
    with pytest.raises(Refused) as refused:
        by_hand(world, part, sent)
    assert refused.value.code == "reversal-unknown"
    make.bring(world, make.payment(make.answer(sent, CO45, PR1)), number=2)
    by_hand(world, part, sent)
    assert balances(world, patient_id=sent.patient_id) == {"receivable:payer": 10_000, "revenue": -10_000}
    assert claim_of(world, sent).state == "ACCEPTED"


def test_a_denial_matched_by_hand_is_worked(world: World):
    sent = make.sent(world)
    part = unmatched(world, make.answer(sent, Adjustment("CO", "29", 10_000), status="4", **LOST))
    by_hand(world, part, sent)
    assert [item.reason for item in items(world, "denials")] == ["CO 29"]


def test_it_closes_what_it_settles(world: World):
    sent = make.sent(world)
    by_hand(world, unmatched(world, make.answer(sent, CO45, **LOST)), sent)
    with world.read("claim:view") as uow:
        assert uow.get(ClaimRow, sent.claim_id).state == "CLOSED"

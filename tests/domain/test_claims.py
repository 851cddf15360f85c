from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.claims import LIFE, ClaimFacts, ServiceLine
from portal.domain.errors import Refused
from tests.domain.clean import claim

BILLER, MANAGER = b"biller", b"manager"
REPLACEMENT = ClaimFacts(BILLER, snapshot=True, frequency="7", payer_control="P1")


def refused(frm: str, to: str, facts: ClaimFacts) -> bool:
    try:
        LIFE.permit(frm, to, facts, reason="because")
    except Refused:
        return True
    return False


def test_the_sum_of_lines_is_the_sum_of_lines() -> None:
    line = ServiceLine("G0438", 12_345, Decimal(1), (1,), date(2026, 1, 2))
    assert replace(claim(), lines=(line, replace(line, charge_cents=5))).lines_cents == 12_350


@pytest.mark.parametrize("facts", [{"blocking_findings": 1}, {"restricted": True}, {"filing_passed": True}])
def test_a_claim_with_a_blocking_finding_is_not_ready(facts: dict[str, int]) -> None:
    assert not refused("DRAFT", "READY", ClaimFacts(BILLER))
    assert refused("DRAFT", "READY", replace(ClaimFacts(BILLER), **facts))
    assert refused("REJECTED", "READY", replace(ClaimFacts(BILLER), **facts))


def test_a_hold_is_released_by_its_owner_or_a_manager_to_where_it_was() -> None:
    held = ClaimFacts(BILLER, held_from="READY", hold_owner=BILLER)
    assert not refused("HELD", "READY", held)
    assert not refused("HELD", "DRAFT", held)
    assert refused("HELD", "READY", replace(held, actor=MANAGER))
    assert not refused("HELD", "READY", replace(held, actor=MANAGER, manager=True))
    assert refused("HELD", "READY", replace(held, held_from="DRAFT"))


def test_a_hold_by_the_rules_is_released_by_the_rules_or_a_manager() -> None:
    held = ClaimFacts(None, held_from="READY")
    assert not refused("HELD", "READY", held)
    assert refused("HELD", "READY", replace(held, actor=BILLER))


def test_nothing_is_sent_without_its_snapshot() -> None:
    assert refused("READY", "SUBMITTED", ClaimFacts(BILLER))
    assert not refused("READY", "SUBMITTED", ClaimFacts(BILLER, snapshot=True))
    assert refused("READY", "SUBMITTED", ClaimFacts(BILLER, snapshot=True, frequency="7"))


def test_after_an_answer_only_a_replacement_goes_again() -> None:
    assert not refused("ADJUDICATED", "SUBMITTED", REPLACEMENT)
    assert refused("ADJUDICATED", "SUBMITTED", replace(REPLACEMENT, frequency="1"))
    assert refused("ADJUDICATED", "SUBMITTED", replace(REPLACEMENT, payer_control=""))
    assert refused("ADJUDICATED", "SUBMITTED", replace(REPLACEMENT, blocking_findings=2))


def test_what_was_rejected_stands_by_the_answer_before_only_when_a_person_gives_it_up() -> None:
    facts = ClaimFacts(BILLER, given_up=True, state_before="ADJUDICATED")
    assert not refused("REJECTED", "ADJUDICATED", facts)
    for change in ({"actor": None}, {"given_up": False}, {"state_before": ""}, {"state_before": "ACCEPTED"}):
        assert refused("REJECTED", "ADJUDICATED", replace(facts, **change))
    for frm in ("SUBMITTED", "ACCEPTED", "PENDED", "VOID_PENDING", "VOIDED"):
        assert refused(frm, "ADJUDICATED", facts), "nothing else is answered by that"


@pytest.mark.parametrize("before", ["SUBMITTED", "ACCEPTED", "REJECTED", "PENDED", "VOID_PENDING", "VOIDED"])
def test_a_reversal_restores_the_state_before_and_no_other(before: str) -> None:
    facts = ClaimFacts(undone=True, state_before=before)
    assert not refused("ADJUDICATED", before, facts)
    assert refused("ADJUDICATED", "ACCEPTED" if before == "PENDED" else "PENDED", facts)


def test_a_remittance_answers_a_claim_whatever_came_before() -> None:
    for frm in ("SUBMITTED", "ACCEPTED", "REJECTED", "PENDED", "CLOSED", "VOID_PENDING", "VOIDED"):
        assert refused(frm, "ADJUDICATED", ClaimFacts())
        assert not refused(frm, "ADJUDICATED", ClaimFacts(remittance_posted=True))
    assert refused("DRAFT", "ADJUDICATED", ClaimFacts(remittance_posted=True))


def test_a_closed_claim_reopens_on_a_take_back_and_a_refused_void_returns() -> None:
    assert not refused("CLOSED", "ADJUDICATED", ClaimFacts(reopened=True))
    assert refused("ACCEPTED", "ADJUDICATED", ClaimFacts(reopened=True))
    assert not refused("VOID_PENDING", "ADJUDICATED", ClaimFacts(void_refused=True, state_before="ADJUDICATED"))
    assert refused("VOID_PENDING", "ADJUDICATED", ClaimFacts(void_refused=True, state_before="ACCEPTED"))
    for before in ("SUBMITTED", "ACCEPTED", "PENDED", "CLOSED"):
        assert not refused("VOID_PENDING", before, ClaimFacts(void_refused=True, state_before=before))
        assert refused("VOID_PENDING", before, ClaimFacts(void_refused=True, state_before="ADJUDICATED"))
        assert refused("VOID_PENDING", before, ClaimFacts(state_before=before))


def test_a_void_needs_the_payers_number_and_another_persons_approval() -> None:
    void = ClaimFacts(BILLER, payer_control="P1", approved_by=MANAGER)
    assert not refused("ACCEPTED", "VOID_PENDING", void)
    assert refused("ACCEPTED", "VOID_PENDING", replace(void, payer_control=""))
    assert refused("ACCEPTED", "VOID_PENDING", replace(void, approved_by=BILLER))
    assert refused("ACCEPTED", "VOID_PENDING", replace(void, approved_by=None))
    assert refused("VOID_PENDING", "VOIDED", replace(void, paid_cents=1))
    assert not refused("VOID_PENDING", "VOIDED", void)


def test_a_claim_closes_only_when_all_is_settled() -> None:
    assert not refused("ADJUDICATED", "CLOSED", ClaimFacts(open_balance=False))
    assert refused("ADJUDICATED", "CLOSED", ClaimFacts(open_balance=True))
    assert refused("ADJUDICATED", "CLOSED", ClaimFacts(open_balance=False, open_cases=1))


def test_what_was_sent_is_never_edited_in_place() -> None:
    assert not LIFE.allows("SUBMITTED", "DRAFT")
    assert not LIFE.allows("SUBMITTED", "READY")
    assert not LIFE.allows("ACCEPTED", "DRAFT")

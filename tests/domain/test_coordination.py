"""What earlier payers decided, carried on: it adds up whatever they paid, and a reversal takes it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.claims import OtherPayer, ServiceLine
from portal.domain.coordination import Answer, LineDecision, carry, forwarded, patients, segments
from portal.domain.edits.carried import RULES
from portal.domain.edits.rules import EditContext
from portal.domain.remittances import Adjustment, ClaimPayment, ServicePayment
from tests.domain.clean import claim as clean
from tests.domain.remits import DAY, claim_payments, turned

PAID_ON = date(2026, 6, 1)
FIRST = replace(clean().cover, payer_id="FIRST1")
CONTEXT = EditContext(PAID_ON)


def answer(payment: ClaimPayment, day: date = PAID_ON, *, stray: bool = False) -> Answer:
    """Each service on the line of its place; with `stray` on none."""
    return Answer(payment, day, tuple(None if stray else at for at in range(len(payment.services))))


def findings(payment: ClaimPayment, *answers: Answer) -> list[str]:
    """What the edits say of a claim as large as a payment, carrying these answers."""
    carried = carry("FIRST1", answers, len(payment.services))
    assert carried is not None
    decision, of_lines = carried
    lines = tuple(
        ServiceLine("G0438", service.charge_cents, Decimal(1), (1,), DAY, decisions=of_lines[at])
        for at, service in enumerate(payment.services)
    )
    made = replace(clean(), charge_cents=payment.charge_cents, lines=lines, others=(OtherPayer(FIRST, decision),))
    return [one.code for rule in RULES for one in rule.findings(made, CONTEXT)]


balanced = claim_payments().filter(lambda one: one.charge_cents > 0).map(lambda one: replace(one, status="1"))


@settings(max_examples=60)
@given(balanced)
def test_whatever_the_first_payer_paid_what_is_carried_adds_up(payment: ClaimPayment) -> None:
    assert findings(payment, answer(payment)) == []


@settings(max_examples=40)
@given(balanced, balanced, st.permutations(range(3)))
def test_a_reversal_leaves_what_came_in_its_place_in_whatever_order(
    wrong: ClaimPayment, right: ClaimPayment, order: list[int]
) -> None:
    if len(wrong.services) != len(right.services) or wrong.charge_cents != right.charge_cents:
        services = tuple(replace(one, code="G0439") for one in right.services)
        wrong = replace(right, services=services)
    said = [answer(wrong, date(2026, 5, 20)), answer(turned(wrong), date(2026, 6, 1)), answer(right)]
    carried = carry("FIRST1", [said[at] for at in order], len(right.services))
    alone = carry("FIRST1", [answer(right)], len(right.services))
    assert carried is not None
    assert alone is not None
    sums = {(one.group, one.reason): one.amount_cents for one in alone[0].adjustments}
    assert {(one.group, one.reason): one.amount_cents for one in carried[0].adjustments} == sums
    assert carried[0].paid_cents == alone[0].paid_cents
    assert [sum(one.paid_cents for one in line) for line in carried[1]] == [
        sum(one.paid_cents for one in line) for line in alone[1]
    ]
    assert findings(right, *said) == []


@settings(max_examples=20)
@given(balanced)
def test_nothing_stands_after_a_reversal_alone(payment: ClaimPayment) -> None:
    assert carry("FIRST1", [answer(payment), answer(turned(payment))], len(payment.services)) is None
    assert carry("FIRST1", [], 3) is None


SERVICE = ServicePayment("G0438", (), 10_000, 6_000, 5, adjustments=(Adjustment("CO", "45", 4_000),), from_date=DAY)
PAYMENT = ClaimPayment("C1", "1", 10_000, 6_000, 4, services=(SERVICE,), payer_control="ICN1", remarks=("N1", "N1"))


def test_a_line_carries_what_was_paid_and_when_and_what_is_left() -> None:
    changed = replace(
        SERVICE, code="G0439", modifiers=("59",), units=Decimal(2), billed_code="G0438", paid_cents=4_500,
        adjustments=(Adjustment("CO", "45", 4_000), Adjustment("PR", "2", 1_500, Decimal(1))),
    )  # fmt: skip
    carried = carry("FIRST1", [answer(replace(PAYMENT, paid_cents=4_500, services=(changed,)))], 2)
    assert carried is not None
    decision, lines = carried
    assert lines == (
        (LineDecision("FIRST1", 4_500, "G0439", Decimal(2), changed.adjustments, "HC", ("59",), "", PAID_ON, 1_500),),
        (),
    )
    assert (decision.paid_cents, decision.payer_control, decision.remarks) == (4_500, "ICN1", ("N1",))
    assert (decision.decided_on, decision.remaining_cents, decision.forwarded) == (None, None, False)


def test_an_answer_without_lines_is_carried_for_the_claim() -> None:
    own = (Adjustment("CO", "45", 1_000), Adjustment("PR", "1", 3_000))
    carried = carry("FIRST1", [answer(replace(PAYMENT, services=(), adjustments=own))], 1)
    assert carried is not None
    decision, lines = carried
    assert lines == ((),)
    assert (decision.adjustments, decision.remaining_cents, decision.decided_on) == (own, 3_000, PAID_ON)


def test_a_service_that_fits_no_line_is_told() -> None:
    assert findings(PAYMENT, answer(PAYMENT, stray=True)) == ["cob-balance", "cob-lines"]
    both = [answer(PAYMENT, stray=True), answer(turned(PAYMENT), stray=True), answer(PAYMENT)]
    assert findings(PAYMENT, *both) == []


@pytest.mark.parametrize(
    ("status", "remarks", "crossover", "said"),
    [
        ("1", (), "", False), ("1", ("N130",), None, False), ("4", (), "", False), ("22", (), "", False),
        ("19", (), "", True), ("20", (), "", True), ("21", (), "", True), ("23", (), "", True),
        ("1", ("MA18",), "", True), ("1", (), "SUPPLEMENT PLAN", True), ("1", ("MA19",), "", False),
    ],
)  # fmt: skip
def test_a_payer_says_in_three_ways_that_it_sent_a_claim_on(
    status: str, remarks: tuple[str, ...], crossover: str | None, said: bool
) -> None:
    assert forwarded(status, remarks, crossover) is said


def test_once_sent_on_stays_sent_on() -> None:
    first, second = replace(PAYMENT, status="19"), PAYMENT
    said = [answer(first), answer(turned(first)), answer(second)]
    assert findings(PAYMENT, *said) == ["cob-forwarded"]


def test_cas_segments_hold_six_of_a_group() -> None:
    many = (*(Adjustment("CO", str(n), 1) for n in range(7)), Adjustment("PR", "1", 5))
    assert [(group, len(part)) for group, part in segments(many)] == [("CO", 6), ("CO", 1), ("PR", 1)]
    assert patients(many) == 5

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.remittances import (
    Adjustment,
    ClaimPayment,
    Payment,
    ProviderAdjustment,
    ServicePayment,
    imbalances,
    payment_key,
)
from tests.domain.remits import remittances

OFF = st.integers(-5_000, 5_000).filter(bool)


@settings(max_examples=40)
@given(remittances())
def test_a_balanced_payment_has_no_imbalance(payment: Payment) -> None:
    assert imbalances(payment) == ()


@settings(max_examples=40)
@given(remittances(), OFF)
def test_a_payment_off_by_some_cents_is_found_at_its_level_and_no_other(payment: Payment, off: int) -> None:
    [found] = imbalances(replace(payment, amount_cents=payment.amount_cents - off))
    assert (found.level, found.off_cents, found.claim) == ("transaction", off, "")
    assert str(found.text).startswith("The payment is off by")


@settings(max_examples=40)
@given(remittances().filter(lambda payment: payment.claims), OFF)
def test_a_claim_off_by_some_cents_is_found_with_its_number(payment: Payment, off: int) -> None:
    first = payment.claims[0]
    spoiled = replace(first, charge_cents=first.charge_cents + off)
    [found] = imbalances(replace(payment, claims=(spoiled, *payment.claims[1:])))
    assert (found.level, found.claim, found.segment, found.off_cents) == ("claim", first.control, first.segment, off)
    assert first.control in str(found.text)


@settings(max_examples=40)
@given(remittances().filter(lambda payment: any(claim.services for claim in payment.claims)), OFF)
def test_a_service_off_by_some_cents_is_found_at_its_segment(payment: Payment, off: int) -> None:
    at, claim = next((at, claim) for at, claim in enumerate(payment.claims) if claim.services)
    spoiled = replace(claim.services[0], paid_cents=claim.services[0].paid_cents - off)
    claims = list(payment.claims)
    claims[at] = replace(claim, services=(spoiled, *claim.services[1:]))
    [found] = imbalances(replace(payment, claims=tuple(claims)))
    assert (found.level, found.segment, found.off_cents) == ("service", spoiled.segment, off)
    assert f"segment {spoiled.segment}" in str(found.text)


def test_patient_responsibility_takes_no_part_in_balancing() -> None:
    claim = ClaimPayment("C", "1", 100, 100, 2, patient_cents=55)
    assert imbalances(Payment(100, "T", (claim,), (), 1)) == ()


def test_a_provider_adjustment_takes_when_positive_and_adds_when_negative() -> None:
    claim = ClaimPayment("C", "1", 100, 100, 2)
    taken, given_ = ProviderAdjustment("WO", "R", 30, 9), ProviderAdjustment("L6", "R", -5, 9)
    assert imbalances(Payment(75, "T", (claim,), (taken, given_), 1)) == ()


def test_all_adjustments_are_the_claims_and_then_its_lines() -> None:
    one, two = Adjustment("CO", "45", 1), Adjustment("PR", "1", 2)
    service = ServicePayment("G0438", (), 10, 8, 3, adjustments=(two,))
    assert ClaimPayment("C", "1", 10, 7, 2, adjustments=(one,), services=(service,)).every_adjustment() == (one, two)


def test_only_status_22_is_a_reversal() -> None:
    assert ClaimPayment("C", "22", 0, 0, 2).reversal
    assert not ClaimPayment("C", "2", 0, 0, 2).reversal


def test_the_payment_key_knows_practice_payer_trace_payee_date_and_amount_and_nothing_else() -> None:
    practice = bytes(range(16))
    payment = Payment(12_345, "T1", (), (), 1, paid_on_text="20260601", payer_tax="1999999999", payee_id="1234567893")
    key = payment_key(practice, payment)
    assert key == payment_key(practice, replace(payment, segment=77, control="0002", payer_name="HARBOR"))
    others = {
        payment_key(bytes(16), payment),
        payment_key(practice, replace(payment, amount_cents=12_346)),
        payment_key(practice, replace(payment, trace="T2")),
        payment_key(practice, replace(payment, payer_tax="1999999998")),
        payment_key(practice, replace(payment, payee_id="")),
        payment_key(practice, replace(payment, paid_on_text="20260602")),
    }
    assert len(others | {key}) == 7


def test_the_payment_key_is_the_published_one() -> None:
    payment = Payment(100, "T1", (), (), 1)
    # printf '["835-payment/v1","00000000000000000000000000000000","","T1","","",100]' | sha256sum
    assert payment_key(bytes(16), payment) == "2cbc6761da7b17cb31922cb1b8a2d50abbd6d09dc66cd0e5d3430f3923c63122"

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.charges import Charge, Owed
from portal.domain.ledger import Entry
from portal.domain.posting.attribution import Matched, PatientShare
from portal.domain.posting.charges import charge_entry, move_responsibility_entry, write_off_entry
from portal.domain.posting.payments import card_payment_entry
from portal.domain.posting.remittances import claim_posting
from portal.domain.remittances import Adjustment, ClaimPayment, ServicePayment
from portal.domain.statements.arithmetic import BUCKETS, ServiceSums, ages, due_on, reasons, service_sums

ON, DAY = date(2026, 6, 1), date(2026, 5, 5)
PATIENT, PAYER = b"p" * 16, b"y" * 16
CHARGE = Charge(b"c" * 16, PATIENT, b"e" * 16, 10_000, PAYER, b"k" * 16, "G0438", (), DAY, "L0")
OWED = Owed(CHARGE.charge_id, PATIENT, CHARGE.encounter_id, DAY, 10_000)


def answer(*adjustments: Adjustment, charge: Charge = CHARGE) -> tuple[list[Entry], tuple[PatientShare, ...]]:
    paid = charge.amount_cents - sum(one.amount_cents for one in adjustments)
    service = ServicePayment("G0438", (), charge.amount_cents, paid, 3, control="L0", adjustments=adjustments)
    claim = ClaimPayment("C", "1", charge.amount_cents, paid, 2, services=(service,))
    entry, _, shares = claim_posting(0, claim, Matched(b"k" * 16, PATIENT, PAYER, charges=(charge,)), key="k",
                                     posted_on=ON)  # fmt: skip
    return [one for one in (charge_entry(charge, ON), entry) if one], shares


def sums_of(entries: list[Entry]) -> ServiceSums:
    [sums] = service_sums(line for entry in entries for line in entry.lines)
    return sums


def adds_up(sums: ServiceSums) -> bool:
    left = sums.charged_cents - sums.discount_cents - sums.written_off_cents - sums.plan_paid_cents
    return left - sums.you_paid_cents - sums.with_plan_cents == sums.owed_cents


def test_a_visit_in_one_line_of_arithmetic() -> None:
    entries, shares = answer(Adjustment("CO", "45", 3_000), Adjustment("PR", "1", 1_500), Adjustment("PR", "3", 500))
    entries.append(card_payment_entry(b"m" * 16, PATIENT, 800, [OWED], ON))
    sums = sums_of(entries)
    assert sums == ServiceSums(
        CHARGE.charge_id,
        charged_cents=10_000,
        discount_cents=3_000,
        plan_paid_cents=5_000,
        you_paid_cents=800,
        owed_cents=1_200,
    )
    why = reasons(sums, {share.reason: share.amount_cents for share in shares})
    assert [(one.kind, one.amount_cents) for one in why] == [("copay", 500), ("deductible", 1_500)]
    assert str(why[1].text).startswith("$15.00: you pay this yourself")


def test_without_a_plan_the_whole_is_the_patients_and_says_so() -> None:
    entry = charge_entry(Charge(b"c" * 16, PATIENT, b"e" * 16, 10_000), ON)
    assert entry is not None
    sums = sums_of([entry])
    assert sums.owed_cents == 10_000
    assert [(one.kind, one.amount_cents) for one in reasons(sums, {})] == [("no-plan", 10_000)]


def test_a_denied_service_is_asked_of_nobody() -> None:
    entries, _ = answer(Adjustment("CO", "50", 10_000))
    sums = sums_of(entries)
    assert (sums.with_plan_cents, sums.owed_cents) == (10_000, 0)
    assert reasons(sums, {}) == ()


def test_what_was_moved_or_forgiven_is_told_apart() -> None:
    entries, shares = answer(Adjustment("PR", "2", 1_000), Adjustment("OA", "50", 2_000))
    moved = move_responsibility_entry(CHARGE, 2_000, "not-covered", "r", ON, to_patient=True)
    kinds = [(one.kind, one.amount_cents) for one in reasons(sums_of([*entries, moved]), {"2": 1_000})]
    assert kinds == [("coinsurance", 1_000), ("moved", 2_000)]
    forgiven = write_off_entry(CHARGE, 400, "hardship", "w", ON, patient=True)
    kinds = [(one.kind, one.amount_cents) for one in reasons(sums_of([*entries, forgiven]), {"2": 1_000})]
    assert kinds == [("coinsurance", 1_000), ("less", -400)]
    assert shares[0].reason == "2"


AMOUNTS = st.integers(1, 4_000)
ADJUSTMENTS = st.lists(
    st.builds(
        Adjustment, st.sampled_from(["CO", "PR", "OA"]), st.sampled_from(["45", "1", "2", "3", "50", "96"]), AMOUNTS
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(ADJUSTMENTS, st.integers(0, 6_000), st.integers(0, 2_000), st.integers(0, 2_000))
def test_every_line_adds_up_and_the_whole_is_the_patients_balance(
    adjustments: list[Adjustment], paid: int, moved: int, forgiven: int
) -> None:
    entries, shares = answer(*adjustments)
    if moved:
        entries.append(move_responsibility_entry(CHARGE, moved, "x", "r", ON, to_patient=True))
    if forgiven:
        entries.append(write_off_entry(CHARGE, forgiven, "hardship", "w", ON, patient=True))
    if paid:
        entries.append(card_payment_entry(b"m" * 16, PATIENT, paid, [OWED], ON))
    lines = [line for entry in entries for line in entry.lines]
    sums = sums_of(entries)
    assert adds_up(sums)
    assert sums.owed_cents == sum(line.amount_cents for line in lines if line.account == "receivable:patient")
    assert sums.you_paid_cents == paid
    by_reason: dict[str, int] = {}
    for share in shares:
        by_reason[share.reason] = by_reason.get(share.reason, 0) + share.amount_cents
    assert sum(one.amount_cents for one in reasons(sums, by_reason)) == sums.owed_cents + paid


def test_a_claim_without_charges_of_ours_still_shows_what_is_owed() -> None:
    claim = ClaimPayment("C", "1", 10_000, 8_000, 2, adjustments=(Adjustment("PR", "3", 2_000),))
    entry, _, _ = claim_posting(0, claim, Matched(b"k" * 16, PATIENT, PAYER), key="k", posted_on=ON)
    assert entry is not None
    sums = sums_of([entry])
    assert sums.charge_id is None
    assert sums.owed_cents == 2_000
    assert adds_up(sums)


@pytest.mark.parametrize(
    ("made", "due"), [(date(2026, 6, 1), date(2026, 6, 22)), (date(2026, 6, 6), date(2026, 6, 29))]
)
def test_a_bill_is_due_on_a_workday(made: date, due: date) -> None:
    assert due_on(made) == due


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-3, "0-30"), (0, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (120, "91-120"),
     (121, "over-120"), (900, "over-120")],
)  # fmt: skip
def test_a_balance_ages_by_days_since_the_service(days: int, bucket: str) -> None:
    assert {name for name, cents in ages([(ON - timedelta(days=days), 5)], ON).items() if cents} == {bucket}


@given(st.lists(st.tuples(st.dates(date(2024, 1, 1), ON), st.integers(-500, 9_000)), max_size=8))
def test_no_cent_is_lost_in_the_buckets(items: list[tuple[date, int]]) -> None:
    buckets = ages(items, ON)
    assert tuple(buckets) == BUCKETS
    assert sum(buckets.values()) == sum(cents for _, cents in items)

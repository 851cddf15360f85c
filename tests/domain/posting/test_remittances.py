from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.charges import Charge
from portal.domain.codes import is_contractual
from portal.domain.coordination import FORWARDED
from portal.domain.errors import Refused
from portal.domain.ledger import Entry
from portal.domain.posting.attribution import Matched
from portal.domain.posting.charges import charge_entry
from portal.domain.posting.remittances import (
    Posting,
    claim_posting,
    remittance_entries,
    unpostable,
)
from portal.domain.remittances import (
    Adjustment,
    ClaimPayment,
    Name,
    Payment,
    ProviderAdjustment,
    ServicePayment,
    imbalances,
)
from tests.domain.remits import (
    DAY,
    DEPOSIT,
    NEXT,
    PATIENT,
    PAYER,
    claim_payments,
    matches,
    paid,
    remittances,
    turned,
)

ON = date(2026, 6, 1)


def net(entries: Iterable[Entry]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for entry in entries:
        for line in entry.lines:
            sums[line.account] += line.amount_cents
    return Counter({account: cents for account, cents in sums.items() if cents})


def post(payment: Payment, matched: dict[int, Matched], *, deposit_posted: bool = False) -> Posting:
    return remittance_entries(
        payment,
        matched,
        key="k",
        posted_on=ON,
        payer_id=PAYER,
        deposit_id=DEPOSIT,
        deposit_posted=deposit_posted,
    )


@st.composite
def posted(draw: st.DrawFn) -> tuple[Payment, dict[int, Matched]]:
    payment = draw(remittances())
    matched = {index: draw(matches(claim, index)) for index, claim in enumerate(payment.claims) if draw(st.booleans())}
    return payment, matched


def adjusted(claim: ClaimPayment, *, contractual: bool) -> int:
    return sum(
        one.amount_cents
        for one in claim.every_adjustment()
        if (is_contractual(one.group, one.reason, DAY) if contractual else one.group == "PR")
    )


@settings(max_examples=60)
@given(posted())
def test_every_entry_sums_to_nought_and_the_books_are_those_of_the_design(
    case: tuple[Payment, dict[int, Matched]],
) -> None:
    payment, matched = case
    assert imbalances(payment) == ()
    sums = net(post(payment, matched).entries)
    found = [(payment.claims[index], one) for index, one in matched.items()]
    to_patient = sum(
        adjusted(claim, contractual=False)
        for claim, one in found
        if claim.status not in FORWARDED and one.next_payer_id is None
    )
    contractual = sum(adjusted(claim, contractual=True) for claim, _ in found)
    applied = sum(claim.paid_cents for claim, _ in found)
    interest = sum(one.amount_cents for one in payment.provider_adjustments if one.reason == "L6")
    expected = {
        "cash:check" if payment.method == "CHK" else "cash:eft": payment.amount_cents,
        "payer-recoupment": sum(one.amount_cents for one in payment.provider_adjustments) - interest,
        "interest-income": interest,
        "unapplied:payer": applied - sum(claim.paid_cents for claim in payment.claims),
        "contractual": contractual,
        "receivable:patient": to_patient,
        "receivable:payer": -(applied + contractual + to_patient),
    }
    assert sums == {account: cents for account, cents in expected.items() if cents}


@settings(max_examples=40)
@given(posted())
def test_the_cash_line_is_the_payment_and_plb_touches_no_patient(case: tuple[Payment, dict[int, Matched]]) -> None:
    payment, matched = case
    lines = [line for entry in post(payment, matched).entries for line in entry.lines]
    assert [line.amount_cents for line in lines if line.account.startswith("cash:")] == (
        [payment.amount_cents] if payment.amount_cents else []
    )
    for line in lines:
        if line.account in {"payer-recoupment", "interest-income", "cash:eft", "cash:check"}:
            assert (line.patient_id, line.charge_id, line.claim_id) == (None, None, None)
            assert line.deposit_id == DEPOSIT


@settings(max_examples=40)
@given(posted())
def test_only_pr_becomes_the_patients(case: tuple[Payment, dict[int, Matched]]) -> None:
    payment, matched = case
    posting = post(payment, matched)
    patient = net(posting.entries)["receivable:patient"]
    assert patient == sum(share.amount_cents for share in posting.patient)
    bare = replace(
        payment,
        claims=tuple(
            replace(
                claim,
                adjustments=tuple(replace(one, group="CO") for one in claim.adjustments),
                services=tuple(
                    replace(service, adjustments=tuple(replace(one, group="CO") for one in service.adjustments))
                    for service in claim.services
                ),
            )
            for claim in payment.claims
        ),
    )
    assert net(post(bare, matched).entries)["receivable:patient"] == 0


@settings(max_examples=40)
@given(data=st.data())
def test_a_payment_and_its_reversal_leave_nothing(data: st.DataObject) -> None:
    claim = data.draw(claim_payments())
    matched = data.draw(matches(claim))
    # A reversal says only 22; what the first answer waited for is known from our own books.
    claim = replace(claim, status="1" if claim.status in FORWARDED else claim.status)
    first, _, shares = claim_posting(0, claim, matched, key="a", posted_on=ON)
    back = replace(matched, earlier_entry_id=b"e" * 16)
    second, cases, undone = claim_posting(0, turned(claim), back, key="b", posted_on=ON)
    assert net(entry for entry in (first, second) if entry) == {}
    assert cases == ()
    assert Counter((s.charge_id, s.reason, s.amount_cents) for s in shares) == Counter(
        (s.charge_id, s.reason, -s.amount_cents) for s in undone
    )
    if second is not None:
        assert second.reverses_id == b"e" * 16
        assert second.kind == "remittance-reversal"


@settings(max_examples=40)
@given(posted())
def test_a_claim_matched_later_posts_what_it_would_have_posted_at_once(
    case: tuple[Payment, dict[int, Matched]],
) -> None:
    payment, matched = case
    at_once = post(payment, matched).entries
    late = list(post(payment, {}).entries)
    for index, one in matched.items():
        entry, _, _ = claim_posting(index, payment.claims[index], one, key="k", posted_on=ON, deposit_id=DEPOSIT)
        late += [entry] if entry else []
    assert sorted(at_once, key=lambda entry: entry.key) == sorted(late, key=lambda entry: entry.key)
    assert len({entry.key for entry in at_once}) == len(at_once)


@settings(max_examples=40)
@given(posted())
def test_a_deposit_that_came_first_is_not_cash_twice(case: tuple[Payment, dict[int, Matched]]) -> None:
    payment, matched = case
    usual, after = net(post(payment, matched).entries), net(post(payment, matched, deposit_posted=True).entries)
    usual["unapplied:payer"] += payment.amount_cents
    usual["cash:check" if payment.method == "CHK" else "cash:eft"] -= payment.amount_cents
    assert {k: v for k, v in usual.items() if v} == after


def matched_one(*prices: int, **changes: object) -> Matched:
    charges = tuple(
        Charge(b"charge%010d" % at, PATIENT, b"encounter".rjust(16), price, PAYER, code="G0438", from_date=DAY,
               control=f"L{at}")
        for at, price in enumerate(prices)
    )  # fmt: skip
    return Matched(b"c" * 16, PATIENT, PAYER, charges=charges, **changes)  # type: ignore[arg-type]


def one_claim(status: str, *adjustments: Adjustment, charge: int = 10_000, **changes: object) -> ClaimPayment:
    service = ServicePayment(
        "G0438", (), charge, paid(charge, adjustments), 3, control="L0", from_date=DAY, adjustments=adjustments
    )
    claim = ClaimPayment("C0", status, charge, paid(charge, adjustments), 2, services=(service,))
    return replace(claim, **changes)  # type: ignore[arg-type]


def payment_of(*claims: ClaimPayment, plb: tuple[ProviderAdjustment, ...] = (), method: str = "ACH") -> Payment:
    amount = sum(claim.paid_cents for claim in claims) - sum(one.amount_cents for one in plb)
    return Payment(amount, "T1", claims, plb, segment=1, method=method)


def test_a_plain_visit_settles_the_payer_and_leaves_the_copay() -> None:
    claim = one_claim("1", Adjustment("CO", "45", 3_000), Adjustment("PR", "3", 2_000))
    posting = post(payment_of(claim), {0: matched_one(10_000)})
    charge = charge_entry(matched_one(10_000).charges[0], ON)
    assert charge is not None
    assert net((charge, *posting.entries)) == {
        "revenue": -10_000,
        "contractual": 3_000,
        "receivable:patient": 2_000,
        "cash:eft": 5_000,
    }
    assert [(share.reason, share.amount_cents) for share in posting.patient] == [("3", 2_000)]
    assert posting.cases == ()


def test_a_bare_co_adjustment_stays_with_the_payer_and_opens_a_denial() -> None:
    claim = one_claim("1", Adjustment("CO", "50", 10_000))
    posting = post(payment_of(claim, method="NON"), {0: matched_one(10_000)})
    assert posting.entries == ()
    [case] = posting.cases
    assert (case.kind, case.group, case.reason, case.amount_cents) == ("denial", "CO", "50", 10_000)
    assert case.charge_id == matched_one(10_000).charges[0].charge_id


def test_a_part_not_paid_is_an_adjustment_case_not_a_denial() -> None:
    claim = one_claim("1", Adjustment("PI", "151", 4_000))
    assert [case.kind for case in post(payment_of(claim), {0: matched_one(10_000)}).cases] == ["adjustment"]


def test_an_amount_that_raises_a_payment_is_no_denial() -> None:
    claim = one_claim("1", Adjustment("CO", "45", 14_000), Adjustment("OA", "94", -4_000))
    assert [case.kind for case in post(payment_of(claim, method="NON"), {0: matched_one(10_000)}).cases] == [
        "adjustment"
    ]


def test_nothing_paid_by_contract_is_no_denial() -> None:
    claim = one_claim("1", Adjustment("CO", "24", 10_000))
    assert post(payment_of(claim, method="NON"), {0: matched_one(10_000)}).cases == ()


def test_status_4_is_a_denial_even_when_all_is_the_patients() -> None:
    claim = one_claim("4", Adjustment("PR", "31", 10_000))
    posting = post(payment_of(claim, method="NON"), {0: matched_one(10_000)})
    assert [(case.kind, case.amount_cents) for case in posting.cases] == [("denial", 10_000)]


def test_what_an_earlier_payer_did_opens_no_case_with_the_second() -> None:
    claim = one_claim("2", Adjustment("OA", "23", 8_000))
    assert post(payment_of(claim), {0: matched_one(10_000)}).cases == ()
    first = replace(claim, status="1")
    assert [case.kind for case in post(payment_of(first), {0: matched_one(10_000)}).cases] == ["adjustment"]


def test_a_forwarded_claim_leaves_the_rest_with_the_next_payer() -> None:
    claim = one_claim("19", Adjustment("CO", "45", 3_000), Adjustment("PR", "2", 2_000))
    posting = post(payment_of(claim), {0: matched_one(10_000)})
    assert net(posting.entries)["receivable:payer"] == -8_000
    assert posting.patient == ()
    assert [(case.kind, case.amount_cents) for case in posting.cases] == [("next-payer", 2_000)]


def test_another_coverage_gets_what_the_first_payer_left() -> None:
    claim = one_claim("1", Adjustment("PR", "2", 2_000))
    posting = post(payment_of(claim), {0: matched_one(10_000, next_payer_id=NEXT)})
    [_, entry] = posting.entries
    by_payer = {(line.account, line.payer_id): line.amount_cents for line in entry.lines}
    assert by_payer == {
        ("unapplied:payer", PAYER): 8_000,
        ("receivable:payer", NEXT): 2_000,
        ("receivable:payer", PAYER): -10_000,
    }
    assert [(case.kind, case.amount_cents) for case in posting.cases] == [("next-payer", 2_000)]


@pytest.mark.parametrize("status", ["23", "25"])
def test_information_posts_no_money(status: str) -> None:
    claim = one_claim(status, Adjustment("OA", "101", 10_000))
    posting = post(payment_of(claim, method="NON"), {0: matched_one(10_000)})
    assert posting.entries == ()
    assert posting.unmatched == ()
    assert [case.kind for case in posting.cases] == ["information"]


def test_money_on_an_information_claim_waits_in_unapplied() -> None:
    posting = post(payment_of(one_claim("25")), {0: matched_one(10_000)})
    assert net(posting.entries) == {"cash:eft": 10_000, "unapplied:payer": -10_000}
    assert [one.code for one in posting.unmatched] == ["information"]


def test_a_reversal_of_nothing_we_posted_waits_with_its_reason() -> None:
    first, back = one_claim("1"), turned(one_claim("1"))
    posting = post(payment_of(first, back, method="NON"), {0: matched_one(10_000), 1: matched_one(10_000)})
    assert [(one.index, one.amount_cents, one.code) for one in posting.unmatched] == [(1, -10_000, "reversal-unknown")]
    assert net(posting.entries)["unapplied:payer"] == 10_000


def test_a_corrected_member_is_proposed_not_taken() -> None:
    claim = one_claim("1", corrected=Name(last="Ashgrave"))
    assert [case.kind for case in post(payment_of(claim), {0: matched_one(10_000)}).cases] == ["identity"]


def test_the_lines_a_payer_bundled_fall_on_the_charges_nobody_named() -> None:
    named = ServicePayment("G0438", (), 5_000, 5_000, 3, control="L0", from_date=DAY)
    strange = ServicePayment("J1885", (), 5_000, 4_000, 4, control="X", adjustments=(Adjustment("PR", "1", 1_000),))
    claim = ClaimPayment("C0", "1", 10_000, 9_000, 2, services=(named, strange))
    [_, entry] = post(payment_of(claim), {0: matched_one(5_000, 3_000, 1_000)}).entries
    paid_by_charge = [line.amount_cents for line in entry.lines if line.account == "unapplied:payer"]
    patient = [line.amount_cents for line in entry.lines if line.account == "receivable:patient"]
    assert paid_by_charge == [5_000, 3_000, 1_000]
    assert patient == [750, 250]


def test_an_adjustment_of_the_whole_claim_is_shared_and_each_charge_still_adds_up() -> None:
    lines = tuple(
        ServicePayment("G0438", (), price, price, 3 + at, control=f"L{at}", from_date=DAY)
        for at, price in enumerate((1_000, 2_000))
    )
    claim = ClaimPayment("C0", "1", 3_000, 2_000, 2, adjustments=(Adjustment("PR", "1", 1_000),), services=lines)
    [_, entry] = post(payment_of(claim), {0: matched_one(1_000, 2_000)}).entries
    owed = [line.amount_cents for line in entry.lines if line.account == "receivable:payer"]
    assert owed == [-1_000, -2_000]


def test_an_unbalanced_or_contradictory_payment_is_refused_whole() -> None:
    good = payment_of(one_claim("1"))
    assert unpostable(good) == ()
    for bad in (
        replace(good, amount_cents=9_999),
        replace(good, method="NON"),
        replace(good, credit_debit="D"),
    ):
        assert unpostable(bad)
        with pytest.raises(Refused) as caught:
            post(bad, {0: matched_one(10_000)})
        assert caught.value.code == "unpostable"


def test_the_digest_knows_the_payers_words_and_our_match() -> None:
    claim = one_claim("1", Adjustment("PR", "3", 2_000))

    def digest(claim: ClaimPayment, matched: Matched) -> bytes:
        entry, _, _ = claim_posting(0, claim, matched, key="k", posted_on=ON)
        assert entry is not None
        return entry.inputs_digest

    usual = digest(claim, matched_one(10_000))
    assert usual == digest(claim, matched_one(10_000))
    assert usual != digest(one_claim("1", Adjustment("PR", "2", 2_000)), matched_one(10_000))
    assert usual != digest(claim, replace(matched_one(10_000), claim_id=b"d" * 16))

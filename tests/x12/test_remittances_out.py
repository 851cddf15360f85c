"""The 835 as written: it reads back as the same payments and the guide takes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from portal.domain.claims import Address
from portal.domain.remittances import Adjustment, ClaimPayment, Payment, imbalances
from portal.x12.guides import validate
from portal.x12.reader import read
from portal.x12.remittances import read_remittances
from portal.x12.remittances_out import write_remittance
from tests.make.x12 import Row, sample_rows
from tests.x12.strategies import AT, NUMBERS, PARTNER, broken, claim_payments, cuts, payments

PAYER_ADDRESS = Address("9 LAKE DR", "CHICAGO", "IL", "60601")


def written(*own: Payment) -> bytes:
    return write_remittance(own, partner=PARTNER, payer_address=PAYER_ADDRESS, numbers=NUMBERS, at=AT)


def without_places(payment: Payment) -> Payment:
    """The payment as if nobody knew where in a file it stood."""
    claims = [
        replace(claim, segment=0, services=tuple(replace(service, segment=0) for service in claim.services))
        for claim in payment.claims
    ]
    plb = [replace(one, segment=0) for one in payment.provider_adjustments]
    return replace(payment, segment=0, claims=tuple(claims), provider_adjustments=tuple(plb))


@settings(max_examples=12)
@given(st.tuples(payments(7), payments(8)))
def test_what_is_written_reads_back(own: tuple[Payment, ...]) -> None:
    reading = read_remittances(read(written(*own)))
    assert reading.findings == ()
    assert reading.broken == frozenset()
    assert tuple(without_places(payment) for payment in reading.payments) == own


@settings(max_examples=5, phases=[Phase.generate])
@given(payments())
def test_the_guide_takes_what_is_written(own: Payment) -> None:
    # pyx12 counts every PLB as a loop of its own and so refuses a second one, which the guide allows.
    one_plb = tuple(replace(own.provider_adjustments[0], amount_cents=n) for n in range(6) if own.provider_adjustments)
    assert validate(written(replace(own, provider_adjustments=one_plb))) == ()


@pytest.mark.parametrize("row", sample_rows("835-"))
def test_published_payments_written_again_say_the_same(row: Row) -> None:
    """What the domain holds of a sample survives another writing; balances stay as they were."""
    first = read_remittances(read(row.data)).payments
    again = read_remittances(read(written(*first))).payments
    assert [imbalances(without_places(one)) for one in again] == [imbalances(without_places(one)) for one in first]

    def brief(payment: Payment) -> list[object]:
        claims = [(c.control, c.status, c.paid_cents, c.every_adjustment(), len(c.services)) for c in payment.claims]
        plb = [(one.reason, one.reference, one.amount_cents) for one in payment.provider_adjustments]
        return [payment.amount_cents, payment.trace, payment.payee_id, claims, plb]

    assert [brief(payment) for payment in again] == [brief(payment) for payment in first]


@settings(max_examples=5)
@given(payments(), claim_payments())
def test_adjustments_share_segments_of_six(own: Payment, claim: ClaimPayment) -> None:
    many = tuple(Adjustment("CO", "45", n) for n in range(1, 14))
    claim = replace(claim, adjustments=many, services=())
    text = written(replace(own, claims=(claim,))).decode()
    assert [part.count("*45*") for part in text.split("~") if part.startswith("CAS")] == [6, 6, 1]


@settings(max_examples=5)
@given(payments(), claim_payments())
def test_a_claim_has_at_most_five_remarks(own: Payment, claim: ClaimPayment) -> None:
    with pytest.raises(ValueError, match="five remarks"):
        written(replace(own, claims=(replace(claim, remarks=("MA01",) * 6),)))


def test_a_file_has_a_payment() -> None:
    with pytest.raises(ValueError, match="nothing to write"):
        written()


@settings(max_examples=5)
@given(payments())
def test_a_cut_file_gives_findings(own: Payment) -> None:
    for part in cuts(written(own)):
        reading = read_remittances(read(part))
        assert reading.findings


@settings(max_examples=20)
@given(st.data())
def test_nothing_is_raised_whatever_is_broken(data: st.DataObject) -> None:
    reading = read_remittances(read(data.draw(broken(written(data.draw(payments()))))))
    assert all(str(finding.text) for finding in reading.findings)

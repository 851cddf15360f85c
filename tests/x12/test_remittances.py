"""The 835 read: every part in its place, and a fault in one set leaves the others whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.remittances import Adjustment, Name, Payment, imbalances
from portal.x12.characters import number
from portal.x12.reader import read
from portal.x12.remittances import Remittances, read_remittances
from tests.make.x12 import CLAIM, HEAD, Row, payment, professional, remittance, sample_rows, segments


def result(data: bytes) -> Remittances:
    return read_remittances(read(data))


def only(body: str, amount: str = "90", head: str = HEAD) -> Payment:
    found = result(remittance(payment(amount, body, head)))
    assert found.findings == ()
    (one,) = found.payments
    assert found.postable(one)
    return one


@pytest.mark.parametrize("row", sample_rows("835"))
def test_a_sample_adds_up_as_its_index_says(row: Row) -> None:
    found = result(row.data)
    assert len(found.payments) == len(row.sets)
    for one, fact in zip(found.payments, row.sets, strict=True):
        assert one.control == fact.control
        assert len(one.claims) == fact.claims
        assert sum(len(claim.services) for claim in one.claims) == fact.services
        assert sum(claim.charge_cents for claim in one.claims) == fact.charge
        assert sum(claim.paid_cents for claim in one.claims) == fact.paid
        assert sum(claim.patient_cents for claim in one.claims) == fact.patient
        assert one.amount_cents == fact.payment
        assert sum(adjustment.amount_cents for adjustment in one.provider_adjustments) == fact.plb
        assert sum(claim.reversal for claim in one.claims) == fact.reversals
        assert (not imbalances(one)) == fact.balances
        assert found.postable(one) == (fact.balances and "SE0" not in row.envelope)


@pytest.mark.parametrize("row", sample_rows("835"))
def test_another_library_agrees_on_the_balance(row: Row) -> None:
    oxedi = pytest.importorskip("oxedi", reason="the second opinion, oxedi, is not installed")
    rules = [one.rule for one in oxedi.parse(row.data).diagnostics if one.level == 3]
    mine = [each.level for one in result(row.data).payments for each in imbalances(one)]
    # It passes over the payment's own balance when a CLP has an empty amount.
    empty = any(claim.get(4) == "" for claim in read(row.data).segments if claim.id == "CLP")
    for level in ("service", "claim") if empty else ("service", "claim", "transaction"):
        theirs = sum("_balance" in rule and level in rule.split('"')[1] for rule in rules)
        assert theirs == mine.count(level), rules


def test_the_header_of_a_payment() -> None:
    one = only(CLAIM)
    assert (one.amount_cents, one.handling, one.credit_debit, one.method) == (9000, "I", "C", "ACH")
    assert (one.paid_on, one.paid_on_text, one.produced_on) == (date(2026, 1, 6), "20260106", date(2026, 1, 6))
    assert (one.trace, one.payer_tax, one.control, one.segment) == ("EFT000900", "1512345678", "0001", 3)
    assert (one.payer_name, one.payer_id) == ("EXAMPLE HEALTH PLAN", "PLAN1")
    assert (one.payee_name, one.payee_id) == ("EXAMPLE CLINIC", "1234567893")


def test_the_payers_id_may_stand_in_ref_2u() -> None:
    head = HEAD.replace("*XV*PLAN1~", "~").replace("PER*BL", "REF*2U*PLAN2~PER*BL")
    assert only(CLAIM, head=head).payer_id == "PLAN2"
    both = HEAD.replace("PER*BL", "REF*2U*PLAN2~PER*BL").replace("LX*1~", "REF*2U*PLAN3~REF*TJ*123456789~LX*1~")
    assert only(CLAIM, head=both).payer_id == "PLAN1"


def test_everything_of_a_claim() -> None:
    body = (
        "CLP*ACCT1*19*200*90*30*MB*ICN1*11*7~CAS*CO*45*40**~NM1*QC*1*DOE*JANE*Q**JR*MI*M1~NM1*IL*1*DOE*JOHN****MI*M2~"
        "NM1*74*1**JANET****C*M3~NM1*82*1*ROE*RICHARD****XX*1234567893~NM1*TT*2*OTHER PLAN*****PI*P2~MIA*0****MA01~"
        "MOA***N1*N2~DTM*232*20260102~DTM*233*20260103~DTM*050*20260104~AMT*AU*160~"
        "SVC*HC:J1885:JW:25:::A DESCRIPTION*200*130*0636*2*HC:A4550*3~DTM*150*20260102~DTM*151*20260103~"
        "CAS*OA*23*40~CAS*PR*1*10*1****3*20~REF*6R*L9~REF*LU*11~AMT*B6*120~LQ*HE*N130~LQ*RX*75~"
    )
    (claim,) = only(body).claims
    assert (claim.control, claim.status, claim.charge_cents, claim.paid_cents) == ("ACCT1", "19", 20000, 9000)
    assert (claim.patient_cents, claim.filing_code, claim.payer_control) == (3000, "MB", "ICN1")
    assert (claim.facility_code, claim.frequency, claim.rendering_npi) == ("11", "7", "1234567893")
    assert claim.patient == Name("DOE", "JANE", "Q", "JR", "MI", "M1")
    assert claim.subscriber == Name("DOE", "JOHN", qualifier="MI", identifier="M2")
    assert claim.corrected == Name("", "JANET", qualifier="C", identifier="M3")
    assert claim.crossover_payer == "OTHER PLAN"
    assert claim.remarks == ("MA01", "N1", "N2")
    assert (claim.from_date, claim.to_date) == (date(2026, 1, 2), date(2026, 1, 3))
    assert claim.received_on == date(2026, 1, 4)
    assert claim.adjustments == (Adjustment("CO", "45", 4000),)
    (service,) = claim.services
    assert (service.qualifier, service.code, service.modifiers) == ("HC", "J1885", ("JW", "25"))
    assert (service.charge_cents, service.paid_cents, service.allowed_cents) == (20000, 13000, 12000)
    assert (service.revenue_code, service.units) == ("0636", Decimal(2))
    assert (service.billed_code, service.billed_units, service.control) == ("A4550", Decimal(3), "L9")
    assert (service.from_date, service.to_date) == (date(2026, 1, 2), date(2026, 1, 3))
    assert service.remarks == ("N130",)
    assert service.adjustments == (
        Adjustment("OA", "23", 4000),
        Adjustment("PR", "1", 1000, Decimal(1)),
        Adjustment("PR", "3", 2000),
    )


def test_six_triplets_with_empty_ones_between() -> None:
    cas = "CAS*CO" + "*1*1*1" + "***" + "*2*2*" + "***" + "*3*3*" + "*4*4~"
    (claim,) = only(f"CLP*A*1*10*0**12*I*11*1~{cas}", "0").claims
    assert [(one.reason, one.amount_cents) for one in claim.adjustments] == [
        ("1", 100),
        ("2", 200),
        ("3", 300),
        ("4", 400),
    ]


@pytest.mark.parametrize(
    ("svc01", "code", "modifiers"),
    [
        ("HC:G0438", "G0438", ()),
        ("HC:G0438:25:59", "G0438", ("25", "59")),
        ("HC:G04382559", "G0438", ("25", "59")),
        ("NU:0450", "0450", ()),
        ("N4:12345678901", "12345678901", ()),
        ("HC", "", ()),
    ],
)
def test_procedures_as_payers_write_them(svc01: str, code: str, modifiers: tuple[str, ...]) -> None:
    (claim,) = only(f"CLP*A*1*90*90**12*I*11*1~SVC*{svc01}*90*90~").claims
    assert (claim.services[0].code, claim.services[0].modifiers) == (code, modifiers)
    assert claim.services[0].units is None


def test_provider_adjustments_keep_the_files_sign() -> None:
    pairs = "WO:ICN1*-40*L6:X*-1.5*72:Y*10***CS*3*J1:Z*.5"
    one = only(CLAIM + f"PLB*1234567893*20261231*{pairs}~PLB*1234567893*20261231*FB:EFT1*28~", "90")
    found = [(each.reason, each.reference, each.amount_cents) for each in one.provider_adjustments]
    assert found == [
        ("WO", "ICN1", -4000),
        ("L6", "X", -150),
        ("72", "Y", 1000),
        ("CS", "", 300),
        ("J1", "Z", 50),
        ("FB", "EFT1", 2800),
    ]
    assert {each.provider for each in one.provider_adjustments} == {"1234567893"}
    assert one.provider_adjustments[0].fiscal_date == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (CLAIM.replace("*150*90*20", "*150*9O*20"), "amount"),
        (CLAIM.replace("*150*90*20", "**90*20"), "amount-missing"),
        (CLAIM.replace("CAS*CO*45*40", "CAS*CO*45"), "amount-missing"),
        (CLAIM.replace("CAS*CO*45*40", "CAS*CO**40"), "cas-reason"),
        (CLAIM.replace("*150*90**1", "*150*ninety**1"), "amount"),
        ("CAS*CO*45*40~" + CLAIM, "cas-orphan"),
        ("SVC*HC:G0438*0*0~" + CLAIM, "svc-orphan"),
        (CLAIM + "PLB*X*20261231*:Y*0~", "plb-reason"),
        (CLAIM + "BPR*I*90~", "bpr-repeated"),
    ],
)
def test_a_fault_in_one_payment_leaves_the_others_whole(body: str, code: str) -> None:
    found = result(remittance(payment("90", CLAIM), payment("90", body), payment("90", CLAIM)))
    first, middle, last = found.payments
    assert code in {finding.code for finding in found.findings}
    assert found.broken == {middle.segment}
    assert [found.postable(one) for one in (first, middle, last)] == [True, False, True]
    inside = range(middle.segment, last.segment)
    assert all(finding.segment in inside for finding in found.findings)


@pytest.mark.parametrize(
    ("without", "code"),
    [("BPR", "bpr-missing"), ("TRN", "trace-missing")],
)
def test_a_payment_without_amount_or_number_is_not_postable(without: str, code: str) -> None:
    parts = [one for one in payment("0", "") if one[0] != without]
    found = result(remittance(parts))
    assert [finding.code for finding in found.findings] == [code]
    assert not found.postable(found.payments[0])


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"SE*19*0001~", b""), (b"SE*19*0001~", b"SE*18*0001~"), (b"SE*19*0001~", b"SE*19*0003~")],
)
def test_a_set_that_may_have_lost_segments_is_not_postable(old: bytes, new: bytes) -> None:
    data = remittance(payment("90", CLAIM), payment("90", CLAIM))
    assert old in data
    found = result(data.replace(old, new))
    assert [found.postable(one) for one in found.payments] == [False, True]


def test_a_file_cut_anywhere_posts_no_half_payment() -> None:
    data = remittance(payment("90", CLAIM))
    whole = data.index(b"SE*19*0001~") + len(b"SE*19*0001")
    for cut in range(len(data)):
        found = result(data[:cut])
        assert [one for one in found.payments if found.postable(one)] == [] or cut >= whole


def test_several_interchanges_and_other_kinds() -> None:
    data = remittance(payment("90", CLAIM)) * 2 + professional(segments("BHT*0019*00*1"))
    found = result(data)
    assert [one.control for one in found.payments] == ["0001", "0001"]
    assert [finding.code for finding in found.findings] == ["not-835"]
    assert found.broken == frozenset()


def test_a_date_that_is_none_and_an_unknown_group_do_not_break() -> None:
    body = CLAIM.replace("20260102", "20261332").replace("CAS*CO", "CAS*CR")
    found = result(remittance(payment("90", body)))
    assert [finding.code for finding in found.findings] == ["date", "cas-group"]
    assert found.postable(found.payments[0])


CENTS = st.integers(-99999, 99999)


@given(st.lists(st.tuples(CENTS, st.lists(CENTS, max_size=3)), max_size=4), st.lists(CENTS, max_size=3), CENTS)
def test_balances_hold_exactly_when_the_sums_do(claims, plbs, off: int) -> None:
    body, paid = "", 0
    for charge, adjustments in claims:
        left = charge - sum(adjustments)
        paid += left
        body += f"CLP*A*1*{number(charge)}*{number(left)}**12*I*11*1~SVC*HC:G0438*{number(charge)}*{number(left)}~"
        body += "".join(f"CAS*CO*45*{number(cents)}~" for cents in adjustments)
    body += "".join(f"PLB*X*20261231*WO:R*{number(cents)}~" for cents in plbs)
    (one,) = result(remittance(payment(number(paid - sum(plbs) + off), body))).payments
    assert [(each.level, each.off_cents) for each in imbalances(one)] == ([("transaction", -off)] if off else [])


@given(st.binary(max_size=200))
def test_no_content_raises(noise: bytes) -> None:
    data = remittance(payment("90", CLAIM))
    half = len(data) // 2
    for mixed in (noise, data[:half] + noise + data[half:], data[:half] + noise):
        found = result(mixed)
        assert all(str(finding.text) for finding in found.findings)

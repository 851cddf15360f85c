"""`x12 check`: its shape, and every public sample judged as its index says."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.x12.check import check
from tests.make.x12 import CLAIM, HEAD, Row, payment, professional, remittance, sample_rows, segments

KINDS = {"270", "271", "276", "277", "277CA", "278", "835", "837D", "837I", "837P", "997", "999"}
CLM = "CLM*ACCT1*150***11:B:1~LX*1~SV1*HC:G0438*100*UN*1~LX*2~SV1*HC:A4550*50*UN*1~"
UNADJUSTED = ["balance-claim", "patient-responsibility", "balance-service"]
CHARGE = ["balance-claim", "service-charges"]


def cents(text: str) -> int:
    assert text == f"{Decimal(text):.2f}"
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("row", sample_rows())
def test_a_sample_is_judged_as_its_index_says(row: Row) -> None:
    found = check(row.data)
    answer = json.loads(json.dumps(found.as_json()))
    counts = (answer["segments"], answer["interchanges"], answer["groups"], len(answer["sets"]))
    assert counts == row.counts
    kind = row.name.split("-")[0].upper()
    assert {one["kind"] for one in answer["sets"]} <= ({"997"} if kind == "TA1" else {kind})
    assert tuple((one["control"], one["code"], one["note"]) for one in answer["ta1"]) == row.ta1
    assert bool(row.envelope) <= bool(answer["findings"])
    for one, fact in zip(answer["sets"], row.sets, strict=row.all_sets and bool(row.sets)):
        assert one["claims"] == fact.claims
        assert one["guide"] == (fact.guide or one["guide"])
        assert [cents(one[name]) for name in ("charge", "payment", "paid", "plb")] == [
            fact.charge,
            fact.payment,
            fact.paid,
            fact.plb,
        ]
        assert one["reversals"] == fact.reversals
        assert one["balances"] is fact.balances
        assert one["out_of_balance"][:1] == ([fact.first_break] if fact.first_break else one["out_of_balance"][:1])
        assert fact.balances <= (one["out_of_balance"] == [])
    assert all(one["balances"] is None for one in answer["sets"] if one["kind"][:3] not in ("835", "837"))
    assert found.clean == (
        not answer["findings"] and not any(one["findings"] or one["balances"] is False for one in answer["sets"])
    )


def test_the_shape_of_the_answer() -> None:
    body = CLAIM + "PLB*1234567893*20261231*WO:ICN1*-10~"
    assert check(remittance(payment("100", body))).as_json() == {
        "interchanges": 1,
        "groups": 1,
        "segments": 24,
        "ta1": [],
        "sets": [
            {
                "kind": "835",
                "guide": "005010X221A1",
                "claims": 1,
                "charge": "150.00",
                "payment": "100.00",
                "paid": "90.00",
                "plb": "-10.00",
                "reversals": 0,
                "balances": True,
                "out_of_balance": [],
                "findings": [],
            }
        ],
        "findings": [],
    }


def test_a_sound_file_is_clean() -> None:
    assert check(remittance(payment("90", CLAIM))).clean
    assert check(professional(segments(CLM))).clean


@pytest.mark.parametrize(
    ("amount", "body", "balances", "out", "codes"),
    [
        ("90", CLAIM, True, (), []),
        ("91", CLAIM, False, (), ["balance-transaction"]),
        ("90", CLAIM.replace("45*40", "45*39.99"), False, ("ACCT1",), ["balance-claim", "balance-service"]),
        ("90", CLAIM.replace("CAS*PR*2*20~", ""), False, ("ACCT1",), UNADJUSTED),
        ("90", CLAIM.replace("*150*90*20*", "*150*90**"), True, (), ["patient-responsibility"]),
        ("90", CLAIM.replace("CLP*ACCT1*1*150*90*20", "CLP*ACCT1*1*160*90*20"), False, ("ACCT1",), CHARGE),
        ("-90", "CLP*A*22*-150*-90**12*I*11*1~CAS*CO*45*-40~CAS*PR*2*-20~", True, (), []),
        ("0", "CLP*A*1*5*0**12*I*11*1~SVC*HC:G0438*3*3~CAS*CO*45*0~CAS*OA*23*0~", False, ("A",), CHARGE),
        ("100", CLAIM + "CLP*B*1**10**12*I*11*1~CAS*CO*45*-10~", True, (), ["amount-missing"]),
    ],
)
def test_an_835(amount: str, body: str, balances: bool, out: tuple[str, ...], codes: list[str]) -> None:
    (one,) = check(remittance(payment(amount, body))).sets
    assert (one.balances, one.out_of_balance) == (balances, out)
    assert [finding.code for finding in one.findings] == codes


def test_service_totals_and_a_missing_contact_are_findings_only() -> None:
    body = "CLP*A*1*150*90**12*I*11*1~CAS*CO*45*10~SVC*HC:G0438*140*90~CAS*CO*45*50~"
    (one,) = check(remittance(payment("90", body, HEAD.replace("PER*BL", "PER*CX")))).sets
    assert one.balances is True
    assert [finding.code for finding in one.findings] == ["contact-missing", "service-charges"]


@pytest.mark.parametrize(
    ("old", "new", "out", "codes"),
    [
        ("", "", (), []),
        ("*150*", "*149.99*", ("ACCT1",), ["balance-claim"]),
        ("SV1*HC:A4550*50*UN*1~", "", ("ACCT1",), ["balance-claim"]),
        ("*150*", "*fifteen*", ("ACCT1",), ["amount", "balance-claim"]),
        ("LX*1~", "NM1*82*1*ROE*R****XX*1234567890~LX*1~", (), ["npi"]),
        ("SV1*HC:A4550*50", "SV2*0270*HC:A4550*50", (), []),
        ("SV1*HC:A4550*50", "SV3*AD:D0000*50", (), []),
    ],
)
def test_an_837(old: str, new: str, out: tuple[str, ...], codes: list[str]) -> None:
    (one,) = check(professional(segments(CLM.replace(old, new)))).sets
    assert (one.kind, one.claims) == ("837P", 1)
    assert (one.balances, one.out_of_balance) == (not out, out)
    assert [finding.code for finding in one.findings] == codes


def test_lines_count_for_their_own_claim() -> None:
    two = CLM + CLM.replace("ACCT1*150", "ACCT2*151")
    (one,) = check(professional(segments(two))).sets
    assert (one.claims, one.charge_cents, one.out_of_balance) == (2, 30100, ("ACCT2",))


def test_a_malformed_ta1_is_found() -> None:
    data = remittance(payment("90", CLAIM)).replace(b"~GS*", b"~TA1*12*260101*0900*Q~GS*")
    found = check(data)
    assert [(one.control, one.code, one.note) for one in found.ta1] == [("12", "Q", "")]
    assert [(finding.segment, finding.code) for finding in found.findings] == [(2, "ta1")]


def test_an_unreadable_file_has_a_finding_and_nothing_else() -> None:
    found = check(b"%PDF-1.7")
    assert not found.clean
    assert found.as_json()["sets"] == []
    assert [finding.code for finding in found.findings] == ["no-isa"]


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_no_bytes_raise(noise: bytes, at: int) -> None:
    data = remittance(payment("90", CLAIM)) + professional(segments(CLM))
    for mixed in (noise, data[:at] + noise + data[at:]):
        answer = check(mixed).as_json()
        assert json.dumps(answer)
        assert {one["kind"] for one in answer["sets"]} <= KINDS or noise

"""TA1, 999 and 277CA: what is written reads back, the guides take it, samples say what their index says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.claims import Claim
from portal.domain.interchanges import (
    Acknowledgement,
    ClaimAnswer,
    ElementFault,
    GroupAnswer,
    InterchangeAnswer,
    SegmentFault,
    SetAnswer,
)
from portal.x12.acknowledgements import reasons, statuses
from portal.x12.acknowledgements.reading import Acknowledgements, read_acknowledgements
from portal.x12.acknowledgements.writing import write_277ca, write_999, write_ta1
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make.x12 import SAMPLES, Row, sample_rows
from tests.x12.strategies import AT, BILLING, CLAIM, NUMBERS, PARTNER, broken, cuts

GUIDE = "005010X222A1"
FAULTY = SetAnswer(
    "837",
    "0002",
    GUIDE,
    (
        SegmentFault(
            "CLM", 22, "8", "2300", "ACCT9", (ElementFault(2, "1", 0, "782"), ElementFault(5, "7", 1, "1331"))
        ),
        SegmentFault("N3", 9, "3", "2010AA"),
    ),
)
GROUP = GroupAnswer("HC", "101", GUIDE, (SetAnswer("837", "0001", GUIDE), FAULTY), 2)
OTHER = replace(CLAIM, control="ACCT2", billing=replace(BILLING, npi="1990000006"))
STATUSES = (
    ClaimAnswer(CLAIM, ("A2:20",), payer_control="PCN1"),
    ClaimAnswer(OTHER, ("A7:562:85", "A7:33:IL"), message="NPI NOT KNOWN"),
)


def again(data: bytes) -> Acknowledgements:
    return read_acknowledgements(read(data))


def functional(*groups: GroupAnswer) -> bytes:
    return write_999(groups, partner=PARTNER, numbers=NUMBERS, at=AT)


def claim_status(*answers: ClaimAnswer) -> bytes:
    return write_277ca(answers, partner=PARTNER, numbers=NUMBERS, at=AT, batch="000000009-0001")


def brief(item: Acknowledgement) -> tuple[str, ...]:
    return (item.kind, item.outcome, item.set_control or item.claim_control or item.level, item.category)


def texts(item: Acknowledgement) -> str:
    return " ".join(str(reason) for reason in item.reasons)


# TA1


@pytest.mark.parametrize(
    ("code", "note", "outcome"), [("A", "000", "accepted"), ("E", "019", "accepted"), ("R", "025", "rejected")]
)
def test_a_ta1_reads_back(code: str, note: str, outcome: str) -> None:
    made = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    answer = InterchangeAnswer("000000101", made, code, note)
    reading = again(write_ta1([answer, replace(answer, control="000000102")], partner=PARTNER, numbers=NUMBERS, at=AT))
    assert reading.findings == ()
    assert [item.interchange_control for item in reading.items] == ["000000101", "000000102"]
    item = reading.items[0]
    assert (item.kind, item.outcome, item.category, item.codes, item.on) == (
        "TA1",
        outcome,
        code,
        (note,),
        date(2026, 2, 3),
    )
    assert len(item.reasons) == (1 if note == "000" else 2)


def test_a_ta1_answers_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        write_ta1([], partner=PARTNER, numbers=NUMBERS, at=AT)


@pytest.mark.parametrize(
    "ta1", ["TA1**260102*1015*A*000", "TA1*000000101*260102*1015*Q*000", "TA1*1*260102*1015*P*000"]
)
def test_a_ta1_without_meaning_is_left_out(ta1: str) -> None:
    data = write_ta1([InterchangeAnswer("000000101", AT)], partner=PARTNER, numbers=NUMBERS, at=AT)
    reading = again(data.replace(b"TA1*000000101*260102*1015*A*000", ta1.encode()))
    assert reading.items == ()
    assert [(finding.segment, finding.code) for finding in reading.findings] == [(2, "ta1")]


# 999


def test_a_999_reads_back() -> None:
    data = functional(GROUP)
    reading = again(data)
    assert reading.findings == ()
    assert validate(data) == ()
    assert [brief(item) for item in reading.items] == [
        ("999", "accepted", "0001", "A"),
        ("999", "rejected", "0002", "R"),
        ("999", "partial", "", "P"),
    ]
    assert {item.group_control for item in reading.items} == {"101"}
    refused = reading.items[1]
    assert refused.codes == ("IK3:8@22", "IK4:1@2", "IK4:7@5-1", "IK3:3@9", "IK5:5")
    assert "Claim ACCT9" in texts(refused)
    assert "required and missing" in texts(refused)


@pytest.mark.parametrize(
    ("group", "outcome"),
    [
        (replace(GROUP, sets=GROUP.sets[:1], included=1), "AK9*A*1*1*1"),
        (GROUP, "AK9*P*2*2*1"),
        (replace(GROUP, sets=GROUP.sets[1:]), "AK9*R*2*1*0"),
        (replace(GROUP, codes=("5",), included=3), "AK9*R*3*2*0*5"),
    ],
)
def test_a_group_is_judged_by_its_sets(group: GroupAnswer, outcome: str) -> None:
    data = functional(group)
    assert f"~{outcome}~" in data.decode()
    assert validate(data) == ()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (SetAnswer("837", "0001", GUIDE, codes=("4",)), "IK5*R*4"),
        (
            SetAnswer("837", "0001", GUIDE, (SegmentFault("HL", 4, "8", elements=(ElementFault(1, "I12"),)),)),
            "IK5*R*I5",
        ),
        (SetAnswer("837", "0001", GUIDE, (SegmentFault("REF", 4, "I4"), SegmentFault("N3", 5, "3"))), "IK5*R*5"),
        (SetAnswer("837", "0001", GUIDE, (SegmentFault("N3", 5, "3"),), ("4",)), "IK5*R*4*5"),
    ],
)
def test_a_set_says_why_it_is_rejected(answer: SetAnswer, outcome: str) -> None:
    assert f"~{outcome}~" in functional(replace(GROUP, sets=(answer,))).decode()


def test_each_group_has_its_own_999() -> None:
    data = functional(GROUP, replace(GROUP, control="102"))
    assert validate(data) == ()
    assert [item.group_control for item in again(data).items] == ["101"] * 3 + ["102"] * 3
    assert data.count(b"ST*999*") == 2


faults = st.builds(
    SegmentFault,
    st.sampled_from(["CLM", "N3", "SV1", "HI"]),
    st.integers(1, 999999),
    st.just("8"),
    st.sampled_from(["", "2300", "2010AA"]),
    st.sampled_from(["", "ACCT1"]),
    st.lists(
        st.builds(
            ElementFault, st.integers(1, 20), st.sampled_from(["1", "7", "8", "I10"]), st.integers(0, 8), st.just("127")
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
set_answers = st.builds(
    SetAnswer,
    st.just("837"),
    st.integers(1, 9999).map(lambda n: f"{n:04d}"),
    st.just(GUIDE),
    st.lists(faults).map(tuple),
)


@given(st.lists(set_answers, min_size=1, max_size=4))
def test_every_999_reads_back(sets: list[SetAnswer]) -> None:
    reading = again(functional(replace(GROUP, sets=tuple(sets), included=len(sets))))
    assert reading.findings == ()
    own = reading.items[:-1]
    assert [item.set_control for item in own] == [one.control for one in sets]
    assert [item.outcome == "accepted" for item in own] == [one.accepted for one in sets]
    for item, one in zip(own, sets, strict=True):
        assert [code for code in item.codes if code.startswith("IK3")] == [f"IK3:8@{f.position}" for f in one.faults]


@pytest.mark.parametrize(
    ("old", "new", "code", "left"),
    [
        ("IK5*A~", "", "ik5-missing", ["0002", ""]),
        ("IK5*A~", "IK5*Q~", "ik5-outcome", ["0002", ""]),
        ("AK2*837*0001*005010X222A1~", "", "ik5-stray", ["0002", ""]),
        ("AK9*P*2*2*1~", "", "ak9-missing", ["0001", "0002"]),
        ("AK9*P*2*2*1~", "AK9*Z*2*2*1~", "ak9-outcome", ["0001", "0002"]),
        ("AK1*HC*101*005010X222A1~", "", "ak9-outcome", ["0001", "0002"]),
        ("AK9*P*2*2*1~", "AK9*A*2*2*1~", "ak9-contradicts", ["0001", "0002", ""]),
    ],
)
def test_what_a_999_does_not_say_is_a_finding(old: str, new: str, code: str, left: list[str]) -> None:
    text = functional(GROUP).decode()
    assert old in text
    reading = again(text.replace(old, new).encode())
    assert [item.set_control for item in reading.items] == left
    assert code in {finding.code for finding in reading.findings}


def test_many_faults_are_counted_and_not_all_told() -> None:
    many = replace(FAULTY, faults=tuple(SegmentFault("N3", n, "3") for n in range(1, 31)))
    item = again(functional(replace(GROUP, sets=(many,)))).items[0]
    assert "10 more faults" in texts(item)
    assert len(item.codes) == 31


# 277CA


def test_a_277ca_reads_back() -> None:
    data = claim_status(*STATUSES)
    reading = again(data)
    assert reading.findings == ()
    assert validate(data) == ()
    assert [brief(item) for item in reading.items] == [
        ("277CA", "accepted", "receiver", "A1"),
        ("277CA", "accepted", "provider", "A1"),
        ("277CA", "accepted", "ACCT1", "A2"),
        ("277CA", "accepted", "provider", "A1"),
        ("277CA", "rejected", "ACCT2", "A7"),
    ]
    receiver, _, first, _, second = reading.items
    assert receiver.batch_control == "000000009-0001"
    assert (first.payer_control, first.codes, first.on) == ("PCN1", ("A2:20",), AT.date())
    assert (second.codes, second.message) == (("A7:562:85", "A7:33:IL"), "NPI NOT KNOWN")
    assert "billing provider" in texts(second)
    text = data.decode()
    assert "QTY*90*1~QTY*AA*1~AMT*YU*125~AMT*YY*125~" in text
    assert "QTY*QC*1~AMT*YY*125~" in text


@given(st.lists(st.sampled_from(["A1:19:PR", "A2:20", "A3:21", "A6:125:QC", "A8:477"]), min_size=1, max_size=3))
def test_one_rejecting_code_rejects_the_claim(codes: list[str]) -> None:
    reading = again(claim_status(ClaimAnswer(CLAIM, tuple(codes))))
    item = reading.items[-1]
    assert item.codes == tuple(codes)
    rejecting = [code[:2] for code in codes if code[:2] in {"A3", "A6", "A8"}]
    assert item.outcome == ("rejected" if rejecting else "accepted")
    assert item.category == (rejecting[0] if rejecting else codes[0][:2])


def test_a_277ca_has_one_to_three_codes() -> None:
    for codes in ((), ("A1:20",) * 4):
        with pytest.raises(ValueError, match="one to three"):
            claim_status(ClaimAnswer(CLAIM, codes))


def test_the_days_of_a_claim_are_told_as_they_are() -> None:
    line = CLAIM.lines[0]
    spanning = replace(CLAIM, lines=(line, replace(line, from_date=date(2025, 1, 1), to_date=date(2025, 1, 9))))
    undated = replace(CLAIM, lines=(replace(line, from_date=None),))

    def days(claim: Claim) -> list[str]:
        return re.findall(r"DTP\*472\*([^~]*)", claim_status(ClaimAnswer(claim, ("A2:20",))).decode())

    assert days(CLAIM) == ["D8*20250102"]
    assert days(spanning) == ["RD8*20250101-20250109"]
    assert days(undated) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("TRN*2*ACCT1~", "", "trn-missing"),
        ("TRN*2*ACCT1~", "TRN*2~", "trn-missing"),
        ("STC*A2:20*20260102*WQ*125~", "", "stc-missing"),
        ("STC*A2:20*20260102*WQ*125~", "STC*X2:20*20260102**125~", "stc-outcome"),
        ("HL*4*3*PT~", "HL*4*3*99~", "hl-level"),
    ],
)
def test_a_status_that_cannot_be_understood_is_left_out(old: str, new: str, code: str) -> None:
    text = claim_status(*STATUSES).decode()
    assert old in text
    reading = again(text.replace(old, new).encode())
    assert [item.claim_control for item in reading.items if item.level == "claim"] == ["ACCT2"]
    assert code in {finding.code for finding in reading.findings}


def test_a_rejection_by_action_alone_rejects() -> None:
    text = claim_status(STATUSES[0]).decode().replace("STC*A2:20*20260102*WQ", "STC*X2:20*20260102*U")
    item = again(text.encode()).items[-1]
    assert (item.outcome, item.category) == ("rejected", "X2")
    assert "X2 is not on our list" in texts(item)


# Words

COMMON = [
    "21",
    "33",
    "116",
    "122",
    "125",
    "135",
    "145",
    "153",
    "158",
    "164",
    "187",
    "188",
    "255",
    "454",
    "477",
    "488",
    "507",
    "562",
    "634",
    "655",
]


@pytest.mark.parametrize("status", COMMON)
def test_common_statuses_have_words(status: int) -> None:
    text = str(statuses.claim_reason("A7", str(status), "85"))
    assert "not on our list" not in text
    assert text.startswith("Rejected because something is not valid.")


@pytest.mark.parametrize(
    "text",
    [
        statuses.claim_reason("A7", "9999"),
        statuses.claim_reason("Z9", "21"),
        statuses.claim_reason("A7", "21", "Q9"),
        reasons.segment_reason("N3", "4", "99"),
        reasons.element_reason("N3", "4", "99"),
        reasons.set_code_reason("99"),
        reasons.group_code_reason("99"),
        *reasons.interchange_reasons("R", "999")[1:],
    ],
)
def test_an_unknown_code_is_quoted(text: object) -> None:
    assert re.search(r"9999|Z9|Q9|99", str(text))


@pytest.mark.parametrize("category", [f"A{n}" for n in range(9)])
def test_every_category_has_words_and_an_outcome(category: str) -> None:
    assert "not on our list" not in str(statuses.claim_reason(category, "20"))
    assert statuses.outcome(category, "") in {"accepted", "rejected"}
    assert statuses.outcome(category, "U") == "rejected"


def test_every_code_of_the_999_has_words() -> None:
    for code in (*"12345678", "I4", "I6", "I7", "I8", "I9"):
        assert "not on our list" not in str(reasons.segment_reason("N3", "4", code))
    for code in (*"123456789", "10", "12", "13", "I6", "I9", "I10", "I11", "I12", "I13"):
        assert "not on our list" not in str(reasons.element_reason("N3", "4", code))
    for code in (*"1234567", "23", "I5", "I6"):
        assert "not on our list" not in str(reasons.set_code_reason(code))
    for note in range(1, 32):
        assert "not on our list" not in str(reasons.interchange_reasons("R", f"{note:03d}")[1])


# Broken files


@pytest.mark.parametrize("data", [functional(GROUP), claim_status(*STATUSES)], ids=["999", "277CA"])
def test_a_cut_file_gives_findings_and_only_whole_answers(data: bytes) -> None:
    whole = again(data).items
    for part in cuts(data):
        reading = again(part)
        assert reading.findings
        assert all(item in whole for item in reading.items)


@settings(max_examples=100)
@given(st.data())
@pytest.mark.parametrize("kind", ["999", "277CA", "TA1"])
def test_nothing_is_raised_whatever_is_broken(kind: str, data: st.DataObject) -> None:
    sound = {
        "999": lambda: functional(GROUP),
        "277CA": lambda: claim_status(*STATUSES),
        "TA1": lambda: write_ta1([InterchangeAnswer("000000101", AT)], partner=PARTNER, numbers=NUMBERS, at=AT),
    }[kind]()
    reading = again(data.draw(broken(sound)))
    assert all(item.outcome in {"accepted", "rejected", "partial"} and texts(item) for item in reading.items)
    assert all(str(finding.text) for finding in reading.findings)


# Samples


def index_line(name: str) -> str:
    return next(line for line in (SAMPLES / "INDEX.md").read_text().splitlines() if line.startswith(f"| {name} |"))


@pytest.mark.parametrize("row", sample_rows("999-"))
def test_samples_of_the_999_say_what_their_index_says(row: Row) -> None:
    line = index_line(row.name)
    items = again(row.data).items
    *sets, group = items
    assert group.category == re.findall(r"AK9\*(\w)", line)[-1]
    assert {item.category for item in sets} == set(re.findall(r"IK5\*([AR])", line)) - (
        {"A"} if row.name == "999-staedi-invalid.edi" else set()  # there its A stands behind an outcome Q
    )
    faults = Counter(code.split("@")[0].replace(":", "*") for item in sets for code in item.codes)
    for code, n in re.findall(r"(IK[34]\*\w+) x(\d+)", line):
        assert faults[code] == int(n)


@pytest.mark.parametrize("row", sample_rows("277ca-"))
def test_samples_of_the_277ca_say_what_their_index_says(row: Row) -> None:
    expected = {code: int(n) for code, n in re.findall(r"(\w\d:[\w:]+) x(\d+)", index_line(row.name))}
    assert Counter(code for item in again(row.data).items for code in item.codes) == expected


@pytest.mark.parametrize("row", sample_rows("ta1-"))
def test_samples_of_the_ta1_say_what_their_index_says(row: Row) -> None:
    items = [item for item in again(row.data).items if item.kind == "TA1"]
    assert [(item.interchange_control, item.category, "".join(item.codes)) for item in items] == list(row.ta1)


def test_a_997_is_read_as_the_older_form() -> None:
    path = SAMPLES / "ta1-pyx12-997-ta1-r-015.edi"
    if not path.is_file():
        pytest.skip("the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
    items = again(path.read_bytes()).items
    assert [(item.kind, item.outcome, item.codes) for item in items] == [
        ("997", "rejected", ("IK5:3", "IK5:7")),
        ("997", "rejected", ("AK9:1",)),
        ("TA1", "rejected", ("015",)),
    ]


@pytest.mark.parametrize("row", sample_rows("277-"))
def test_an_answer_about_a_status_request_is_no_acknowledgement(row: Row) -> None:
    reading = again(row.data)
    assert reading.items == ()
    assert "not-acknowledgement" in {finding.code for finding in reading.findings}

"""276 and 277: what is written reads back, samples say what their index says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.claims import Person
from portal.domain.eligibility import Member
from portal.domain.remittances import Name
from portal.domain.status import ClaimStatus, LineStatus, StatusAnswer, StatusLine, StatusQuestion
from portal.x12.characters import STANDARD
from portal.x12.check import check
from portal.x12.reader import Delimiters, read
from portal.x12.status import Inquiries, Statuses, read_inquiries, read_statuses
from portal.x12.status_out import batches, reference, write_inquiries, write_statuses
from tests.make.x12 import Row, sample_rows
from tests.x12.inquiries import delimiters, index_line, status_answers, status_questions
from tests.x12.strategies import AT, NUMBERS, PARTNER, broken, cuts

PAYER = Name("EXAMPLE HEALTH PLAN", qualifier="PI", identifier="EHP01")
PROVIDER = Name("EXAMPLE FAMILY MEDICINE", qualifier="XX", identifier="1234567893")
MARY = Member(Person("ROE", "MARY", birth_date=date(1980, 5, 1), sex="F"), "M00000001")
LINE = StatusLine("G0438", 12500, control="L1", from_date=date(2026, 1, 2))
QUESTION = StatusQuestion(
    "TRACE1", PAYER, PROVIDER, MARY, claim_control="ACCT1", charge_cents=12500, from_date=date(2026, 1, 2)
)
PAID = ClaimStatus(("F1:65",), date(2026, 1, 20), 12500, 9000, date(2026, 1, 19), date(2026, 1, 20), "EFT1")
ANSWER = StatusAnswer(
    "claim",
    (PAID,),
    PAYER,
    PROVIDER,
    Member(Person("ROE", "MARY"), "M00000001"),
    trace="TRACE1",
    claim_control="ACCT1",
    payer_control="ICN1",
    from_date=date(2026, 1, 2),
    lines=(LineStatus(LINE, 9000, (PAID,)),),
    reference="R1",
)


def ask(*questions: StatusQuestion, marks: Delimiters = STANDARD) -> bytes:
    return write_inquiries(questions, partner=PARTNER, numbers=NUMBERS, at=AT, delimiters=marks)


def tell(*said: StatusAnswer, marks: Delimiters = STANDARD) -> bytes:
    return write_statuses(said, partner=PARTNER, numbers=NUMBERS, at=AT, delimiters=marks)


def asked(data: bytes) -> Inquiries:
    return read_inquiries(read(data))


def told(data: bytes) -> Statuses:
    return read_statuses(read(data))


def bare(one: StatusQuestion) -> StatusQuestion:
    return replace(one, segment=0, lines=tuple(replace(line, segment=0) for line in one.lines))


def bare_answer(one: StatusAnswer) -> StatusAnswer:
    """The answer as if nobody knew where it stood, and without the words that the reader adds."""

    def clean(those: tuple[ClaimStatus, ...]) -> tuple[ClaimStatus, ...]:
        return tuple(replace(status, segment=0, reasons=()) for status in those)

    lines = tuple(
        replace(told, line=replace(told.line, segment=0), statuses=clean(told.statuses)) for told in one.lines
    )
    return replace(one, segment=0, statuses=clean(one.statuses), lines=lines)


@given(st.lists(status_questions(), min_size=1, max_size=3), delimiters)
@settings(max_examples=50)
def test_questions_that_are_written_read_back(those: list[StatusQuestion], marks: Delimiters) -> None:
    found = asked(ask(*those, marks=marks))
    assert found.findings == ()
    expected = [
        replace(one, reference=reference(NUMBERS, index)) for index, batch in enumerate(batches(those)) for one in batch
    ]
    assert sorted(map(bare, found.questions), key=repr) == sorted(expected, key=repr)


@given(st.lists(status_answers(), min_size=1, max_size=3), delimiters)
@settings(max_examples=50)
def test_answers_that_are_written_read_back(those: list[StatusAnswer], marks: Delimiters) -> None:
    those = [replace(one, reference=f"R{n}") for n, one in enumerate(those)]
    found = told(tell(*those, marks=marks))
    assert found.findings == ()
    assert sorted(map(bare_answer, found.answers), key=repr) == sorted(those, key=repr)
    assert all(status.reasons for answer in found.answers for status in answer.statuses)


def test_a_question_is_as_the_guide_has_it() -> None:
    data = ask(QUESTION)
    assert data.decode().split("~")[3:-4] == [
        "BHT*0010*13*000000101-0007*20260102*1015",
        "HL*1**20*1",
        "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EHP01",
        "HL*2*1*21*1",
        "NM1*41*2*EXAMPLE BILLING*****46*SUB001",
        "HL*3*2*19*1",
        "NM1*1P*2*EXAMPLE FAMILY MEDICINE*****XX*1234567893",
        "HL*4*3*22*0",
        "DMG*D8*19800501*F",
        "NM1*IL*1*ROE*MARY****MI*M00000001",
        "TRN*1*TRACE1",
        "REF*EJ*ACCT1",
        "AMT*T3*125",
        "DTP*472*D8*20260102",
    ]
    assert check(data).clean


@pytest.mark.parametrize(
    ("category", "standing"),
    [
        ("A2", "received"),
        ("A7", "rejected"),
        ("P3", "pending"),
        ("R4", "information"),
        ("F0", "finalized"),
        ("F1", "paid"),
        ("F2", "denied"),
        ("D0", "not-found"),
        ("E1", "error"),
        ("Z9", "unknown"),
    ],
)
def test_the_category_says_where_a_claim_stands(category: str, standing: str) -> None:
    found = told(tell(replace(ANSWER, statuses=(ClaimStatus((f"{category}:20",)),))))
    assert found.answers[0].standing == standing


def test_the_latest_status_counts() -> None:
    older = ClaimStatus(("P1:20",), date(2026, 1, 5))
    assert replace(ANSWER, statuses=(PAID, older)).standing == "paid"
    assert replace(ANSWER, statuses=(older, replace(older, codes=("F2:88",)))).standing == "denied"


def test_a_status_without_a_category_is_left_out() -> None:
    found = told(tell(ANSWER).replace(b"STC*F1:65*", b"STC*:65*"))
    assert found.answers == ()
    assert {finding.code for finding in found.findings} == {"stc-category"}


def test_nothing_is_written_without_a_status() -> None:
    with pytest.raises(ValueError, match="one to three codes"):
        tell(replace(ANSWER, statuses=()))
    with pytest.raises(ValueError, match="one to three codes"):
        tell(replace(ANSWER, statuses=(replace(PAID, codes=("F1:1",) * 4),)))


def test_a_file_cut_anywhere_raises_nothing_and_loses_no_whole_claim() -> None:
    second = replace(ANSWER, trace="TRACE2")
    for data in cuts(tell(ANSWER, second)):
        found = told(data)
        assert {one.trace for one in found.answers} <= {"TRACE1", "TRACE2"}
        assert all(bare_answer(one) in (ANSWER, second) for one in found.answers)


@given(broken(tell(ANSWER)))
@settings(max_examples=50)
def test_a_broken_answer_raises_nothing(data: bytes) -> None:
    told(data)


@given(broken(ask(QUESTION, replace(QUESTION, trace="T2", dependent=Person("ROE", "SAM"), lines=(LINE,)))))
@settings(max_examples=50)
def test_a_broken_question_raises_nothing(data: bytes) -> None:
    asked(data)


@pytest.mark.parametrize("row", sample_rows("276-"))
def test_samples_of_the_276_are_read_whole(row: Row) -> None:
    found = asked(row.data)
    assert found.findings == ()
    assert len(found.questions) == row.data.count(b"TRN*1*")
    assert all(one.trace.startswith("ABCXYZ") and one.claim_control for one in found.questions)
    assert {one.provider.identifier for one in found.questions} <= {"1666666661", "166666666", "6166666666"}


@pytest.mark.parametrize("row", sample_rows("277-"))
def test_samples_of_the_277_say_what_their_index_says(row: Row) -> None:
    found = told(row.data)
    every = [one for answer in found.answers for one in answer.statuses]
    every += [one for answer in found.answers for line in answer.lines for one in line.statuses]
    listed = {code: int(n) for code, n in re.findall(r"([A-Z]\d:[\w:]+) x(\d+)", index_line(row.name))}
    if listed:
        assert Counter(code for one in every for code in one.codes) == listed
    assert len(every) == len(re.findall(rb"~\s*STC\*", row.data))
    checked = check(row.data)
    wrong = {one.code for one in (*checked.findings, *(each for part in checked.sets for each in part.findings))}
    assert {finding.code for finding in found.findings} - {"trace-missing"} == wrong


def test_a_provider_that_is_refused_has_no_trace_of_ours() -> None:
    refused = StatusAnswer("provider", (ClaimStatus(("E0:24:85",)),), PAYER, PROVIDER, reference="R1")
    (found,) = told(tell(refused)).answers
    assert (found.level, found.trace, found.standing) == ("provider", "", "error")

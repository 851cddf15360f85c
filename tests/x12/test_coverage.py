"""270 and 271: what is written reads back, broken files give findings, samples say what their index says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.claims import Person
from portal.domain.eligibility import Benefit, EligibilityAnswer, EligibilityQuestion, Member, Party, Rejection
from portal.domain.remittances import Name
from portal.x12.characters import STANDARD
from portal.x12.check import check
from portal.x12.coverage.answering import Answers, read_answers
from portal.x12.coverage.answers_out import write_answers
from portal.x12.coverage.asking import Questions, batches, originator, read_questions, reference, write_questions
from portal.x12.reader import Delimiters, read
from portal.x12.refusals import rejection_text
from tests.make.x12 import SAMPLES, Row, sample_rows
from tests.x12.inquiries import ODD, answers, batches_of_questions, delimiters, index_line
from tests.x12.strategies import AT, NUMBERS, PARTNER, broken, cuts

PAYER = Name("EXAMPLE HEALTH PLAN", qualifier="PI", identifier="EHP01")
PROVIDER = Name("EXAMPLE FAMILY MEDICINE", qualifier="XX", identifier="1234567893")
MARY = Member(Person("ROE", "MARY", birth_date=date(1980, 5, 1), sex="F"), "M00000001")
QUESTION = EligibilityQuestion("TRACE1", PAYER, PROVIDER, MARY, date(2026, 1, 2))
ANSWER = EligibilityAnswer(
    PAYER, PROVIDER, MARY, traces=("TRACE1",), benefits=(Benefit("1", service_types=("30",)),), reference="R1"
)


def ask(*questions: EligibilityQuestion, marks: Delimiters = STANDARD) -> bytes:
    return write_questions(questions, partner=PARTNER, numbers=NUMBERS, at=AT, delimiters=marks)


def tell(*said: EligibilityAnswer, marks: Delimiters = STANDARD) -> bytes:
    return write_answers(said, partner=PARTNER, numbers=NUMBERS, at=AT, delimiters=marks)


def asked(data: bytes) -> Questions:
    return read_questions(read(data))


def told(data: bytes) -> Answers:
    return read_answers(read(data))


def bare(said: EligibilityAnswer) -> EligibilityAnswer:
    """The answer as if nobody knew where it stood, and without the words that the reader adds."""
    return replace(
        said,
        segment=0,
        benefits=tuple(replace(one, segment=0) for one in said.benefits),
        rejections=tuple(replace(one, segment=0, text=None) for one in said.rejections),
    )


@given(batches_of_questions(), delimiters)
@settings(max_examples=60)
def test_questions_that_are_written_read_back(those: list[EligibilityQuestion], marks: Delimiters) -> None:
    found = asked(ask(*those, marks=marks))
    assert found.findings == ()
    expected = [
        replace(one, reference=reference(NUMBERS, index)) for index, batch in enumerate(batches(those)) for one in batch
    ]
    assert sorted((replace(one, segment=0) for one in found.questions), key=repr) == sorted(expected, key=repr)


@given(st.lists(answers(), min_size=1, max_size=3), delimiters)
@settings(max_examples=60)
def test_answers_that_are_written_read_back(those: list[EligibilityAnswer], marks: Delimiters) -> None:
    those = [replace(one, reference=f"R{n}") for n, one in enumerate(those)]
    found = told(tell(*those, marks=marks))
    assert found.findings == ()
    assert sorted((bare(one) for one in found.answers), key=repr) == sorted(those, key=repr)
    assert all(one.text is not None for answer in found.answers for one in answer.rejections)


def test_a_question_in_real_time_is_as_the_guide_has_it() -> None:
    data = ask(QUESTION).decode()
    body = data.split("~")[3:-4]
    assert body == [
        "BHT*0022*13*000000101-0007*20260102*1015",
        "HL*1**20*1",
        "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EHP01",
        "HL*2*1*21*1",
        "NM1*1P*2*EXAMPLE FAMILY MEDICINE*****XX*1234567893",
        "HL*3*2*22*0",
        "TRN*1*TRACE1*9SUB001000",
        "NM1*IL*1*ROE*MARY****MI*M00000001",
        "DMG*D8*19800501*F",
        "DTP*291*D8*20260102",
        "EQ*30",
    ]
    assert len(originator(PARTNER)) == 10
    assert check(ask(QUESTION)).clean


def test_many_questions_stand_in_one_set_a_payer() -> None:
    other = replace(QUESTION, trace="TRACE2", payer=replace(PAYER, identifier="EHP02"))
    child = replace(QUESTION, trace="TRACE3", dependent=Person("ROE", "SAM"), relationship="19")
    data = ask(QUESTION, other, child)
    assert data.count(b"~ST*270*") == 2
    found = asked(data).questions
    assert [one.trace for one in found] == ["TRACE1", "TRACE3", "TRACE2"]
    assert found[1].dependent == Person("ROE", "SAM")
    assert check(data).clean


def test_services_stand_in_eb03_by_the_separator_of_repetitions() -> None:
    benefit = Benefit("B", service_types=("98", "UC"), amount_cents=2500, network="Y")
    assert b"~EB*B**98^UC****25*****Y~" in tell(replace(ANSWER, benefits=(benefit,)))
    assert b"\nEB|B||98}UC||||25|||||Y\n" in tell(replace(ANSWER, benefits=(benefit,)), marks=ODD)


def test_a_refusal_holds_for_all_below_it() -> None:
    data = tell(replace(ANSWER, benefits=(), rejections=(Rejection("provider", "51", "C"),)))
    (found,) = told(data).answers
    assert [(one.level, one.reason) for one in found.rejections] == [("provider", "51")]
    assert found.traces == ("TRACE1",)
    assert found.state() == "rejected"


def test_a_refusal_behind_a_benefit_speaks_of_that_benefit() -> None:
    (found,) = told(tell(replace(ANSWER, rejections=(Rejection("benefit", "33", "C"),)))).answers
    assert found.rejections[0].level == "benefit"
    assert found.state() == "active"


def test_another_payer_is_found_in_its_loop() -> None:
    other = Party("PRP", Name("OTHER PLAN", qualifier="PI", identifier="OTH01"), phone="5555550111")
    benefit = Benefit("R", service_types=("30",), insurance_type="MB", parties=(other,))
    (found,) = told(tell(replace(ANSWER, benefits=(*ANSWER.benefits, benefit)))).answers
    assert found.other_payers == (other,)
    assert found.says_other_payer


def test_a_share_in_percent_is_read_with_a_finding() -> None:
    data = tell(replace(ANSWER, benefits=(Benefit("A"),))).replace(b"~EB*A~", b"~EB*A*******20~")
    found = told(data)
    assert [finding.code for finding in found.findings] == ["share-percent"]
    assert str(found.answers[0].benefits[0].share) == "0.2"


@pytest.mark.parametrize("wrong", [b"-1", b"250", b"NAN", b"1E9"])
def test_a_share_that_is_none_is_left_out(wrong: bytes) -> None:
    found = told(tell(replace(ANSWER, benefits=(Benefit("A"),))).replace(b"~EB*A~", b"~EB*A*******" + wrong + b"~"))
    assert found.answers[0].benefits[0].share is None
    assert {finding.code for finding in found.findings} <= {"share", "quantity"}
    assert found.findings


def test_an_answer_torn_at_its_end_is_left_out() -> None:
    data = tell(ANSWER, replace(ANSWER, traces=("TRACE2",)))
    cut = data[: data.rindex(b"EB*1")]
    found = told(cut)
    assert [one.traces for one in found.answers] == [("TRACE1",)]
    assert "level-torn" in {finding.code for finding in found.findings}


def test_a_dependent_torn_off_leaves_nothing_of_its_subscriber() -> None:
    child = Person("ROE", "SAM")
    data = tell(ANSWER, replace(ANSWER, traces=("TRACE2",), dependent=child))
    for part in cuts(data):
        assert {one.dependent for one in told(part).answers if one.traces != ("TRACE1",)} <= {child}
    for part in cuts(ask(QUESTION, replace(QUESTION, trace="TRACE2", dependent=child))):
        assert {one.dependent for one in asked(part).questions if one.trace != "TRACE1"} <= {child}


def test_a_claim_file_asks_and_says_nothing() -> None:
    assert [finding.code for finding in told(ask(QUESTION)).findings] == ["not-271"]
    assert [finding.code for finding in asked(tell(ANSWER)).findings] == ["not-270"]


@given(broken(ask(QUESTION, replace(QUESTION, trace="T2", dependent=Person("ROE", "SAM")))))
@settings(max_examples=60)
def test_a_broken_question_raises_nothing(data: bytes) -> None:
    asked(data)


@given(broken(tell(ANSWER, replace(ANSWER, traces=("T2",), rejections=(Rejection("subscriber", "72"),)))))
@settings(max_examples=60)
def test_a_broken_answer_raises_nothing(data: bytes) -> None:
    for one in told(data).answers:
        one.state(date(2026, 1, 2))


@pytest.mark.parametrize("row", sample_rows("271-"))
def test_samples_of_the_271_say_what_their_index_says(row: Row) -> None:
    found = told(row.data)
    line = index_line(row.name).replace("\\|", "|")
    (listed,) = re.findall(r"EB01 ([^;|]+)", line)
    expected = {code: int(n) for code, n in re.findall(r"(\w) x(\d+)", listed)}
    assert Counter(one.code for answer in found.answers for one in answer.benefits) == expected
    assert {answer.state() for answer in found.answers} == {"active"}
    assert all(answer.traces for answer in found.answers)
    assert _codes(row) <= {finding.code for finding in found.findings}


@pytest.mark.parametrize("row", sample_rows("270-"))
def test_samples_of_the_270_say_what_their_index_says(row: Row) -> None:
    found = asked(row.data)
    assert len(found.questions) == row.counts[3]
    assert all(one.service_types == ("30",) and one.trace and one.on for one in found.questions)
    wrong = {"entity-type"} if "NM102=9" in index_line(row.name) else set()
    assert {finding.code for finding in found.findings} == wrong | _codes(row)


def _codes(row: Row) -> set[str]:
    """What `x12 check` finds in the envelope and the guide."""
    checked = check(row.data)
    return {one.code for one in (*checked.findings, *(each for of_set in checked.sets for each in of_set.findings))}


def test_the_sample_with_other_separators_is_read_whole() -> None:
    path = SAMPLES / "271-tigershark-zirmed.edi"
    if not path.is_file():
        pytest.skip("the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
    (found,) = told(path.read_bytes()).answers
    chiropractic = next(one for one in found.benefits if one.code == "B")
    assert (chiropractic.amount_cents, chiropractic.service_types, chiropractic.network) == (2000, ("33",), "Y")
    visits = [limit for one in found.benefits for limit in one.limits]
    assert [(str(one.quantity), one.period) for one in visits] == [("35", "21"), ("35", "29")]
    assert "PCP SELECTION NOT REQUIRED" in found.messages
    assert found.state(date(2016, 6, 1)) == "active"
    assert found.state(date(2014, 6, 1)) == "inactive"


def test_the_words_of_a_refusal_say_what_to_do() -> None:
    assert str(rejection_text("72", "C")) == (
        "The member number is missing or wrong. Compare the insurance card with what is registered, correct it and "
        "ask again. The payer asks for a corrected question."
    )
    assert "Z9" in str(rejection_text("Z9"))

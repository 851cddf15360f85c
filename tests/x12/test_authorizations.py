"""278: requests and responses that are written read back, samples say what their index says, nothing is raised."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.authorizations import (
    AuthorizationAnswer,
    AuthorizationRequest,
    CareProvider,
    Decision,
    Diagnosis,
    ReviewedService,
)
from portal.domain.claims import Person
from portal.domain.eligibility import Member, Rejection
from portal.domain.remittances import Name
from portal.x12.authorizations.details import decision_text
from portal.x12.authorizations.reading import Decisions, Requests, read_decisions, read_requests
from portal.x12.authorizations.writing import reference, write_decisions, write_requests
from portal.x12.characters import STANDARD
from portal.x12.check import check
from portal.x12.reader import Delimiters, read
from tests.make.x12 import Row, sample_rows
from tests.x12.inquiries import authorization_answers, authorization_requests, delimiters, index_line
from tests.x12.strategies import AT, NUMBERS, PARTNER, broken, cuts

PAYER = Name("EXAMPLE HEALTH PLAN", qualifier="PI", identifier="EHP01")
PROVIDER = Name("EXAMPLE FAMILY MEDICINE", qualifier="XX", identifier="1234567893")
MARY = Member(Person("ROE", "MARY", birth_date=date(1980, 5, 1), sex="F"), "M00000001")
SERVICE = ReviewedService("J1885", units=Decimal(4), from_date=date(2026, 2, 1), to_date=date(2026, 4, 30))
REQUEST = AuthorizationRequest(
    "TRACE1",
    PAYER,
    PROVIDER,
    MARY,
    "HS",
    service_type="2",
    place="11",
    phone="5555550100",
    diagnoses=(Diagnosis("ABK", "M1711"),),
    from_date=date(2026, 2, 1),
    to_date=date(2026, 4, 30),
    providers=(CareProvider("SJ", Name("ROE", "ANN", qualifier="XX", identifier="1234567893"), taxonomy="207Q00000X"),),
    services=(SERVICE,),
)
APPROVED = Decision("A1", "AUTH1", "", date(2026, 1, 20), date(2026, 2, 1), date(2026, 4, 30))
ANSWER = AuthorizationAnswer(replace(REQUEST, reference="R1"), APPROVED)


def ask(*requests: AuthorizationRequest, marks: Delimiters = STANDARD) -> bytes:
    return write_requests(requests, partner=PARTNER, numbers=NUMBERS, at=AT, delimiters=marks)


def tell(*answers: AuthorizationAnswer, marks: Delimiters = STANDARD) -> bytes:
    return write_decisions(answers, partner=PARTNER, numbers=NUMBERS, at=AT, delimiters=marks)


def asked(data: bytes) -> Requests:
    return read_requests(read(data))


def told(data: bytes) -> Decisions:
    return read_decisions(read(data))


def bare(one: AuthorizationRequest) -> AuthorizationRequest:
    services = tuple(replace(each, segment=0, decision=bare_decision(each.decision)) for each in one.services)
    return replace(one, segment=0, services=services)


def bare_decision(one: Decision | None) -> Decision | None:
    return None if one is None else replace(one, segment=0, text=None)


def bare_answer(one: AuthorizationAnswer) -> AuthorizationAnswer:
    """The answer as if nobody knew where it stood, and without the words that the reader adds."""
    rejections = tuple(replace(each, segment=0, text=None) for each in one.rejections)
    return replace(one, segment=0, review=bare(one.review), decision=bare_decision(one.decision), rejections=rejections)


@given(st.lists(authorization_requests(), min_size=1, max_size=2), delimiters)
@settings(max_examples=50)
def test_requests_that_are_written_read_back(those: list[AuthorizationRequest], marks: Delimiters) -> None:
    found = asked(ask(*those, marks=marks))
    assert found.findings == ()
    expected = [replace(one, reference=reference(NUMBERS, index)) for index, one in enumerate(those)]
    assert [bare(one) for one in found.requests] == expected


@given(st.lists(authorization_answers(), min_size=1, max_size=2), delimiters)
@settings(max_examples=50)
def test_answers_that_are_written_read_back(those: list[AuthorizationAnswer], marks: Delimiters) -> None:
    found = told(tell(*those, marks=marks))
    assert found.findings == ()
    assert [bare_answer(one) for one in found.answers] == those
    assert all(one.decision.text is not None for one in found.answers if one.decision is not None)


def test_a_request_is_as_the_guide_has_it() -> None:
    data = ask(REQUEST)
    assert data.decode().split("~")[3:-4] == [
        "BHT*0007*13*000000101-0007*20260102*1015",
        "HL*1**20*1",
        "NM1*X3*2*EXAMPLE HEALTH PLAN*****PI*EHP01",
        "HL*2*1*21*1",
        "NM1*1P*2*EXAMPLE FAMILY MEDICINE*****XX*1234567893",
        "PER*IC**TE*5555550100",
        "HL*3*2*22*1",
        "NM1*IL*1*ROE*MARY****MI*M00000001",
        "DMG*D8*19800501*F",
        "HL*4*3*EV*1",
        "TRN*1*TRACE1*9SUB001000",
        "UM*HS*I*2*11:B",
        "DTP*AAH*RD8*20260201-20260430",
        "HI*ABK:M1711",
        "NM1*SJ*1*ROE*ANN****XX*1234567893",
        "PRV*PE*PXC*207Q00000X",
        "HL*5*4*SS*0",
        "DTP*472*RD8*20260201-20260430",
        "SV1*HC:J1885**UN*4",
    ]
    assert check(data).clean


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("A1", "approved"),
        ("A2", "partial"),
        ("A3", "denied"),
        ("A4", "pended"),
        ("A6", "modified"),
        ("C", "cancelled"),
        ("CT", "contact"),
        ("NA", "not-required"),
        ("ZZ", "unknown"),
    ],
)
def test_the_code_says_what_was_decided(code: str, action: str) -> None:
    (found,) = told(tell(replace(ANSWER, decision=replace(APPROVED, code=code)))).answers
    assert found.action == action
    assert found.number == ("AUTH1" if action in {"approved", "partial", "modified"} else "")
    assert found.decision is not None
    assert str(found.decision.text) == str(decision_text(code))


def test_a_number_may_stand_in_ref_bb() -> None:
    data = tell(ANSWER).replace(b"HCR*A1*AUTH1~", b"HCR*A1~REF*BB*AUTH2~").replace(b"SE*22", b"SE*23")
    (found,) = told(data).answers
    assert found.number == "AUTH2"


def test_a_service_keeps_its_own_decision() -> None:
    denied = Decision("A3", "", "35")
    services = (replace(SERVICE, decision=denied), SERVICE)
    (found,) = told(tell(replace(ANSWER, review=replace(ANSWER.review, services=services)))).answers
    first, second = (found.decision_of(one) for one in found.review.services)
    assert first is not None
    assert second is not None
    assert (first.action, second.action) == ("denied", "approved")
    assert "35" in str(first.text)


def test_days_granted_in_one_span_are_read() -> None:
    data = tell(ANSWER).replace(b"DTP*007*D8*20260201~DTP*036*D8*20260430~", b"DTP*007*RD8*20260201-20260331~")
    (found,) = told(data).answers
    assert found.decision is not None
    assert (found.decision.valid_from, found.decision.valid_to) == (date(2026, 2, 1), date(2026, 3, 31))


def test_a_refusal_above_the_event_is_found_by_its_set() -> None:
    stopped = AuthorizationAnswer(ANSWER.review, None, (Rejection("subscriber", "75", "C"),))
    (found,) = told(tell(stopped)).answers
    assert (found.review.reference, found.review.trace, found.decision) == ("R1", "", None)
    assert [(one.level, one.reason) for one in found.rejections] == [("subscriber", "75")]


def test_requests_and_responses_are_told_apart() -> None:
    assert [finding.code for finding in told(ask(REQUEST)).findings] == ["not-278-response"]
    assert [finding.code for finding in asked(tell(ANSWER)).findings] == ["not-278-request"]


def test_a_response_without_a_decision_is_left_to_a_person() -> None:
    data = tell(ANSWER).replace(b"HCR*A1*AUTH1~", b"")
    found = told(data)
    assert found.answers[0].action == "unknown"
    assert "decision-missing" in {finding.code for finding in found.findings}


def test_a_file_cut_anywhere_raises_nothing() -> None:
    for data in cuts(tell(ANSWER, ANSWER)):
        told(data)
    for data in cuts(ask(REQUEST)):
        assert all(bare(one).trace == "TRACE1" for one in asked(data).requests)


@given(broken(tell(ANSWER, AuthorizationAnswer(ANSWER.review, None, (Rejection("payer", "42"),)))))
@settings(max_examples=60)
def test_a_broken_answer_raises_nothing(data: bytes) -> None:
    told(data)
    asked(data)


@given(broken(ask(REQUEST, replace(REQUEST, dependent=Person("ROE", "SAM"), category="AR"))))
@settings(max_examples=60)
def test_a_broken_request_raises_nothing(data: bytes) -> None:
    asked(data)
    told(data)


@pytest.mark.parametrize("row", sample_rows("278-"))
def test_samples_of_the_278_say_what_their_index_says(row: Row) -> None:
    requests, decisions = asked(row.data), told(row.data)
    answered = bool(decisions.answers)
    assert answered != bool(requests.requests)
    line = index_line(row.name)
    reviews = [one.review for one in decisions.answers] or list(requests.requests)
    # The first UM is the event's; the reader keeps those of services for nothing but their codes.
    listed = re.search(r"UM (\w+/\w+)", line)
    if listed:
        assert f"{reviews[0].category}/{reviews[0].certification}" == listed[1]
    codes = [one.decision.code for one in decisions.answers if one.decision is not None]
    codes += [each.decision.code for review in reviews for each in review.services if each.decision is not None]
    told_of = re.search(r"HCR ((?:\w+, )*\w+)", line)
    hcr = Counter(re.findall(r"HCR\*(\w+)", row.data.decode()))
    assert Counter(codes) == hcr
    assert bool(told_of) or not hcr
    services = re.findall(rb"\bSV[12]\*", row.data)
    assert sum(len(review.services) for review in reviews) == len(services)
    wrong = {one.code for one in check(row.data).findings} | {
        one.code for part in check(row.data).sets for one in part.findings
    }
    found = requests.findings if requests.requests else decisions.findings
    assert {one.code for one in found} - wrong <= {"event-missing", "um-missing", "hl-level", "decision-missing"}
    if "stupidedi" in row.name:
        assert {one.code for one in found} == wrong


def test_every_sample_that_uses_stc_is_left_to_a_person() -> None:
    rows = [param.values[0] for param in sample_rows("278-") if param.values[0] is not None]  # type: ignore[attr-defined]
    if not rows:
        pytest.skip("the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
    odd = [row for row in rows if b"STC*" in row.data]
    assert odd
    for row in odd:
        found = told(row.data)
        assert {one.action for one in found.answers} == {"unknown"}
        assert "decision-missing" in {finding.code for finding in found.findings}
        assert all(one.review.messages for one in found.answers)

"""What payers say finds its question, once; what needs a person goes to people and comes back from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from portal.domain.eligibility import NOBODY, Benefit, EligibilityAnswer, Party, Rejection
from portal.domain.errors import Refused
from portal.domain.interchanges import ControlNumbers
from portal.domain.remittances import Name
from portal.models.claims import ClaimRow
from portal.models.eligibility import EligibilityAnswerRow
from portal.models.patients import PatientRow
from portal.services.claims import checking
from portal.services.coverage import receiving
from portal.services.coverage.bodies import as_json, of_json
from portal.x12.coverage.answers_out import write_answers
from portal.x12.coverage.asking import read_questions
from portal.x12.reader import read
from tests.make import claims as make
from tests.make.x12 import AT, PARTNER
from tests.services.coverage.desk import MEMBER, Desk
from tests.x12.inquiries import answers as any_answers

ACTIVE = (Benefit("1", service_types=("30",), plan="GOLD"), Benefit("B", service_types=("98",), amount_cents=2500))
INACTIVE = (Benefit("6", service_types=("30",)),)


def told(desk: Desk, *benefits: Benefit, number: int = 1, **more: object) -> bytes:
    """A 271 of the payer that answers the last question sent."""
    question = read_questions(read(desk.sent()[-1])).questions[-1]
    answer = EligibilityAnswer(
        question.payer, question.provider, question.subscriber, traces=(question.trace,), benefits=benefits,
        reference=question.reference,
    )  # fmt: skip
    said = replace(answer, **more)  # type: ignore[arg-type]
    return write_answers([said], partner=PARTNER, numbers=ControlNumbers(number, number, 1), at=AT)


def take(desk: Desk, body: bytes) -> receiving.Received:
    return receiving.import_answers(desk.world.units, desk.clerk, "answer.271", body)


def asked(desk: Desk) -> Desk:
    desk.visit()
    desk.ask()
    return desk


def test_an_answer_is_kept_with_its_question(answering):
    desk = asked(answering())
    taken = {one.kind: (one.items, one.applied, one.findings) for one in desk.take()}
    assert taken["271"] == (1, 1, 0)
    (question,), (answer,) = desk.questions(), desk.answers()
    assert (question.state, answer.state, answer.question_id) == ("ANSWERED", "active", question.id)
    with desk.world.read("eligibility:view") as uow:
        row = uow.get(EligibilityAnswerRow, answer.id)
        said = of_json(uow.read(row, EligibilityAnswerRow.body_sealed))
    assert said.state(question.on_date) == "active"
    assert said.benefits[0].share is None or isinstance(said.benefits[0].share, Decimal)
    assert desk.items() == []
    assert desk.items("unmatched-answers") == []


@pytest.mark.parametrize(
    ("case", "reason"),
    [("inactive", "inactive"), ("not-found", "refused"), ("wrong-number", "refused"), ("other-payer", "other-payer")],
)
def test_what_needs_a_person_goes_to_people_with_what_to_do(answering, case: str, reason: str):
    desk = asked(answering(case))
    desk.take()
    ((found, words),) = desk.items()
    assert found == reason
    assert words


def test_a_later_good_answer_takes_it_out_again(answering):
    desk = asked(answering("inactive"))
    desk.take()
    assert [reason for reason, _ in desk.items()] == ["inactive"]
    desk.world.clock.forward(days=31)
    answering("active")
    assert desk.round().questions == 1
    assert desk.items() == []
    assert [row.state for row in desk.answers()] == ["inactive", "active"]


def test_an_older_answer_that_comes_late_moves_nothing(desk: Desk):
    asked(desk)
    late = told(desk, *INACTIVE)
    desk.world.clock.forward(days=4)
    desk.ask()
    take(desk, told(desk, *ACTIVE, number=2))
    assert take(desk, late).applied == 1
    assert len(desk.answers()) == 2
    assert desk.items() == []


def test_a_payer_that_is_out_of_order_is_asked_every_night_and_told_of_the_third_time(desk: Desk):
    busy = {"rejections": (Rejection("payer", "42", "R"),)}
    asked(desk)
    for n in (1, 2, 3):
        take(desk, told(desk, number=n, **busy))
        assert [reason for reason, _ in desk.items()] == (["refused"] if n == 3 else [])
        assert desk.ask().questions == 0
        desk.world.clock.forward(days=1)
        assert desk.ask().questions == 1
    take(desk, told(desk, *ACTIVE, number=4))
    assert desk.items() == []


def test_the_same_file_and_the_same_answer_again_change_nothing(desk: Desk):
    asked(desk)
    body = told(desk, *ACTIVE)
    assert take(desk, body).applied == 1
    again = take(desk, body)
    assert (again.new, again.applied, len(desk.answers())) == (False, 1, 1)
    other = take(desk, told(desk, *INACTIVE, number=2))
    assert (other.applied, [each.code for each in other.findings]) == (0, ["answered-before"])
    assert [row.state for row in desk.answers()] == ["active"]


def test_a_question_that_was_refused_first_takes_its_answer_later(desk: Desk):
    asked(desk)
    take(desk, told(desk, rejections=(Rejection("subscriber", "75", "Y"),)))
    assert [reason for reason, _ in desk.items()] == ["refused"]
    take(desk, told(desk, *ACTIVE, number=2))
    assert [(row.number, row.state) for row in desk.answers()] == [(1, "rejected"), (2, "active")]
    assert desk.items() == []


def test_a_payer_that_refuses_the_set_refuses_all_its_questions(desk: Desk):
    desk.visit()
    desk.visit(last="Birch", cover={"member_id_sealed": "CBH00000002"})
    desk.visit(last="Cole", payer_code="LKM04", cover={"member_id_sealed": "LKM00000003"})
    assert desk.ask().questions == 3
    payer = Name("PLAN CBH03", qualifier="PI", identifier="CBH03")
    sent = read_questions(read(desk.sent()[0])).questions
    reference = next(one.reference for one in sent if one.payer.identifier == "CBH03")
    refused = EligibilityAnswer(payer, NOBODY, reference=reference, rejections=(Rejection("payer", "79", "N"),))
    body = write_answers([refused], partner=PARTNER, numbers=ControlNumbers(1, 1, 1), at=AT)
    assert take(desk, body).applied == 1
    states = {row.payer_id: row.state for row in desk.questions()}
    assert sorted(states.values()) == ["ANSWERED", "ASKED"]
    assert len(desk.answers()) == 2


def test_an_answer_to_nothing_of_ours_is_left_for_a_person(desk: Desk):
    asked(desk)
    found = take(desk, told(desk, *ACTIVE, traces=("SOMEBODY-ELSES",)))
    assert (found.applied, [each.code for each in found.findings]) == (0, ["unmatched"])
    assert [reason for reason, _ in desk.items("unmatched-answers")] == ["unmatched"]
    assert desk.answers() == []


def test_another_payer_that_is_registered_already_is_no_news(desk: Desk):
    visit = desk.visit()
    with desk.world.write("claim:edit") as uow:
        person = uow.get(PatientRow, visit.patient_id)
        make.visit(uow, person=person, payer_code="LKM04", state="CODED", cover={"rank": "S"})
    desk.ask()
    question = next(one for one in read_questions(read(desk.sent()[-1])).questions if one.payer.identifier == "CBH03")
    other = Benefit("R", parties=(Party("PRP", Name("LAKESHORE", qualifier="PI", identifier="LKM04")),))
    stranger = Benefit("R", parties=(Party("PRP", Name("UNKNOWN PLAN", qualifier="PI", identifier="UNK09")),))
    for number, benefit, items in ((1, other, []), (2, stranger, ["other-payer"])):
        body = told(desk, *ACTIVE, benefit, number=number, payer=question.payer, traces=(question.trace,))
        if number == 2:
            desk.world.clock.forward(days=31)
            desk.ask()
            fresh = next(
                one for one in read_questions(read(desk.sent()[-1])).questions if one.payer.identifier == "CBH03"
            )
            body = told(desk, *ACTIVE, benefit, number=number, payer=question.payer, traces=(fresh.trace,))
        take(desk, body)
        assert [reason for reason, _ in desk.items()] == items


def test_files_of_other_kinds_are_refused_and_broken_ones_kept(desk: Desk):
    asked(desk)
    with pytest.raises(Refused) as refused:
        take(desk, desk.sent()[0])
    assert refused.value.code == "wrong-kind"
    body = told(desk, *ACTIVE)
    found = take(desk, body[: len(body) - 60])
    assert found.findings
    assert desk.answers() == []


def test_a_claim_whose_coverage_did_not_stand_is_warned_of(desk: Desk):
    with desk.world.write("claim:edit") as uow:
        claim_id = make.claim(uow, cover={"member_id_sealed": MEMBER}).id
    desk.ask()

    def findings() -> list[str]:
        with desk.world.write("claim:edit") as uow:
            return [one.code for one in checking.run_edits(uow, claim_id).findings if one.severity == "warn"]

    assert "coverage-inactive" not in findings()
    take(desk, told(desk, *INACTIVE))
    assert "coverage-inactive" in findings()
    with desk.world.read("claim:view") as uow:
        assert uow.get(ClaimRow, claim_id).state == "READY", "a warning stops nothing"
    desk.world.clock.forward(days=31)
    desk.ask()
    take(desk, told(desk, *ACTIVE, number=2))
    assert "coverage-inactive" not in findings()


@given(any_answers())
@settings(max_examples=40)
def test_what_is_stored_reads_back(answer: EligibilityAnswer):
    found = of_json(as_json(answer))
    assert found.benefits == answer.benefits
    assert found.dates == answer.dates
    assert found.rejections == answer.rejections
    assert (found.payer, found.group_name, found.payer_trace) == (answer.payer, answer.group_name, answer.payer_trace)
    assert found.state(date(2026, 1, 1)) == answer.state(date(2026, 1, 1))

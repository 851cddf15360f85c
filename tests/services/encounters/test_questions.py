"""A coder's question: the visit waits, somebody else answers, and it comes back to the coder with the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.errors import Conflict, Refused
from portal.models.queues import QueueItemRow, QueueStepRow
from portal.services.encounters import coding, questions, review
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import users, visits


def as_user(world: World, role: str) -> str:
    """A person of the store; their name in `World.people`."""
    world.people[role] = users.user(world, role)
    return role


def ask(world: World, id_: bytes, words: str = "Left or right knee?") -> None:
    with world.write("encounter:code", world.actor("coder")) as uow:
        page = coding.show(uow, id_)
        typed = replace(visits.typed(page), diagnoses=("Z23", "I10"))
        coding.ask(uow, id_, page.version, typed, "diagnosis", words)


def answer(world: World, id_: bytes, role: str, channel: str, *, name: str = "", words: str = "The left.", v: int = 1):
    with world.write("question:answer", world.actor(role, name)) as uow:
        questions.answer(uow, id_, v, words, channel)


def test_the_visit_waits_and_comes_back_to_whoever_asked(world: World):
    (id_,) = visits.bring(world)
    as_user(world, "coder")
    as_user(world, "clinician")
    ask(world, id_)
    with world.read("encounter:code", world.actor("coder")) as uow:
        page = coding.show(uow, id_)
    assert (page.state.code, page.may_code) == ("CODING_ASKED", False)
    assert page.open_question is not None
    assert [each.code for each in page.diagnoses] == ["Z23", "I10"], "what was typed is kept"
    with pytest.raises(Refused, match="settled"):
        visits.coded(world, id_)
    with world.read("question:answer", world.actor("clinician")) as uow:
        told = questions.show(uow, id_)
    assert told.asked is not None
    assert (told.asked.words, told.asked.by, told.may_answer) == ("Left or right knee?", page.open_question.by, True)
    assert told.asked.by.startswith("Coder-")
    assert [code for code, _ in told.channels] == ["self"]
    world.clock.forward(hours=3)
    answer(world, id_, "clinician", "self")
    with world.read("encounter:code", world.actor("coder")) as uow:
        page = coding.show(uow, id_)
        (item,) = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.state == "OPEN"))
        assert (item.queue, item.holder_id) == ("coding", world.people["coder"])
        assert [step.kind for step in uow.rows(uow.select(QueueStepRow.kind, QueueStepRow.item_id))] == ["given"]
    assert page.may_code
    (kept,) = page.asked
    assert (kept.answer, str(kept.channel), kept.open) == ("The left.", "I am the clinician", False)
    assert kept.answered_by.startswith("Clinician-")
    visits.coded(world, id_)


def test_the_office_answers_for_the_clinician_and_says_so(world: World):
    (id_,) = visits.bring(world)
    with pytest.raises(Refused, match="question"):
        ask(world, id_, "x" * 4_001)
    ask(world, id_)
    for channel in ("self", "", "dream"):
        with pytest.raises(Refused, match="channel"):
            answer(world, id_, "charge-clerk", channel)
    for words in (" ", "x" * 4_001):
        with pytest.raises(Refused, match="answer"):
            answer(world, id_, "charge-clerk", "phone", words=words)
    with pytest.raises(Conflict):
        answer(world, id_, "charge-clerk", "phone", v=7)
    answer(world, id_, "charge-clerk", "phone")
    with pytest.raises(Refused, match="settled"):
        answer(world, id_, "charge-clerk", "phone")


def test_whoever_asked_does_not_answer(world: World):
    (id_,) = visits.bring(world)
    ask(world, id_)
    with world.read("question:answer", world.actor("charge-clerk", "coder")) as uow:
        assert not questions.show(uow, id_).may_answer
    with pytest.raises(Refused, match="answered-by-another"):
        answer(world, id_, "charge-clerk", "phone", name="coder")


def test_a_question_is_taken_back_and_what_the_reviewer_said_still_stands(world: World):
    (id_,) = visits.bring(world)
    visits.coded(world, id_)
    with world.write("encounter:review", world.actor("coding-manager")) as uow:
        review.send_back(uow, id_, review.show(uow, id_).version, {"modifier": 2, "units": 1}, "Add 25.")
    world.clock.forward(minutes=1)
    ask(world, id_)
    with pytest.raises(Refused, match="settled"), world.write("encounter:code", world.actor("coder")) as uow:
        questions.take_back(uow, id_, 1, "BILL_ASKED")
    with world.write("encounter:code", world.actor("coder")) as uow:
        questions.take_back(uow, id_, 1, "CODING_ASKED")
    with world.read("encounter:code", world.actor("coder")) as uow:
        page = coding.show(uow, id_)
    assert (page.may_code, page.asked[0].taken_back) == (True, True)
    assert page.returned is not None
    assert page.returned.note == "Add 25."
    assert {(str(words), n) for words, n in page.returned.found} == {
        ("A modifier is missing or wrong", 2), ("The units are wrong", 1),
    }  # fmt: skip


@pytest.mark.parametrize("role", ["coder", "coding-manager", "biller", "qa-auditor", "compliance-officer"])
def test_who_may_not_answer(world: World, role: str):
    with pytest.raises(Denied), world.write("question:answer", world.actor(role)):
        raise AssertionError("nothing opens without a permission")

"""Tasks: asked for a claim in a queue, answered on a form, worked again; signed texts; reminders."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from portal.domain.errors import NotFound, Refused
from portal.models.documents import DocumentRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.messages import ConversationRow, SignedAgreementRow
from portal.services import queues
from portal.services.messages import desk, notices, office, own, showing
from portal.services.messages.office import About
from portal.services.messages.saying import Upload
from portal.services.work import items
from tests.databases import World
from tests.make import accounts
from tests.services.messages.test_messages import PDF, Story, fresh, patient_at


@pytest.fixture
def story(world: World) -> Story:
    teresa = accounts.owing(world, email_sealed="teresa@example.org")
    with world.read("account:view") as uow:
        charge = uow.first(uow.select(ChargeRow).where(ChargeRow.patient_id == teresa, ChargeRow.code == "L1902"))
    assert charge is not None
    return Story(world, teresa, charge.encounter_id, charge.id, patient_at(teresa), world.actor("biller"))


def asked(story: Story, task: str, about: About | None = None, **given: str) -> bytes:
    with story.office("task:ask") as uow:
        return office.ask(uow, about or About(story.teresa), task, given, key=fresh()).conversation_id


def answered(story: Story, task: bytes, file: Upload | None = None, **given: str) -> None:
    with story.theirs() as uow:
        own.answer(uow, task, given, key=fresh(), file=file, shown=("en_US", "The words."))


def waiting_visit(story: Story) -> bytes:
    with story.world.write("queue:assign") as uow:
        visit = uow.get(EncounterRow, story.visit)
        item = queues.put(uow, "held-claims", visit, reason="held", detail={"number": "C1"}, due_on=date(2026, 8, 31))
        return item.id


def test_what_waits_is_put_off_until_the_patient_answers_and_then_worked_again(story: Story):
    item_id = waiting_visit(story)
    with story.office("task:ask") as uow:
        about = office.about_of(uow, "item", item_id)
    assert (about.patient_id, about.encounter_id) == (story.teresa, story.visit)
    task = asked(story, "other-coverage", about, due_on="2026-08-20")
    [item] = story.waiting()
    assert item.put_off_until == date(2026, 8, 20)
    with story.world.read("own-message:view", story.patient) as uow:
        [todo] = showing.waiting(uow, story.teresa)
        assert (todo.kind, todo.due_on, todo.new) == ("task", date(2026, 8, 20), True)

    answered(story, task, has="yes", payer="Bluestem", member_id="B-77")
    [item] = story.waiting()
    assert (item.id, item.queue, item.reason, item.put_off_until) == (item_id, "held-claims", "patient-answered", None)
    assert item.detail["number"] == "C1"
    row = story.row(task)
    assert (row.state, row.closed_reason) == ("CLOSED", "answered")
    manager = story.world.actor("biller")
    with story.world.read("queue:view", manager) as uow:
        page = items.show(uow, "held-claims", item_id)
        assert "The patient answered what was asked." in {str(step.text) for step in page.steps}
        part = desk.part_of_item(uow, item_id)
        assert part is not None
        [shown] = part.items
        assert [str(value) for _, value in shown.told] == ["Yes", "Bluestem", "B-77"]
    with pytest.raises(Refused) as over, story.theirs() as uow:
        own.answer(uow, task, {"has": "no"}, key=fresh())
    assert over.value.code == "task"


def test_an_answer_that_nothing_waits_for_is_worked_by_the_office(story: Story):
    task = asked(story, "demographics")
    key = fresh()
    for _ in range(2):
        with story.theirs() as uow:
            own.answer(uow, task, {"right": "yes"}, key=key)
    [item] = story.waiting()
    assert (item.queue, item.subject_id, item.reason) == ("patient-messages", task, "patient-answered")
    with story.office("task:ask") as uow:
        office.close(uow, task, "done", expected_version=uow.get(ConversationRow, task).version)
    assert story.waiting() == []


def test_a_signature_keeps_the_very_words(story: Story):
    task = asked(story, "signature", agreement="assignment-of-benefits")
    with pytest.raises(Refused) as refused, story.theirs() as uow:
        own.answer(uow, task, {"name": "Teresa Marlowe"}, key=fresh(), shown=("en_US", "The words."))
    assert refused.value.code == "agree"
    answered(story, task, agree="1", name="Teresa Marlowe")
    with story.world.read("message:view", story.biller) as uow:
        [signed] = uow.entities(uow.select(SignedAgreementRow))
        assert uow.read(signed, SignedAgreementRow.name_sealed) == "Teresa Marlowe"
    assert (signed.words, signed.language, signed.signed_on) == ("The words.", "en_US", date(2026, 8, 3))
    assert signed.digest == hashlib.sha256(b"The words.").digest()
    assert signed.signed_by == story.patient.identity


def test_a_copy_is_filed_as_what_was_asked_for(story: Story):
    task = asked(story, "document", kind="explanation-of-benefits", words="The letter of your first plan, please.")
    with pytest.raises(Refused) as refused, story.theirs() as uow:
        own.answer(uow, task, {}, key=fresh())
    assert refused.value.code == "file"
    answered(story, task, Upload("letter.pdf", PDF))
    with story.world.read("message:view", story.biller) as uow:
        [mine] = [each for each in desk.show(uow, task).messages if each.side == "patient"]
    with story.world.read("document:view", story.biller) as uow:
        assert uow.get(DocumentRow, bytes.fromhex(mine.files[0].document_id)).kind == "explanation-of-benefits"


def test_a_cancelled_task_is_news_no_more_and_what_waited_is_worked(story: Story):
    item_id = waiting_visit(story)
    task = asked(story, "accident", About(story.teresa, "encounter", story.visit), words="Was it at work?")
    seen = story.row(task).version
    with story.office("task:ask") as uow:
        office.close(uow, task, "cancelled", expected_version=seen)
    [item] = story.waiting()
    assert (item.id, item.reason, item.put_off_until) == (item_id, "task-cancelled", None)
    with story.world.read("own-message:view", story.patient) as uow:
        assert showing.unread(uow, story.teresa) == 0
    machine, units, parts = story.world.machine("message.reminder"), story.world.units, story.world.runtime.parts
    notices.remind(units, parts, machine, task)
    assert story.mails() == []


def test_a_task_that_waits_is_reminded_of(story: Story):
    task = asked(story, "accident")
    machine, units, parts = story.world.machine("message.reminder"), story.world.units, story.world.runtime.parts
    story.world.clock.forward(days=11)
    notices.remind(units, parts, machine, task)
    [mail] = story.mails()
    assert mail.template == "something_new"


@pytest.mark.parametrize(
    ("task", "given", "code"),
    [
        ("tea", {}, "task"),
        ("signature", {"agreement": "my-soul"}, "agreement"),
        ("document", {"kind": "statement", "words": "x"}, "kind"),
        ("document", {"kind": "letter"}, "words"),
        ("accident", {"due_on": "2026-08-03"}, "due_on"),
        ("accident", {"due_on": "2026-12-03"}, "due_on"),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_field(story: Story, task, given, code):
    with pytest.raises(Refused) as refused, story.office("task:ask") as uow:
        office.ask(uow, About(story.teresa), task, given, key=fresh())
    assert refused.value.code == code


def test_nothing_is_asked_about_what_is_not_there(story: Story):
    for about in ("patient", "claim", "denial", "item", "tea"):
        with pytest.raises(NotFound), story.office("task:ask") as uow:
            office.about_of(uow, about, bytes(16))

"""Conversations of patients with the office: questions that stop the clock, answers, notes, notices, files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from portal.access.actors import Actor
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.account_holds import AccountHoldRow
from portal.models.documents import AttachmentRow, DocumentRow
from portal.models.encounters import ChargeRow
from portal.models.jobs import JobRow, MailRow
from portal.models.messages import ConversationMessageRow, ConversationRow
from portal.models.queues import QueueItemRow
from portal.services.messages import desk, notices, office, own, showing
from portal.services.messages.saying import Upload
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import accounts

PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"


@dataclass(frozen=True)
class Story:
    """Teresa at her own screen, and a biller of the practice."""

    world: World
    teresa: bytes
    visit: bytes
    charge: bytes
    patient: Actor
    biller: Actor

    def theirs(self, permission: str = "own-message:make", by: Actor | None = None):
        return self.world.write(permission, by or self.patient)

    def office(self, permission: str = "message:answer"):
        return self.world.write(permission, self.biller)

    def question(self, key: str | None = None) -> bytes:
        with self.theirs() as uow:
            return own.ask(
                uow, self.visit, "plan-pays", "My plan paid this last year.", key=key or fresh(), charge_id=self.charge
            ).conversation_id

    def row(self, id_: bytes) -> ConversationRow:
        with self.world.read("message:view") as uow:
            return uow.get(ConversationRow, id_)

    def holds(self) -> list[AccountHoldRow]:
        with self.world.read("account:view") as uow:
            return uow.entities(uow.select(AccountHoldRow).where(AccountHoldRow.ended_at.is_(None)))

    def waiting(self) -> list[QueueItemRow]:
        with self.world.read("queue:view") as uow:
            return uow.entities(uow.select(QueueItemRow).where(QueueItemRow.state == "OPEN"))

    def mails(self) -> list[MailRow]:
        with self.world.read("mail:send") as uow:
            return uow.entities(uow.select(MailRow))


def fresh() -> str:
    return os.urandom(16).hex()


def patient_at(teresa: bytes) -> Actor:
    user = os.urandom(16)
    return Actor(user.hex(), user, own_patients=frozenset({teresa}), assurance="aal2", method="totp")


@pytest.fixture
def story(world: World) -> Story:
    teresa = accounts.owing(world, email_sealed="teresa@example.org")
    with world.read("account:view") as uow:
        charge = uow.first(uow.select(ChargeRow).where(ChargeRow.patient_id == teresa, ChargeRow.code == "L1902"))
    assert charge is not None
    return Story(world, teresa, charge.encounter_id, charge.id, patient_at(teresa), world.actor("biller"))


def test_a_question_stops_the_clock_until_it_is_closed_with_an_answer(story: Story):
    key = fresh()
    asked = story.question(key)
    assert story.question(key) == asked, "the same form twice is one question"
    [held] = story.holds()
    assert (held.kind, held.about_id, held.patient_id) == ("DISPUTED", asked, story.teresa)
    [item] = story.waiting()
    assert (item.queue, item.reason, item.at_risk_cents) == ("patient-messages", "new-question", 7_140)
    assert item.due_on == date(2026, 8, 10), "five workdays from Monday"

    seen = story.row(asked).version
    with pytest.raises(Refused) as refused, story.office() as uow:
        office.close(uow, asked, "explained", expected_version=seen)
    assert refused.value.code == "guard:closing", "nobody closes a question without a word to the patient"

    with story.office() as uow:
        office.answer(uow, asked, "Your deductible is not met yet.", key=fresh())
    assert story.row(asked).state == "WITH_PATIENT"
    [item] = story.waiting()
    assert item.put_off_until == date(2026, 8, 17), "the bill waits, so somebody looks again"
    assert story.holds()

    with story.theirs() as uow:
        own.write(uow, asked, "Thank you. But I paid it in May?", key=fresh())
    [item] = story.waiting()
    assert (item.put_off_until, item.due_on, item.reason) == (None, date(2026, 8, 10), "patient-wrote")
    with story.office() as uow:
        office.answer(uow, asked, "That was another visit.", key=fresh(), close_as="explained")
    row = story.row(asked)
    assert (row.state, row.closed_reason) == ("CLOSED", "explained")
    assert story.holds() == []
    assert story.waiting() == []

    story.world.clock.forward(days=30)
    with story.theirs() as uow:
        own.write(uow, asked, "I found the receipt.", key=fresh())
    assert story.row(asked).state == "WITH_OFFICE"
    assert len(story.holds()) == 1, "what goes on is a question again"
    seen = story.row(asked).version
    with story.theirs() as uow:
        own.withdraw(uow, asked, expected_version=seen)
    assert story.holds() == []
    story.world.clock.forward(days=31)
    with pytest.raises(Refused) as late, story.theirs() as uow:
        own.write(uow, asked, "Once more.", key=fresh())
    assert late.value.code == "guard:reopening"


def test_a_message_becomes_a_question_and_a_note_stays_in_the_office(story: Story):
    with story.theirs() as uow:
        begun = own.write_first(uow, story.teresa, "My bill", "It is too high.", key=fresh()).conversation_id
    assert story.holds() == []
    seen = story.row(begun).version
    with story.office() as uow:
        assert office.turn(uow, begun, expected_version=seen) == "question"
    assert [each.kind for each in story.holds()] == ["DISPUTED"]
    assert "Question about a bill" in story.waiting()[0].detail["text"]["message"]
    with pytest.raises(Conflict), story.office() as uow:
        office.turn(uow, begun, expected_version=seen)
    seen = story.row(begun).version
    with story.office() as uow:
        office.turn(uow, begun, expected_version=seen)
        office.note(uow, begun, "She called before. Be kind.", key=fresh())
    assert story.holds() == []
    with story.world.read("own-message:view", story.patient) as uow:
        page = showing.thread_page(uow, begun)
        assert [each.words for each in page.messages] == ["It is too high."]
        assert showing.unread(uow, story.teresa) == 0, "a note is no news"
        assert uow.rows(uow.select(ConversationMessageRow.id).where(ConversationMessageRow.side == "note")) == []
    with story.world.read("message:view", story.biller) as uow:
        assert [each.side for each in desk.show(uow, begun).messages] == ["note", "patient"]


def test_what_is_new_is_told_by_mail_once_an_hour_and_says_nothing(story: Story):
    asked, units, parts = story.question(), story.world.units, story.world.runtime.parts
    machine = story.world.machine("message.notice")
    story.world.clock.forward(minutes=1)
    for n in range(3):
        with story.office() as uow:
            office.answer(uow, asked, f"Teresa, answer {n}.", key=fresh())
        notices.notice(units, parts, machine, asked)
    [mail] = story.mails()
    assert (mail.template, mail.subject_id) == ("something_new", story.teresa)
    with story.world.read("mail:send") as uow:
        kept = uow.get(MailRow, mail.id)
        said = uow.read(kept, MailRow.parameters_sealed)
        assert said.keys() == {"practice", "url"}
    if units.enqueue is None:
        with units.housekeeping() as session:
            jobs = session.query(JobRow).filter_by(name="message.notice").all()
        assert {job.practice_id for job in jobs} == {story.world.practice_id}
        assert {(job.run_after - story.world.clock.now()) for job in jobs} == {timedelta(0), timedelta(hours=1)}
    story.world.clock.forward(hours=1)
    notices.notice(units, parts, machine, asked)
    assert len(story.mails()) == 2, "still not read"
    with story.theirs("own-message:view") as uow:
        assert showing.unread(uow, story.teresa) == 1
        showing.read(uow, asked)
    with story.world.read("own-message:view", story.patient) as uow:
        assert showing.unread(uow, story.teresa) == 0
    story.world.clock.forward(hours=2)
    notices.notice(units, parts, machine, asked)
    assert len(story.mails()) == 2


def test_a_file_is_sealed_for_the_office_and_named_to_the_patient(story: Story):
    with story.theirs() as uow:
        begun = own.ask(
            uow, story.visit, "paid", "Here is the receipt.", key=fresh(), file=Upload("C:\\me\\receipt.pdf", PDF)
        ).conversation_id
    with story.world.read("own-message:view", story.patient) as uow:
        [message] = showing.thread_page(uow, begun).messages
        assert [file.name for file in message.files] == ["receipt.pdf"]
        with pytest.raises(NotFound):
            uow.get(DocumentRow, bytes.fromhex(message.files[0].document_id))
    with story.world.read("document:view", story.biller) as uow:
        [document] = uow.entities(uow.select(DocumentRow).where(DocumentRow.patient_id == story.teresa))
        [place] = uow.entities(uow.select(AttachmentRow).where(AttachmentRow.document_id == document.id))
        assert (document.pages, document.media_type, place.about, place.about_id) == (
            "MAKING", "application/pdf", "encounter", story.visit,
        )  # fmt: skip
    with pytest.raises(Refused) as refused, story.theirs() as uow:
        own.write(uow, begun, "And this.", key=fresh(), file=Upload("run.exe", b"MZ" + bytes(64)))
    assert refused.value.code == "file-kind"
    with story.world.read("own-message:view", story.patient) as uow:
        assert len(showing.thread_page(uow, begun).messages) == 1, "nothing of it was kept"


def test_nobody_else_reaches_a_conversation(story: Story):
    asked = story.question()
    tom = patient_at(accounts.owing(story.world, first_name_sealed="Tom"))
    for step in (
        lambda uow: showing.thread_page(uow, asked),
        lambda uow: own.write(uow, asked, "Mine?", key=fresh()),
        lambda uow: own.withdraw(uow, asked, expected_version=1),
        lambda uow: own.ask(uow, story.visit, "paid", "Mine?", key=fresh()),
        lambda uow: own.write_first(uow, story.teresa, "Hers", "Mine?", key=fresh()),
    ):
        with pytest.raises(NotFound), story.theirs(by=tom) as uow:
            step(uow)
    for role in ("coder", "qa-auditor", "payer-user", "compliance-officer", "administrator", "payment-poster"):
        for permission in ("message:view", "message:answer", "own-message:view"):
            with pytest.raises(Denied), story.world.write(permission, story.world.actor(role)):
                pass
    with pytest.raises(Denied), story.world.write("message:answer", story.patient):
        pass


@pytest.mark.parametrize(
    ("wrong", "words", "code"),
    [
        ("nonsense", "Words.", "wrong"),
        ("paid", "  ", "words"),
        ("paid", "nul\x00", "words"),
        ("paid", "x" * 4001, "words"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_kept(story: Story, wrong, words, code):
    with pytest.raises(Refused) as refused, story.theirs() as uow:
        own.ask(uow, story.visit, wrong, words, key=fresh())
    assert refused.value.code == code
    assert story.holds() == []
    assert story.waiting() == []

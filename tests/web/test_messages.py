"""Messages through the pages: a question on a bill, its answer, tasks, wrong roles, double presses, stale pages."""

from __future__ import annotations

import html
import io
import re

import pytest

from portal.app import create_app
from portal.domain.statements.life import StatementFacts
from portal.models.messages import ConversationMessageRow, ConversationRow, SignedAgreementRow
from portal.models.statements import StatementRow
from portal.services.statements import making
from tests.databases import World
from tests.make import accounts, users, work
from tests.services.messages.test_messages import PDF
from tests.web.staff.test_visits import form_of


class Desks:
    """Teresa's browser and those of the office, over one bill."""

    def __init__(self, world: World) -> None:
        self.world, self.flask = world, create_app(world.runtime)
        self.teresa, self.bill, self.user = world.scene(billed, world)
        self.patient = users.browser(self.flask, world, self.user)

    def office(self, role: str = "biller"):
        return users.browser(self.flask, self.world, users.user(self.world, role, named="Nadia Brandt"))

    def rows(self, model):
        with self.world.read("message:view") as uow:
            return uow.entities(uow.select(model))


def billed(world: World) -> tuple[bytes, bytes, bytes]:
    teresa = accounts.owing(world)
    made = making.make(world.units, world.runtime.parts, world.machine("statement.make"), teresa)
    assert made is not None
    with world.write("statement:run") as uow:  # as once its paper is made
        row = uow.get(StatementRow, made)
        uow.move(row, "STATEMENT_1", StatementFacts(delivered=True, owed_cents=row.closing_cents))
    return teresa, made, users.user(world, "patient", patient_id=teresa)


def said(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def desks(world: World) -> Desks:
    return Desks(world)


def test_a_line_of_a_bill_is_asked_about_and_answered(desks: Desks):
    bill = desks.patient.get(f"/my/statements/{desks.bill.hex()}").text
    links = [html.unescape(each) for each in re.findall(r'href="(/my/visits/[^"]+/question[^"]*)"', bill)]
    assert len(links) == 3, "every line"
    page = desks.patient.get(links[1])
    assert "Your bill waits." in said(page)
    assert "by Monday, August 10" in said(page), "who looks, and by when"
    form = form_of(desks.patient, links[1], "Send my question")
    del form["wrong"]  # nothing is chosen yet
    here = links[1].partition("?")[0]
    wrong = desks.patient.post(here, data={**form, "words": "I paid."}, content_type="multipart/form-data")
    assert wrong.status_code == 422
    assert "Choose what looks wrong." in said(wrong)
    assert "I paid." in said(wrong), "what was typed is not lost"
    for _ in range(2):
        filled = {**form, "wrong": "paid", "words": "I paid in May.", "file": (io.BytesIO(PDF), "receipt.pdf")}
        sent = desks.patient.post(here, data=filled, content_type="multipart/form-data")
        assert sent.status_code == 303, sent.text
    [row] = desks.rows(ConversationRow)
    assert len(desks.rows(ConversationMessageRow)) == 1, "a second press sends nothing"
    work.drain(desks.world)
    assert [each.state for each in desks.rows(StatementRow)] == ["DISPUTED"], "its clock stands still"
    thread = said(desks.patient.get(sent.location))
    for words in ("it counts once", "Your bill waits.", "by Monday, August 10", "receipt.pdf", "I paid in May."):
        assert words in thread, words

    desks.world.clock.forward(minutes=1)
    biller = desks.office()
    waiting = said(biller.get("/office/queues/patient-messages"))
    assert "Question about a bill: I paid already" in waiting
    place = f"/office/messages/{row.id.hex()}"
    page = said(biller.get(place))
    for words in ("Teresa Marlowe", "$86.40", "I paid in May.", "receipt.pdf", "The account is not asked for money"):
        assert words in page, words
    form = form_of(biller, place, "Your answer")
    refused = biller.post(place, data={**form, "words": " "})
    assert refused.status_code == 422
    closed = biller.post(place, data={**form, "words": "That paid another visit.", "close_as": "explained"})
    assert closed.status_code == 303
    work.drain(desks.world)
    assert [each.state for each in desks.rows(StatementRow)] == ["STATEMENT_1"], "and goes on"
    again = biller.post(place, data={**form, "words": "That paid another visit.", "close_as": "explained"})
    assert "counts once" in said(biller.get(again.location))
    listed = said(desks.patient.get("/my/messages"))
    assert "New" in listed
    assert "The bill is right, and it was explained" in listed
    assert "That paid another visit." in said(desks.patient.get(sent.location))
    assert " New " not in said(desks.patient.get("/my/messages")).partition("Closed")[2]


def test_the_office_notes_closes_and_turns_and_a_stale_page_does_nothing(desks: Desks):
    form = form_of(desks.patient, "/my/messages/new", "Your message")
    sent = desks.patient.post("/my/messages/new", data={**form, "title": "My bill", "words": "Too high."})
    assert sent.status_code == 303
    [row] = desks.rows(ConversationRow)
    clerk, place = desks.office("charge-clerk"), f"/office/messages/{row.id.hex()}"
    stale = form_of(clerk, place, "Close it<")
    note = form_of(clerk, place, "Keep the note")
    assert clerk.post(place, data={**note, "words": "Called before."}).status_code == 303
    assert clerk.post(place, data={**form_of(clerk, place, "Make it a question"), "do": "turn"}).status_code == 303
    assert "It is a question now" in said(clerk.get(place))
    assert clerk.post(place, data={**stale, "reason": "answered"}).status_code == 409, "it is another thing by now"
    fresh = form_of(clerk, place, "Close it<")
    unanswered = clerk.post(place, data={**fresh, "reason": "explained"})
    assert unanswered.status_code == 422
    assert "Write the answer first." in said(unanswered)
    assert clerk.post(place, data={**fresh, "reason": "withdrawn"}).status_code == 303
    assert "Called before." not in desks.patient.get(sent.location).text


def test_a_task_is_asked_signed_and_shown(desks: Desks):
    biller, ask = desks.office(), f"/office/messages/new/patient/{desks.teresa.hex()}"
    form = form_of(biller, ask, "What do you need?")
    del form["task"]
    refused = biller.post(ask, data=form)
    assert refused.status_code == 422
    assert "Choose what you need." in said(refused)
    sent = biller.post(ask, data={**form, "task": "signature", "agreement": "financial-policy", "due_on": ""})
    assert sent.status_code == 303, sent.text
    listed = desks.patient.get("/my/messages").text
    assert "We need something from you" in listed
    [task] = desks.rows(ConversationRow)
    place = f"/my/messages/{task.id.hex()}"
    assert "by Monday, August 17" in said(desks.patient.get(place))
    form = form_of(desks.patient, place, "Sign and send")
    unsigned = desks.patient.post(place, data={**form, "name": "Teresa Marlowe"})
    assert unsigned.status_code == 422
    assert "Tick that you agree." in said(unsigned)
    signed = desks.patient.post(place, data={**form, "agree": "1", "name": "Teresa Marlowe"})
    assert signed.status_code == 303
    [kept] = desks.rows(SignedAgreementRow)
    assert kept.words.startswith("Financial policy\n\nI pay what my plan says is my part")
    assert kept.language == "en_US"
    account = said(biller.get(f"/office/patients/{desks.teresa.hex()}"))
    assert "Signed by Teresa Marlowe" in account


def test_nobody_else_opens_or_writes(desks: Desks):
    form = form_of(desks.patient, "/my/messages/new", "Your message")
    sent = desks.patient.post("/my/messages/new", data={**form, "title": "My bill", "words": "Too high."})
    [row] = desks.rows(ConversationRow)
    tom = accounts.owing(desks.world, first_name_sealed="Tom")
    other = users.browser(desks.flask, desks.world, users.user(desks.world, "patient", patient_id=tom))
    own = form_of(other, "/my/messages/new", "Your message")
    question = f"/my/visits/{'ab' * 16}/question"
    assert {other.get(each).status_code for each in (sent.location, question)} == {404}
    for path in (sent.location, question, "/my/messages/new"):
        tried = other.post(path, data={**own, "patient": desks.teresa.hex(), "words": "Hers?", "title": "x"})
        assert tried.status_code == 404, path
    for role in ("coder", "payment-poster", "compliance-officer", "administrator"):
        assert desks.office(role).get(f"/office/messages/{row.id.hex()}").status_code == 403, role
    expired = desks.flask.test_client().get(sent.location)
    assert expired.location == f"/sign-in?next={sent.location}", "and back again afterwards"
    assert len(desks.rows(ConversationMessageRow)) == 1

"""What payers say, through the pages: asked for by a click, read by the office and the patient, rules kept."""

from __future__ import annotations

from datetime import date

import pytest
from flask import url_for

from portal.app import create_app
from portal.domain.realtime import service
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.realtime import RealtimePayer
from portal.services import practices, realtime
from portal.services.files import collecting
from portal.services.users import registration
from tests.databases import World
from tests.make import users, work
from tests.services.coverage.desk import MEMBER, Desk, folders
from tests.web.staff.test_visits import at_work, form_of, place, upload


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


@pytest.fixture
def desk(world: World) -> Desk:
    folder = folders(world)
    house = Clearinghouse(folder / "out", folder / "in", clock=world.clock, cases={MEMBER: "inactive"})
    return Desk(world, folder, house)


def test_a_click_asks_and_the_answer_stands_on_the_pages(flask, desk: Desk):
    visit = desk.visit()
    clerk = at_work(flask, desk.world, "charge-clerk")
    account = place(clerk, "accounts.show", patient_id=visit.patient_id)
    here = place(clerk, "coverage.show", patient_id=visit.patient_id)
    assert "The payer was not asked yet." in clerk.get(account).text
    assert here in clerk.get(account).text
    answer = clerk.post(here, data=form_of(clerk, here, "Ask now"), follow_redirects=True)
    assert "1 question is on its way." in answer.text
    assert "no answer yet" in answer.text
    desk.take()
    page = clerk.get(here).text
    assert "Not active" in page
    assert page.count("Not active") == 3, "the state, the benefit, the question"
    assert "Not active" in clerk.get(account).text
    biller = at_work(flask, desk.world, "biller")
    queue = biller.get(place(biller, "queues.show", queue="coverage")).text
    assert "did not stand on the day of service" in queue


def test_a_payer_that_answers_at_once_is_waited_for_on_the_page(flask, desk: Desk):
    visit = desk.visit(day=date(2026, 8, 3))
    assert desk.house is not None
    with RealtimePayer(desk.house.at_once, user="juniper", password="word", clock=desk.world.clock) as payer:
        with desk.world.write("partner:edit") as uow:
            partner = practices.partner_by_code(uow, desk.world.practice_id, "clearing")
            realtime.set_service(uow, partner, service(payer.url, "juniper", sender="J", receiver="C"), "word")
        clerk = at_work(flask, desk.world, "charge-clerk")
        here = place(clerk, "coverage.show", patient_id=visit.patient_id)
        assert 'data-again="no"' in clerk.get(here).text
        asking = clerk.post(here, data=form_of(clerk, here, "Ask now"), follow_redirects=True).text
        assert 'data-again="yes"' in asking
        assert "The payer is being asked." in asking
        for _ in range(2):  # the reading of what came back is a job of its own
            work.drain(desk.world)
    answered = clerk.get(here).text
    assert 'data-again="no"' in answered
    assert "Not active" in answered


def test_the_patient_reads_it_in_spanish(flask, desk: Desk):
    visit = desk.visit()
    desk.round()
    with desk.world.write("registration:issue") as uow:
        user = registration.sign_up(uow, visit.patient_id, email="mina@mail.example", language="es_US")
    with flask.test_request_context():
        home = url_for("patient.home")
    page = users.browser(flask, desk.world, user).get(home).text
    assert "Lo que dice su plan" in page
    assert "Dice que no le cubría" in page


def test_without_a_partner_the_page_says_why(flask, world: World):
    desk = Desk(world, world.runtime.settings.edi / "clearing")
    visit = desk.visit()
    clerk = at_work(flask, world, "charge-clerk")
    here = place(clerk, "coverage.show", patient_id=visit.patient_id)
    answer = clerk.post(here, data=form_of(clerk, here, "Ask now"), follow_redirects=True)
    assert "No trading partner is set up." in answer.text
    assert desk.questions() == []


def test_who_may_look_and_who_may_ask(flask, desk: Desk):
    visit = desk.visit()
    auditor = at_work(flask, desk.world, "qa-auditor")
    here = place(auditor, "coverage.show", patient_id=visit.patient_id)
    assert "Ask now" not in auditor.get(here).text
    assert at_work(flask, desk.world, "coder").get(here).status_code == 403


def test_a_manager_says_how_often_is_asked(flask, desk: Desk):
    visit = desk.visit()
    assert visit.payer_id is not None
    manager = at_work(flask, desk.world, "billing-manager")
    here = place(manager, "coverage.rules")
    assert here in manager.get(place(manager, "coverage.show", patient_id=visit.patient_id)).text
    form = form_of(manager, here, "payer-")
    field = f"payer-{visit.payer_id.hex()}"
    assert (form["days"], form[field]) == (["30"], [""])
    kept = manager.post(here, data=form | {"days": "20", field: "7"}, follow_redirects=True).text
    assert "The rules are kept." in kept
    again = form_of(manager, here, "payer-")
    assert (again["days"], again[field]) == (["20"], ["7"])
    wrong = manager.post(here, data=again | {"days": "400"}, follow_redirects=True).text
    assert "Give whole days from 1 to 365." in wrong
    assert form_of(manager, here, "payer-")["days"] == ["20"]


def test_an_answer_is_uploaded_by_hand(flask, desk: Desk):
    desk.visit()
    desk.ask()
    assert desk.house is not None
    (path,) = (path for path in desk.house.collect() if path.suffix == ".271")
    clerk = at_work(flask, desk.world, "charge-clerk")
    answer = upload(clerk, path.read_bytes(), "answer.271")
    assert answer.status_code == 303
    work.drain(desk.world)
    page = clerk.get(answer.location).text
    assert "Answers about coverage (271)" in page
    assert [row.state for row in desk.answers()] == ["inactive"]
    assert [one.kind for one in collecting.collect(desk.world.units, desk.world.runtime.parts, desk.clerk)].count("271")

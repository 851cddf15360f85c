"""Authorizations through the pages: asked from the claim, answered, billed; decided by the payer's own people."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.domain.eligibility import Limit
from portal.services.authorizations import deciding, requesting
from portal.services.authorizations.deciding import Answer
from portal.services.patients import restrictions
from tests.databases import World
from tests.make import remittances as money
from tests.make import scans, users, work
from tests.services.authorizations.desk import NEEDS, Desk, opened
from tests.web.staff.test_visits import at_work, form_of, place
from tests.web.test_guard import form_token

FORM = {"from": "2026-08-03", "to": "2026-12-31", "urgency": "standard", "do": "send"}


@pytest.fixture
def flask(world: World) -> Flask:
    return create_app(world.runtime)


@pytest.fixture
def desk(world: World) -> Desk:
    found = opened(world)
    found.rule()
    return found


def test_from_the_claim_to_the_payer_and_back_to_the_claim(flask: Flask, desk: Desk):
    visit = desk.visit()
    claim = desk.claim(visit)
    biller = at_work(flask, desk.world, "biller")
    here = place(biller, "claims.show", claim_id=claim)
    shown = biller.get(here).text
    assert "the payer wants to be asked for it in advance" in shown
    new = place(biller, "authorizations.new", patient_id=visit.patient_id, visit=visit.encounter_id.hex())
    assert new.replace("&", "&amp;") in shown
    assert f'value="{NEEDS}"' in biller.get(new).text
    wrong = biller.post(new, data={**form_of(biller, new, "Send to the payer"), **FORM, "from": "2026-07-01"})
    assert (wrong.status_code, "say why it is asked for only now" in wrong.text) == (422, True)
    filled = {**form_of(biller, new, "Send to the payer"), **FORM}
    sent = biller.post(new, data=filled)
    assert (sent.status_code, "The payer is asked." in biller.get(sent.location).text) == (303, True)
    assert biller.post(new, data=filled).status_code == 422, "a second click asks nobody twice"
    assert desk.answers()
    work.drain(desk.world)
    page = biller.get(sent.location).text
    assert "Approved" in page
    assert "CBH03A" in page
    assert sent.location in biller.get(here).text
    assert desk.state_of_claim(claim) == ("READY", [])
    desk.send()
    assert "In use" in biller.get(place(biller, "authorizations.list")).text
    assert place(biller, "claims.show", claim_id=claim) in biller.get(sent.location).text
    account = place(biller, "accounts.show", patient_id=visit.patient_id)
    assert sent.location in biller.get(account).text


def test_an_answer_by_phone_once_and_only_from_the_page_that_stands(flask: Flask, desk: Desk):
    visit = desk.visit()
    id_ = desk.draft(visit)
    biller = at_work(flask, desk.world, "biller")
    here = place(biller, "authorizations.show", authorization_id=id_)
    given = form_of(biller, here, "Keep the answer") | {"do": "answer", "channel": "phone", "action": "approved"}
    given |= {"number": "", "units-1": "1.5", "to": "2026-11-28", "channel": "letter", "note": "Said Mrs. Ode."}
    given |= {"limit-1": "10", "measure-1": "DY"}
    wrong = biller.post(here, data=given)
    assert (wrong.status_code, "An approval needs the payer" in wrong.text) == (422, True)
    kept = ('value="1.5"', 'value="10"', 'value="DY" selected', 'value="2026-11-28"', 'value="letter" selected')
    for typed in (*kept, ">Said Mrs. Ode.</textarea>"):
        assert typed in wrong.text
    assert (desk.row(id_).state, desk.kept(id_)) == ("DRAFT", [])
    long = form_of(biller, here, "Take back") | {"do": "cancel", "reason": "asked-twice", "note": "n" * 5_000}
    again = biller.post(here, data=long)
    assert (again.status_code, 'value="asked-twice" selected' in again.text, "n" * 5_000 in again.text) == (
        422, True, True,
    )  # fmt: skip
    assert biller.post(here, data=given | {"number": "TEL-5"}).status_code == 303
    assert biller.post(here, data=given | {"number": "TEL-6"}).status_code == 409
    assert desk.page(id_).number == "TEL-5"
    assert (
        biller.post(here, data=form_of(biller, here, "Take back") | {"do": "cancel", "reason": ""}).status_code == 422
    )
    assert at_work(flask, desk.world, "coder").get(here).status_code == 403
    reader = at_work(flask, desk.world, "denial-specialist")
    assert reader.get(here).status_code == 200
    assert reader.post(here, data=given | {"csrf_token": form_token(reader, here)}).status_code == 403


def test_a_limit_that_the_form_cannot_say_goes_on_when_it_is_sent_as_it_stands(flask: Flask, desk: Desk):
    visit = desk.visit()
    id_, limit = desk.draft(visit), Limit("VS", Decimal(3), period="34", periods=Decimal(6))
    with desk.writing() as uow:
        deciding.enter(uow, id_, Answer("modified", "phone", "TEL-5", units={1: None}, limits={1: limit}))
    biller = at_work(flask, desk.world, "biller")
    here = place(biller, "authorizations.show", authorization_id=id_)
    given = form_of(biller, here, "Keep the answer") | {"do": "answer", "channel": "phone", "action": "modified"}
    given |= {"to": "2026-11-28", "measure-1": "VS", "per-1": "", "each-1": "WK"}
    assert biller.post(here, data=given).status_code == 303
    service = desk.page(id_).services[0]
    assert (service.unlimited, str(desk.row(id_).valid_to)) == (True, "2026-11-28")
    assert service.limits is not None
    assert str(service.limits.text) == "3 visits every 6 months"


def test_the_manager_keeps_the_rules(flask: Flask, desk: Desk):
    manager = at_work(flask, desk.world, "billing-manager")
    here = place(manager, "authorizations.rules")
    load = form_of(manager, here, "Load")
    bad = (BytesIO(b"payer,code,from\n*,NO,2026-01-01\n"), "rules.csv")
    answer = manager.post(here, data=load | {"do": "load", "file": bad}, follow_redirects=True)
    assert "Line 2" in answer.text
    good = (BytesIO(b"payer,code,from\n*,A4550,2026-01-01\n"), "rules.csv")
    assert "1 new" in manager.post(here, data=load | {"do": "load", "file": good}, follow_redirects=True).text
    added = {"do": "add", "payer": "*", "code": "L1000-L1499", "from": "2026-01-01", "needed": "yes"}
    assert "L1000-L1499" in manager.post(here, data=load | added, follow_redirects=True).text
    out = form_of(manager, here, "Take out L1000-L1499")
    assert "taken out" in manager.post(here, data=out | {"do": "out"}, follow_redirects=True).text
    assert at_work(flask, desk.world, "biller").get(here).status_code == 403


def test_the_payer_sees_and_decides_its_own_requests_once(flask: Flask, desk: Desk):
    visit, other = desk.visit(), desk.visit(last="Birch", payer_code="LKM04")
    claim = desk.claim(visit)
    id_, theirs, unsent = desk.ask(visit), desk.ask(other), desk.draft(visit, last="2026-11-30")
    payer = users.browser(flask, desk.world, users.user(desk.world, "payer-user", payer_id=visit.payer_id))
    listed = payer.get("/payer/requests").text
    assert "Ashgrove" in listed
    assert "Birch" not in listed
    for hidden in (theirs, unsent):
        assert payer.get(f"/payer/requests/{hidden.hex()}").status_code == 404
    here = f"/payer/requests/{id_.hex()}"
    assert "I10" in payer.get(here).text
    given = form_of(payer, here, "Decide")
    assert given["action"] == [""]  # a decision is chosen, never found chosen
    told = {"": "choose the decision", "approved": "needs your number", "denied": "Say why you deny it"}
    for action, words in told.items():
        wrong = payer.post(here, data=given | {"action": action, "reason": "", "note": "Read the plan."})
        assert (wrong.status_code, words in wrong.text, "the payer" in wrong.text.lower()) == (422, True, False)
    assert ('value="denied" selected' in wrong.text, ">Read the plan.</textarea>" in wrong.text) == (True, True)
    given |= {"action": "modified", "number": "PAY-9", "from": "2026-08-03", "to": "2026-08-31", "units-1": "1"}
    assert payer.post(here, data=given).status_code == 303
    assert payer.post(here, data=given | {"number": "PAY-10"}).status_code == 409
    assert "Being taken in" in payer.get(here).text
    work.drain(desk.world)
    work.drain(desk.world)  # the claim's own job, asked for by the first
    assert (desk.row(id_).state, desk.left(id_), desk.page(id_).number) == ("MODIFIED", [1], "PAY-9")
    assert [reason for _, reason, _ in desk.items(id_)] == ["modified"]
    assert desk.state_of_claim(claim) == ("READY", [])
    assert payer.post(f"/payer/requests/{theirs.hex()}", data=given).status_code == 404
    biller, reader = (at_work(flask, desk.world, role) for role in ("biller", "denial-specialist"))
    waits = place(biller, "authorizations.show", authorization_id=id_)  # what is to be done is said to who may do it
    assert ["ask again if" in each.get(waits).text for each in (biller, reader)] == [True, False]
    assert biller.get(here).status_code == 403
    assert payer.get(place(biller, "authorizations.list")).status_code == 403


def test_the_payer_decides_an_appeal_and_what_came_too_late_is_told(flask: Flask, desk: Desk):
    visit = desk.visit()
    id_ = desk.ask(visit)
    payer = users.browser(flask, desk.world, users.user(desk.world, "payer-user", payer_id=visit.payer_id))
    here = f"/payer/requests/{id_.hex()}"
    denied = {"action": "denied", "reason": "not-necessary"}
    assert payer.post(here, data=form_of(payer, here, "Decide") | denied).status_code == 303
    work.drain(desk.world)
    desk.world.clock.forward(minutes=1)
    with desk.writing("authorization:request") as uow:
        requesting.follow_up(uow, id_, "APPEAL")
    assert "Waits for you" in payer.get(here).text
    granted = {"action": "approved", "number": "PAY-9", "units-1": "2"}
    assert payer.post(here, data=form_of(payer, here, "Decide") | granted).status_code == 303
    assert "Being taken in" in payer.get(here).text
    with desk.writing() as uow:  # entered by phone before the worker came to it
        deciding.enter(uow, id_, Answer("denied", "phone", reasons=("other",)))
    for _ in range(2):
        deciding.apply_members(desk.world.units, desk.world.machine(), desk.kept(id_)[1].id)
        assert (desk.row(id_).state, [reason for _, reason, _ in desk.items(id_)]) == ("DENIED", ["again"])


def test_the_pages_of_a_visit_say_what_is_to_be_asked_and_where_that_stands(flask: Flask, desk: Desk):
    visit = desk.visit(state="PROPOSED")
    coder, clerk = at_work(flask, desk.world, "coder"), at_work(flask, desk.world, "charge-clerk")
    coding = place(coder, "encounters.code", encounter_id=visit.encounter_id)
    entry = place(clerk, "charges.enter", encounter_id=visit.encounter_id)
    new = place(clerk, "authorizations.new", patient_id=visit.patient_id, visit=visit.encounter_id.hex())
    new = new.replace("&", "&amp;")
    shown, entered = coder.get(coding).text, clerk.get(entry).text
    assert ("nobody has asked yet" in shown, new in shown) == (True, False), "who codes asks nobody"
    assert ("nobody has asked yet" in entered, new in entered) == (True, True)
    id_ = desk.ask(visit)
    assert "a request is under way" in coder.get(coding).text
    desk.answers()
    shown = coder.get(coding).text
    assert ("an approval covers it" in shown, str(desk.page(id_).number) in shown) == (True, False)
    other = desk.visit(last="Birch", state="RELEASED")
    entry = place(clerk, "charges.enter", encounter_id=other.encounter_id)
    with desk.world.write("restriction:edit", desk.biller) as uow:
        restrictions.keep(uow, other.patient_id, other.encounter_id, "2026-08-03")
    shown = clerk.get(entry).text
    assert ("keeps this visit from the plan" in shown, "authorizations/new" in shown) == (True, False)


def test_a_void_through_the_pages_gives_the_units_back(flask: Flask, desk: Desk):
    visit = desk.visit()
    id_ = desk.granted(visit)
    claim = desk.claim(visit)
    desk.send()
    assert (desk.row(id_).state, desk.left(id_)) == ("IN_USE", [1])
    paid = money.answer(money.sent_of(desk.world, claim))
    money.bring(desk.world, money.payment(paid))
    biller, manager = (at_work(flask, desk.world, role) for role in ("biller", "billing-manager"))
    path = place(biller, "claims.show", claim_id=claim)
    asked = form_of(biller, path, 'value="void"') | {"do": "void", "reason": "wrong-patient"}
    assert biller.post(path, data=asked).status_code == 303
    approved = form_of(manager, path, 'value="approve"') | {"do": "approve"}
    assert [manager.post(path, data=approved).status_code for _ in range(2)] == [303, 409]
    desk.send()
    assert desk.left(id_) == [1], "what a payer may still refuse to take back gives nothing back"
    money.bring(desk.world, money.payment(money.turned(paid)))
    work.drain(desk.world)
    assert (desk.row(id_).state, desk.left(id_)) == ("APPROVED", [2])
    page = biller.get(place(biller, "authorizations.show", authorization_id=id_)).text
    assert ("given back" in page.lower(), "Used by" in page) == (True, False)


def test_documents_are_attached_to_a_request_by_those_who_work_on_it(flask: Flask, desk: Desk):
    visit = desk.visit()
    id_ = desk.draft(visit)
    biller = at_work(flask, desk.world, "biller")
    here = place(biller, "authorizations.show", authorization_id=id_)
    form = form_of(biller, here, "document_file")
    assert (form["about"], form["about_id"]) == (["authorization"], [id_.hex()])

    def give(client: FlaskClient, body: bytes, name: str) -> TestResponse:
        given = form | {"csrf_token": form_token(client, here), "kind": "letter", "file": (BytesIO(body), name)}
        return client.post(place(client, "documents.upload"), data=given)

    sent = give(biller, scans.pdf(), "letter-of-the-plan.pdf")
    assert "letter-of-the-plan.pdf" in biller.get(here).text
    assert give(biller, scans.pdf(), "again.pdf").location == sent.location, "a second click keeps one"
    assert here in biller.get(sent.location).text
    refused = give(biller, b"no document", "x.pdf")
    assert refused.location == f"{here}#docs"
    auditor = at_work(flask, desk.world, "qa-auditor")
    assert ("letter-of-the-plan.pdf" in auditor.get(here).text, "document_file" in auditor.get(here).text) == (
        True,
        False,
    )
    assert give(auditor, scans.png(), "x.png").status_code == 403
    strange = biller.post(
        place(biller, "documents.upload"),
        data=form | {"about_id": "ab" * 16, "kind": "letter", "file": (BytesIO(scans.png()), "x.png")},
    )
    assert strange.status_code == 404
    assert biller.get(here).text.count("/office/documents/") == 1

"""Where a claim stands, on its page: asked once, told in plain words, and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.app import create_app
from portal.services.claims import silence
from tests.databases import World
from tests.make import work
from tests.services.claims.office import Office
from tests.services.claims.test_statuses import AT, questions, said, sent, told
from tests.web.staff.test_claims import press
from tests.web.staff.test_visits import at_work, form_of, upload
from tests.web.test_guard import form_token


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


@pytest.fixture
def flask(office: Office):
    return create_app(office.world.runtime)


def test_a_payer_is_asked_once_and_its_answers_are_told_and_followed(flask, office: Office):
    claim = office.claim()
    office.send()
    office.world.clock.forward(days=6)
    silence.surface(office.world.units, office.world.machine("claim.silent"))
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    assert "Ask the payer" in biller.get("/office/queues/unanswered-claims").text
    stale = form_of(biller, path, 'value="ask"')
    assert "The payer was not asked where this stands." in biller.get(path).text
    assert biller.post(path, data={**stale, "do": "ask"}).status_code == 303
    shown = biller.get(path).text
    assert "The payer is asked. Its answer comes here by itself." in shown
    assert "no answer yet." in shown
    assert 'value="ask"' not in shown
    again = biller.post(path, data={**stale, "do": "ask"})
    assert (again.status_code, "The payer was asked already" in again.text) == (422, True)
    (row,) = questions(office)
    assert row.claim_id == claim

    assert upload(biller, told(said(sent(office)[0], "D0:35")), "status.277").status_code == 303
    work.drain(office.world)
    shown = biller.get(path).text
    for words in ("The payer does not find the claim.", "D0:35", "Asked, the payer answers:", "It never arrived"):
        assert words in shown
    assert "The payer does not find the claim." in biller.get("/office/queues/unanswered-claims").text
    assert press(biller, claim, "ask").status_code == 303
    body = told(said(sent(office)[1], "R4:317"), at=AT + timedelta(days=1))
    assert upload(biller, body, "more.277").status_code == 303
    work.drain(office.world)
    assert "The payer asks for more before it decides." in biller.get(path).text
    assert press(biller, claim, "supplied").status_code == 303
    assert office.state(claim) == "ACCEPTED"


def test_a_claim_that_never_arrived_is_made_ready_again(flask, office: Office):
    claim = office.claim()
    office.send()
    biller = at_work(flask, office.world, "biller")
    press(biller, claim, "ask")
    upload(biller, told(said(sent(office)[0], "A4:35")), "status.277")
    work.drain(office.world)
    stale = form_of(biller, f"/office/claims/{claim.hex()}", 'value="lost"')
    assert [biller.post(f"/office/claims/{claim.hex()}", data={**stale, "do": "lost"}).status_code for _ in "12"] == [
        303, 409,
    ]  # fmt: skip
    assert office.state(claim) == "REJECTED"
    assert press(biller, claim, "ready", reason="coverage").status_code == 303
    assert office.state(claim) == "READY"


def test_only_billers_ask(flask, office: Office):
    claim = office.claim()
    office.send()
    for role in ("coder", "denial-specialist", "payment-poster"):
        other = at_work(flask, office.world, role)
        data = {"csrf_token": form_token(other, "/sessions"), "version": "2"}
        for do in ("ask", "lost", "supplied"):
            assert other.post(f"/office/claims/{claim.hex()}", data={**data, "do": do}).status_code == 403
    assert questions(office) == []

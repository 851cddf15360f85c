"""Claims on the office's pages: from ready to sent, rejected, corrected, sent again."""

from __future__ import annotations

import re

import pytest

from portal.app import create_app
from tests.databases import World
from tests.make import answers, work
from tests.make import remittances as money
from tests.services.claims.office import Office
from tests.services.claims.test_correcting import CO45, replaced, said
from tests.web.staff.test_visits import at_work, form_of, upload
from tests.web.test_guard import form_token


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


@pytest.fixture
def flask(office: Office):
    return create_app(office.world.runtime)


def press(client, claim: bytes, do: str, **more: str):
    path = f"/office/claims/{claim.hex()}"
    given = form_of(client, path, f'value="{do}"')
    return client.post(path, data={**given, **more, "do": do})


def test_a_claim_goes_out_comes_back_and_goes_again(flask, office: Office):
    claim = office.claim()
    biller = at_work(flask, office.world, "biller")
    page = biller.get("/office/claims").text
    assert "Mina Ashgrove" in page
    assert "Send the ready claim" in page
    sent = biller.post("/office/claims/send", data={"csrf_token": form_token(biller, "/office/claims")})
    assert (sent.status_code, sent.location) == (303, "/office/claims")
    assert "1 claim sent." in biller.get(sent.location).text
    assert office.state(claim) == "SUBMITTED"

    answered = upload(biller, answers.statuses(office.sent(), ("A7:164:IL",)), "status.277ca")
    assert answered.status_code == 303
    work.drain(office.world)
    shown = biller.get(f"/office/claims/{claim.hex()}").text
    assert "Rejected" in shown
    assert "Corrected, make it ready" in shown
    assert "Rejected (A7, 277CA)." in shown
    assert biller.get(f"/office/claims/{claim.hex()}/versions/1").text.count("<li><code>") > 20

    again = press(biller, claim, "ready", reason="coverage", note="by phone")
    assert again.status_code == 303
    shown = biller.get(again.location).text
    assert "Checked: it is ready to be sent." in shown
    assert "by phone" in shown
    assert press(biller, claim, "send").status_code == 303
    assert office.row(claim).versions == 2


def test_an_accepted_status_stands_on_the_claim_as_proof_of_timely_filing(flask, office: Office):
    claim = office.claim()
    office.send()
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    assert "Proof of timely filing" not in biller.get(path).text
    file = upload(biller, answers.statuses(office.sent(), ("A2:20:PR",)), "status.277ca").location
    work.drain(office.world)
    shown = biller.get(path).text
    assert re.search(r"Proof of timely filing: accepted on [A-Z][a-z]+ \d+, 2026 \(277CA, A2\)\.", shown)
    assert re.search(rf'<a href="{file}">The file that says so</a>', shown)
    assert "Filed in time" in shown


def test_a_claim_is_held_released_and_returned(flask, office: Office):
    claim = office.claim()
    biller = at_work(flask, office.world, "biller")
    assert press(biller, claim, "hold", reason="record").status_code == 303
    assert "A record from the provider is awaited" in biller.get(f"/office/claims/{claim.hex()}").text
    assert press(biller, claim, "release").status_code == 303
    assert office.state(claim) == "READY"
    assert press(biller, claim, "draft", reason="units", note="three of them").status_code == 303
    shown = biller.get(f"/office/claims/{claim.hex()}").text
    assert "three of them" in shown
    assert press(biller, claim, "check").status_code == 303
    assert "being worked on" in biller.get(f"/office/claims/{claim.hex()}").text


def test_two_tabs_meet_in_a_conflict(flask, office: Office):
    claim = office.claim()
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    stale = form_of(biller, path, 'value="hold"')
    assert biller.post(path, data={**stale, "do": "hold", "reason": "record"}).status_code == 303
    late = biller.post(path, data={**stale, "do": "draft", "reason": "units"})
    assert late.status_code == 409
    assert office.state(claim) == "HELD"


@pytest.mark.parametrize("do", ["", "vanish", "send; drop"])
def test_a_button_that_is_none_is_turned_down(flask, office: Office, do: str):
    claim = office.claim()
    biller = at_work(flask, office.world, "biller")
    token = form_token(biller, f"/office/claims/{claim.hex()}")
    answer = biller.post(f"/office/claims/{claim.hex()}", data={"csrf_token": token, "version": "1", "do": do})
    assert answer.status_code == 422
    assert office.state(claim) == "READY"


def test_views_stand_in_the_address(flask, office: Office):
    claim = office.claim()
    biller = at_work(flask, office.world, "biller")
    assert claim.hex() in biller.get("/office/claims?state=READY").text
    assert "No claim fits this view." in biller.get("/office/claims?state=HELD").text
    assert claim.hex() in biller.get(f"/office/claims?number={office.row(claim).control}").text


@pytest.mark.parametrize("role", ["coder", "payment-poster"])
def test_only_billers_change_claims(flask, office: Office, role: str):
    claim = office.claim()
    other = at_work(flask, office.world, role)
    path = f"/office/claims/{claim.hex()}"
    assert other.get(path).status_code == (200 if role == "payment-poster" else 403)
    token = form_token(other, "/sessions")
    for address in (path, "/office/claims/send"):
        answer = other.post(address, data={"csrf_token": token, "version": "1", "do": "hold", "reason": "record"})
        assert answer.status_code == 403
    assert office.state(claim) == "READY"


def test_no_claim_of_nobody(flask, office: Office):
    biller = at_work(flask, office.world, "biller")
    assert biller.get(f"/office/claims/{'0' * 32}").status_code == 404
    assert re.search("no such|There is no", biller.get(f"/office/claims/{'0' * 32}").text)


def test_an_answered_claim_is_replaced_from_its_page(flask, office: Office):
    claim = office.claim()
    office.send()
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim), CO45)))
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    page = biller.get(path).text
    assert "Never again as an original" in page
    given = form_of(biller, path, 'value="replace"')
    assert biller.post(path, data={**given, "do": "replace", "reason": "registration"}).status_code == 303
    shown = biller.get(path).text
    assert "The replacement is ready to be sent." in shown
    assert biller.post(path, data={**given, "do": "replace", "reason": "registration"}).status_code == 409
    assert biller.post(path, data={**form_of(biller, path, 'value="send"'), "do": "send"}).status_code == 303
    assert office.row(claim).versions == 2
    assert "replacement" in biller.get(path).text


def test_a_rejected_replacement_is_given_up_once_with_a_reason(flask, office: Office):
    claim = office.claim()
    office.send()
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim), CO45)))
    office.world.clock.forward(hours=1)
    replaced(office, claim)
    office.send()
    office.answered(said(office, "A7:164:IL"))
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    assert "or give it up: then the claim stands" in biller.get(path).text
    given = {**form_of(biller, path, 'value="give_up"'), "do": "give_up"}
    assert biller.post(path, data={**given, "reason": "refused"}).status_code == 422
    told = biller.post(path, data={**given, "reason": "no-more", "note": "By phone."}, follow_redirects=True).text
    assert "The claim stands as it did." in told
    assert "By phone." in told
    assert office.state(claim) == "ADJUDICATED"
    assert biller.post(path, data={**given, "reason": "no-more"}).status_code == 409


def test_a_void_is_asked_for_by_one_and_approved_by_another(flask, office: Office):
    claim = office.claim()
    office.send()
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim), CO45)))
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    given = form_of(biller, path, 'value="void"')
    assert biller.post(path, data={**given, "do": "void", "reason": "wrong-patient"}).status_code == 303
    assert 'value="approve"' not in biller.get(path).text
    refused = biller.post(path, data={**form_of(biller, path, 'value="give_up"'), "do": "approve"})
    assert refused.status_code == 403
    manager = at_work(flask, office.world, "billing-manager")
    assert "It was billed for the wrong patient" in manager.get("/office/queues/void-approvals").text
    assert manager.post(path, data={**form_of(manager, path, 'value="approve"'), "do": "approve"}).status_code == 303
    assert office.state(claim) == "VOID_PENDING"


def test_a_void_on_its_way_is_told_and_each_step_is_taken_once(flask, office: Office):
    claim = office.claim()
    office.send()
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim), CO45)))
    biller, manager = (at_work(flask, office.world, role) for role in ("biller", "billing-manager"))
    path = f"/office/claims/{claim.hex()}"
    biller.post(path, data={**form_of(biller, path, 'value="void"'), "do": "void", "reason": "wrong-patient"})
    assert "until a manager approves" in biller.get(path).text
    asked = form_of(manager, path, 'value="approve"')
    own = form_of(biller, path, 'value="give_up"')
    assert manager.post(path, data={**asked, "do": "approve"}).status_code == 303
    assert manager.post(path, data={**asked, "do": "approve"}).status_code == 409
    assert biller.post(path, data={**own, "do": "give_up", "reason": "not-needed"}).status_code == 409
    nameless = {name: text for name, text in own.items() if not name.startswith("correction")}
    assert biller.post(path, data={**nameless, "do": "give_up", "reason": "not-needed"}).status_code == 422
    assert "approved and not sent yet" in biller.get(path).text
    office.send()
    shown = biller.get(path).text
    assert "The void is with the payer." in shown
    assert 'value="give_up"' not in shown
    out = form_of(biller, path, 'value="refused"')
    assert biller.post(path, data={**out, "do": "refused", "reason": "whim"}).status_code == 422
    assert (
        biller.post(path, data={**out, "do": "refused", "reason": "stands", "note": "Lee, by phone"}).status_code == 303
    )
    assert biller.post(path, data={**out, "do": "refused", "reason": "stands"}).status_code == 409
    shown = biller.get(path).text
    assert "The payer says that its decision stands" in shown
    assert "Lee, by phone" in shown
    assert office.state(claim) == "ADJUDICATED"


def test_a_stopped_replacement_is_checked_again_or_given_up_from_its_page(flask, office: Office):
    claim = office.claim()
    office.send()
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim), CO45)))
    biller = at_work(flask, office.world, "biller")
    path = f"/office/claims/{claim.hex()}"
    biller.post(path, data={**form_of(biller, path, 'value="replace"'), "do": "replace", "reason": "modifier"})
    again = biller.post(path, data={**form_of(biller, path, 'value="recheck"'), "do": "recheck"})
    assert "Checked: 1 finding must be fixed." in biller.get(again.location).text
    poster = at_work(flask, office.world, "payment-poster")
    given = {**form_of(biller, path, 'value="give_up"'), "do": "give_up", "reason": "not-needed"}
    assert poster.post(path, data={**given, "csrf_token": form_token(poster, "/sessions")}).status_code == 403
    assert biller.post(path, data=given).status_code == 303
    shown = biller.get(path).text
    assert "Given up. The claim stands as it did." in shown
    assert 'value="replace"' in shown
    assert biller.post(path, data={**given, "do": "seen"}).status_code in {409, 422}

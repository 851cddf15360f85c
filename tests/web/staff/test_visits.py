"""The office's way from a file to cleared charges, through the pages."""

from __future__ import annotations

import html
import io
import re

import pytest
from flask import url_for

from portal.app import create_app
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from tests.databases import World
from tests.make import users, work
from tests.make import visits as make
from tests.web.test_guard import form_token, person


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def at_work(flask, world: World, role: str):
    """Somebody signed in under a role, in a browser of their own."""
    world.clock.forward(minutes=1)
    return users.browser(flask, world, person(world, role, f"{role}@juniper.example"))


def place(client, endpoint: str, **values: object) -> str:
    """The address of a page of the office."""
    with client.application.test_request_context():
        return url_for(f"staff.{endpoint}", **values)


def form_of(client, path: str, marker: str) -> dict[str, list[str]]:
    """What the form around a marker would post, as a browser fills it in."""
    page = client.get(path)
    assert page.status_code == 200, page.text
    (body,) = (each for each in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if marker in each)
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", body):
        name, value = (re.search(rf'{each}="([^"]*)"', tag) for each in ("name", "value"))
        if name and 'type="checkbox"' not in tag:
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select id="\w+" name="(\w+)".*?>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = [chosen[1] if chosen else ""]
    return found


def upload(client, body: bytes, name: str = "visits.837"):
    path = place(client, "imports.list")
    token = form_token(client, path)
    return client.post(path, data={"csrf_token": token, "file": (io.BytesIO(body), name)})


def brought(world: World) -> str:
    with world.read("account:view") as uow:
        return uow.rows(uow.select(EncounterRow.id))[0].id.hex()


def test_a_file_becomes_cleared_charges_through_four_pairs_of_hands(flask, world: World):
    claim = make.some(1)[0]
    clerk = at_work(flask, world, "charge-clerk")
    answer = upload(clerk, make.file([claim]))
    assert answer.status_code == 303, answer.text
    waiting = clerk.get(answer.location).text
    assert "is being read" in waiting
    assert "Look again" in waiting
    work.drain(world)
    assert 'data-again="no"' in clerk.get(answer.location).text
    shown = clerk.get(place(clerk, "imports.list")).text
    assert "visits.837" in shown
    assert "Read in" in shown
    visit = brought(world)

    coder = at_work(flask, world, "coder")
    path = place(coder, "encounters.code", encounter_id=visit)
    assert path in coder.get(place(coder, "queues.show", queue="coding")).text
    assert "Coding" in coder.get(place(coder, "work.show")).text
    given = form_of(coder, path, 'name="diagnosis"')
    found = coder.post(path, data={**given, "find": ["wellness"], "do": "find"})
    assert found.status_code == 200
    assert "0 found for" in found.text
    given = form_of(coder, path, 'name="diagnosis"')
    wrong = coder.post(path, data={**given, "diagnosis": ["99"], "do": "coded"})
    assert wrong.status_code == 422
    assert "has not the shape of a diagnosis code" in wrong.text
    assert coder.post(path, data={**given, "use": "diagnosis:Z23", "do": ""}).status_code == 303
    given = form_of(coder, path, 'name="diagnosis"')
    assert "Z23" in given["diagnosis"]
    assert coder.post(path, data={**given, "do": "coded"}).location == place(coder, "queues.show", queue="coding")
    assert coder.get(place(coder, "encounters.review", encounter_id=visit)).status_code == 403

    manager = at_work(flask, world, "coding-manager")
    path = place(manager, "encounters.review", encounter_id=visit)
    given = form_of(manager, path, "category")
    assert "Z23" in manager.get(path).text
    assert manager.post(path, data={**given, "do": "release"}).status_code == 303

    path = place(clerk, "charges.enter", encounter_id=visit)
    assert path in clerk.get(place(clerk, "queues.show", queue="charge-entry")).text
    given = form_of(clerk, path, 'name="place"')
    assert clerk.post(path, data=given).status_code == 303
    assert clerk.post(path, data=given, follow_redirects=True).text.count("are not to be entered now") == 1

    auditor = at_work(flask, world, "qa-auditor")
    path = place(auditor, "charges.audit", encounter_id=visit)
    assert "Charged twice" in auditor.get(path).text
    back = {**form_of(auditor, path, "category"), "do": "return", "category": "units", "note": "Two, not one."}
    assert auditor.post(path, data=back).status_code == 303
    assert "Two, not one." in clerk.get(place(clerk, "charges.enter", encounter_id=visit)).text
    enter = place(clerk, "charges.enter", encounter_id=visit)
    assert clerk.post(enter, data=form_of(clerk, enter, 'name="place"')).status_code == 303
    assert auditor.post(path, data={**form_of(auditor, path, "category"), "do": "clear"}).status_code == 303
    with world.read("account:view") as uow:
        assert uow.get(EncounterRow, bytes.fromhex(visit)).state == "CLEARED"


def test_a_visit_is_set_aside_from_its_unsent_claim_once_and_not_from_an_old_page(flask, world: World):
    (id_,) = make.bring(world)
    make.cleared(world, id_)
    work.drain(world)
    one, other = at_work(flask, world, "biller"), at_work(flask, world, "billing-manager")
    path = place(one, "encounters.aside", encounter_id=id_)
    with world.read("claim:view", world.actor("biller")) as uow:
        claim = place(one, "claims.show", claim_id=uow.rows(uow.select(ClaimRow.id))[0].id)
    assert path in one.get(claim).text
    shown = one.get(path).text
    assert ("is withdrawn. It was never sent." in shown, "are taken out of the account." in shown) == (True, True)
    old = form_of(one, path, 'name="seen"') | {"note": ["Came in twice."]}
    refused = one.post(path, data=old)
    assert (refused.status_code, "Say why it goes no further" in refused.text) == (422, True)
    assert "Came in twice." in refused.text
    held = form_of(other, claim, 'value="hold"') | {"do": "hold", "reason": "record"}
    assert other.post(claim, data=held).status_code == 303
    assert one.post(path, data=old | {"reason": "twice"}).status_code == 409
    now = form_of(one, path, 'name="seen"') | {"reason": "twice"}
    assert "Its claim is withdrawn." in one.get(one.post(path, data=now).location).text
    assert one.post(path, data=now).status_code == 409
    told = one.get(claim).text
    assert ("Withdrawn, never sent" in told, "Its visit was set aside" in told, path in told) == (True, True, False)
    assert "The visit is not with its claim now" in one.get(path).text


def test_a_visit_without_a_claim_is_set_aside_from_the_account_of_its_patient(flask, world: World):
    (id_,) = make.bring(world)
    with world.write("account:view") as uow:
        visit = uow.get(EncounterRow, id_)
        uow.change(visit, coverage_id=None)
        patient_id = visit.patient_id
    make.cleared(world, id_)
    work.drain(world)
    biller = at_work(flask, world, "biller")
    account = place(biller, "accounts.show", patient_id=patient_id)
    path = place(biller, "encounters.aside", encounter_id=id_)
    assert path in biller.get(account).text
    assert path not in at_work(flask, world, "payment-poster").get(account).text
    given = form_of(biller, path, 'name="seen"') | {"reason": "twice"}
    done = biller.post(path, data=given)
    assert (done.status_code, done.location) == (303, account)
    told = biller.get(account).text
    assert ("Its charges are taken out of the account." in told, path in told) == (True, False)


def test_a_visit_of_a_wrong_patient_is_set_aside_by_the_coder_and_never_comes_again(flask, world: World):
    claim = make.some(1)[0]
    clerk, coder = at_work(flask, world, "charge-clerk"), at_work(flask, world, "coder")
    upload(clerk, make.file([claim]))
    work.drain(world)
    visit = brought(world)
    path = place(coder, "encounters.code", encounter_id=visit)
    given = form_of(coder, path, 'name="diagnosis"') | {"diagnosis": ["Z23"], "note": ["It is her sister's."]}
    refused = coder.post(path, data={**given, "do": "aside"})
    assert (refused.status_code, "Say why it goes no further" in refused.text) == (422, True)
    assert ('value="Z23"' in refused.text, "It is her sister&#39;s." in refused.text) == (True, True)
    aside = {**given, "reason": "wrong-patient", "do": "aside"}
    assert "billed to nobody" in coder.post(path, data=aside, follow_redirects=True).text
    assert coder.post(path, data=aside).status_code == 422, "a second click does nothing"
    shown = coder.get(path).text
    assert ("It is another patient&#39;s" in shown, "It is her sister&#39;s." in shown, 'value="coded"' in shown) == (
        True, True, False,
    )  # fmt: skip
    assert path not in coder.get(place(coder, "queues.show", queue="coding")).text
    for number, name in ((1, "visits.837"), (2, "again.837")):
        upload(clerk, make.file([claim], number), name)
        work.drain(world)
    with world.read("account:view") as uow:
        assert [row.state for row in uow.rows(uow.select(EncounterRow.state))] == ["SET_ASIDE"]
    bill = place(clerk, "bills.show", encounter_id=visit)
    take_up = {**form_of(clerk, bill, 'value="take-up"'), "do": "take-up"}
    assert clerk.post(bill, data=take_up).status_code == 303
    assert "The bill of this visit is verified first." in coder.get(path).text


def test_a_broken_file_shows_its_findings(flask, world: World):
    clerk = at_work(flask, world, "charge-clerk")
    answer = upload(clerk, make.file(make.some(2))[:900], "torn.837")
    assert answer.status_code == 303
    work.drain(world)
    page = clerk.get(answer.location).text
    assert "torn.837" in page
    assert "finding" in page
    empty = upload(clerk, b"")
    assert empty.status_code == 422
    assert "Choose a file" in empty.text


def test_a_file_that_no_import_reads_is_kept_and_says_so(flask, world: World):
    clerk = at_work(flask, world, "charge-clerk")
    other = make.file(make.some(1)).replace(b"ST*837*", b"ST*850*").replace(b"005010X222A1", b"005010")
    kept = upload(clerk, other, "orders.850")
    assert kept.status_code == 303
    work.drain(world)
    page = clerk.get(kept.location).text
    assert "Nothing in it could be taken" in page
    assert "This transaction is no claim but a 850" in page
    assert "orders.850" in clerk.get(place(clerk, "imports.list")).text


def test_a_file_of_a_kind_that_one_may_not_read_in_is_refused(flask, world: World):
    clerk = at_work(flask, world, "charge-clerk")
    era = make.file(make.some(1)).replace(b"ST*837*", b"ST*835*").replace(b"005010X222A1", b"005010X221A1")
    assert upload(clerk, era, "pay.835").status_code == 403
    assert "pay.835" not in clerk.get(place(clerk, "imports.list")).text
    assert work.asked(world) == 0


def test_items_are_taken_and_put_back(flask, world: World):
    make.bring(world, *make.some(2))
    coder = at_work(flask, world, "coder")
    page = coder.get(place(coder, "queues.show", queue="coding")).text
    items = re.findall(r'name="item" value="([0-9a-f]{32})"', page)
    assert len(items) == 2
    token = form_token(coder, place(coder, "queues.show", queue="coding"))
    taken = coder.post(
        place(coder, "queues.act", queue="coding"), data={"csrf_token": token, "item": items[0], "do": "assign"}
    )
    assert taken.status_code == 303
    mine = coder.get(place(coder, "queues.show", queue="coding", view="mine")).text
    assert items[0] in mine
    assert items[1] not in mine
    assert "Maya Lindqvist" in mine
    both = {"csrf_token": token, "item": items, "do": "put_back"}
    shown = coder.post(place(coder, "queues.act", queue="coding"), data=both)
    assert "Nothing is done yet" in shown.text
    assert "1 item: are anybody" in shown.text.replace("&#39;", "'")
    assert items[0] in coder.get(place(coder, "queues.show", queue="coding", view="mine")).text
    coder.post(place(coder, "queues.carry_out", queue="coding"), data=both)
    assert items[0] not in coder.get(place(coder, "queues.show", queue="coding", view="mine")).text
    assert coder.get(place(coder, "queues.show", queue="charge-audit")).status_code == 404
    assert coder.get(place(coder, "queues.show", queue="nonsense")).status_code == 404


def test_codes_are_searched_without_words_in_an_address(flask, world: World):
    coder = at_work(flask, world, "coder")
    token = form_token(coder, place(coder, "queues.show", queue="coding"))
    found = coder.post(place(coder, "codes.search"), data={"csrf_token": token, "find": "sore", "on": "2026-08-03"})
    assert found.json == []
    assert coder.get(place(coder, "codes.search", find="sore")).status_code == 405


@pytest.mark.parametrize("role", ["coder", "compliance-officer", "administrator"])
def test_files_are_not_for_everybody(flask, world: World, role: str):
    client = at_work(flask, world, role)
    assert client.get(place(client, "imports.list")).status_code == 403

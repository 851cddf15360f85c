"""Documents through HTTP: added on the page of what they are about, seen page by page, downloaded, taken off."""

from __future__ import annotations

import io
import os
import re

import pytest

from portal.access import roles
from portal.app import create_app
from portal.models.documents import AttachmentRow, DocumentRow
from tests.databases import World
from tests.make import claims as make
from tests.make import papers, scans, users
from tests.pages import ANEW
from tests.services.test_unit_of_work import events
from tests.web.staff.test_visits import form_of, place

pytestmark = pytest.mark.database


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


@pytest.fixture
def visit(world: World) -> make.Visit:
    with world.write("patient:change") as uow:
        return make.visit(uow)


def at_work(flask, world: World, role: str):
    return users.browser(flask, world, users.user(world, role))


def upload(client, visit: make.Visit, body: bytes, name: str = "scan.pdf", kind: str = "bill", **more: object):
    form = {
        "csrf_token": users.form_key(client.application), "about": "patient", "about_id": visit.patient_id.hex(),
        "kind": kind, "file": (io.BytesIO(body), name),
    }  # fmt: skip
    return client.post(place(client, "documents.upload"), data=form | more)


def test_from_adding_to_taking_off(world: World, flask, visit):
    client = at_work(flask, world, roles.BILLER)
    account = place(client, "accounts.show", patient_id=visit.patient_id)
    assert "No document is attached." in client.get(account).text
    assert set(form_of(client, account, "document_file")) == {"csrf_token", "about", "about_id", "kind", "file"}
    sent = upload(client, visit, scans.pdf(2), name="<b>Bill</b> & visit.pdf")
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert "Its pages are being drawn." in page.text
    assert 'data-again="yes"' in page.text
    papers.draw(world)
    page = client.get(sent.location).text
    assert 'data-again="no"' in page
    assert client.get(sent.location + "?begin=" + "9" * 5000).status_code == 200
    assert "&lt;b&gt;" not in page, "what looks like a folder is cut off the name"
    pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page)
    assert [alt for _, alt in pictures] == ["Page 1 of 2", "Page 2 of 2"]
    for address, _ in pictures:
        got = client.get(address)
        assert (got.status_code, got.content_type) == (200, "image/png")
        assert got.data.startswith(b"\x89PNG")
        assert got.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Disposition"].startswith("inline")
        assert got.headers["Cache-Control"] == "no-store"
    original = client.get(place(client, "documents.original", document_id=sent.location.rpartition("/")[2]))
    assert original.data == scans.pdf(2)
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in original.headers["Content-Security-Policy"]
    assert "2 pages" in client.get(account).text
    form = form_of(client, sent.location, "detach")
    off = client.post(sent.location, data=form | {"do": "detach", "reason": "replaced", "note": "a better one"})
    assert off.status_code == 303
    page = client.get(sent.location).text
    assert "It is attached to nothing now." in page
    assert "a better one" in page
    assert "No document is attached." in client.get(account).text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Choose a file."),
        (b"<html><script>1</script>", "This is no PDF, PNG, JPEG or TIFF"),
        (scans.png()[:-3], "cut short"),
    ],
    ids=["empty", "kind", "cut"],
)
def test_why_a_file_was_not_taken_is_told_where_it_was_given(world: World, flask, visit, body: bytes, said: str):
    client = at_work(flask, world, roles.CHARGE_CLERK)
    sent = upload(client, visit, body)
    assert sent.location == place(client, "accounts.show", patient_id=visit.patient_id) + "#docs"
    assert said in client.get(sent.location).text
    with world.read("document:view") as uow:
        assert uow.count(uow.select(DocumentRow.id)) == 0


def test_the_same_file_again_leads_to_the_one_that_stands(world: World, flask, visit):
    client = at_work(flask, world, roles.CHARGE_CLERK)
    first = upload(client, visit, scans.tiff())
    encounter = {"about": "encounter", "about_id": visit.encounter_id.hex()}
    again = upload(client, visit, scans.tiff(), name="again.pdf", **encounter)
    assert first.location == again.location
    assert "was here for this patient before" in client.get(again.location).text
    with world.read("document:view") as uow:
        assert uow.count(uow.select(AttachmentRow.id)) == 2


def test_what_cannot_be_shown_says_why_and_offers_the_original(world: World, flask, visit):
    client = at_work(flask, world, roles.DENIAL_SPECIALIST)
    body = scans.locked_pdf()
    sent = upload(client, visit, body, kind="medical-record")
    papers.draw(world)
    page = client.get(sent.location).text
    assert "It is locked with a password." in page
    assert "<img" not in page
    assert client.get(sent.location + "/original").data == body
    assert client.get(sent.location + "/pages/1").status_code == 404


@pytest.mark.parametrize(
    ("endpoint", "role"),
    [
        ("accounts.show", roles.BILLER), ("encounters.code", roles.CODER), ("encounters.review", roles.CODING_MANAGER),
        ("charges.enter", roles.CHARGE_CLERK), ("charges.audit", roles.QA_AUDITOR),
    ],
)  # fmt: skip
def test_documents_stand_beside_the_work_they_are_for(world: World, flask, endpoint: str, role: str):
    states = {"encounters.code": "PROPOSED", "encounters.review": "CODE_REVIEW", "charges.enter": "RELEASED"}
    with world.write("patient:change") as uow:
        visit = make.visit(uow, state=states.get(endpoint, "QA"))
    papers.take(world, "encounter", visit.encounter_id, name="bill-of-july.pdf")
    client = at_work(flask, world, role)
    key = {"patient_id": visit.patient_id} if endpoint == "accounts.show" else {"encounter_id": visit.encounter_id}
    page = client.get(place(client, endpoint, **key))
    assert page.status_code == 200
    assert "bill-of-july.pdf" in page.text
    assert ("Add a document" in page.text) == (role != roles.QA_AUDITOR)


def test_a_claim_has_its_visits_documents_and_its_own_form(world: World, flask):
    with world.write("claim:edit") as uow:
        claim = make.claim(uow)
        claim_id, encounter_id, patient_id = claim.id, claim.encounter_id, claim.patient_id
    papers.take(world, "encounter", encounter_id, name="bill-of-july.pdf")
    form = papers.take(world, "patient", patient_id, body=scans.png(), name="card.png", kind="other")
    client = at_work(flask, world, roles.BILLER)
    path = place(client, "claims.show", claim_id=claim_id)
    page = client.get(path).text
    assert "bill-of-july.pdf" in page
    assert "the visit of" in page
    sent = client.post(
        place(client, "documents.attach", document_id=form), data=form_of(client, path, "card.png") | {"do": "attach"}
    )
    assert sent.status_code == 303
    page = client.get(path).text
    assert "Attach one that is here already" not in page
    assert place(client, "documents.show", document_id=form) in page


def test_absent_and_unseen_are_told_alike_and_refusals_are_kept(world: World, flask, visit):
    id_ = papers.take(world, "encounter", visit.encounter_id, kind="registration-form")
    papers.draw(world)
    coder = at_work(flask, world, roles.CODER)
    for ending in ("", "/original", "/pages/1"):
        answers = [coder.get(f"/office/documents/{each.hex()}{ending}") for each in (id_, os.urandom(16))]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert ANEW.sub("", answers[0].text) == ANEW.sub("", answers[1].text)
    assert events(world)[-1]["reason"] == "not-found"
    for role in (roles.COMPLIANCE_OFFICER, roles.ADMINISTRATOR):
        assert at_work(flask, world, role).get(f"/office/documents/{id_.hex()}").status_code == 403
    assert upload(at_work(flask, world, roles.QA_AUDITOR), visit, scans.pdf()).status_code == 403


def test_a_form_that_is_forged_is_refused(world: World, flask, visit):
    client = at_work(flask, world, roles.BILLER)
    assert upload(client, visit, scans.pdf(), csrf_token="").status_code == 400
    with world.read("document:view") as uow:
        assert uow.count(uow.select(DocumentRow.id)) == 0

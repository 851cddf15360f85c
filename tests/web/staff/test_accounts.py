"""Accounts through HTTP: found by number and name, shown whole, changed without writing over each other."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from portal.app import create_app
from portal.models.patients import PatientRow
from portal.models.users import UserRow
from portal.services.users import registration, tries
from tests.databases import World
from tests.make import claims as make
from tests.services.test_unit_of_work import events
from tests.web.staff.test_visits import at_work
from tests.web.test_guard import form_token

HOME = {"line1": "12 Larch Lane", "line2": "", "city": "Millbrook", "state": "OR", "postal_code": "97099"}


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def people(world: World) -> dict[str, bytes]:
    made = {}
    with world.write("patient:change") as uow:
        for last, first, mrn in (
            ("O'Brien", "Mina", "M-100"), ("Obrist", "Ada", "M-200"), ("de la Cruz", "José", "M-300"),
            ("Núñez", "Ana", "M-400"),
        ):  # fmt: skip
            made[last] = make.patient(uow, last, first_name_sealed=first, mrn_sealed=mrn).id
    return made


def find(client, q: str):
    token = form_token(client, "/office/patients")
    return client.post("/office/patients", data={"csrf_token": token, "q": q})


def hits(page) -> set[str]:
    return set(re.findall(r"/office/patients/[0-9a-f]{32}\"><strong>([^<]+)<", page.text.replace("&#39;", "'")))


def test_a_name_is_found_on_the_page(world: World, flask):
    people(world)
    assert hits(find(at_work(flask, world, "biller"), "obr")) == {"Mina O'Brien", "Ada Obrist"}


def test_who_searches_by_name_too_often_waits_and_numbers_always_work(
    world: World, flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tries, "MOST_SEARCHES", 3)
    people(world)
    client = at_work(flask, world, "biller")

    def search(who, q: str):
        return who.post("/office/patients", data={"csrf_token": form_token(who, "/office/patients"), "q": q})

    assert [search(client, q).status_code for q in ("obr", "cruz", "ob")] == [200, 200, 422]
    slow = search(client, "nunez")
    assert slow.status_code == 429
    assert "people who guess" not in slow.text, "the page says why it was too often, and nothing else"
    assert "in ten minutes" in slow.text
    assert "Ana" not in slow.text
    last = [event for event in events(world) if event["subtype"] == "account:search"][-1]
    assert (last["type"], last["outcome"], last["reason"]) == ("query", 4, "slow")
    assert search(client, "M-200").status_code == 200, "a number opens no names"
    assert search(client, "Obrist 1980-03-04").status_code == 200
    assert search(at_work(flask, world, "charge-clerk"), "obr").status_code == 200, "each person for themselves"
    world.clock.forward(minutes=10, seconds=1)
    assert search(client, "nunez").status_code == 200


def test_a_claim_number_finds_its_patient_and_the_search_is_told_without_its_words(world: World, flask):
    people(world)
    with world.write("claim:edit") as uow:
        claim = make.claim(uow, last="Okafor-Lind")
        control, patient = claim.control, claim.patient_id
    client = at_work(flask, world, "biller")
    assert hits(find(client, control)) == {"Mina Okafor-Lind"}
    last = events(world)[-1]
    assert (last["type"], last["subtype"], last["action"]) == ("query", "account:search", "E")
    assert last["subjects"] == [patient.hex()]
    find(client, "obr")
    last = events(world)[-1]
    assert len(last["subjects"]) == 2, "who was shown"
    assert last["query"]["scanned"] == 5, "all names were opened to find them"
    assert last["query"]["shown"] == 2
    assert not [each for each in last["objects"] if each["id"] == patient.hex()], (
        "nothing of the others is told as seen"
    )
    assert "obr" not in json.dumps(last).lower().replace("subjects", "")
    assert find(client, "ob").status_code == 422
    assert (events(world)[-1]["outcome"], events(world)[-1]["reason"]) == (4, "too-short")
    assert "Nobody called" in find(client, "Zyxwv").text
    assert events(world)[-1]["query"]["shown"] == 0


def test_T88_an_account_shows_everything_and_is_one_event(world: World, flask):
    with world.write("claim:edit") as uow:
        claim = make.claim(uow)
        patient, control = claim.patient_id, claim.control
    client = at_work(flask, world, "biller")
    size = len(events(world))
    page = client.get(f"/office/patients/{patient.hex()}")
    assert page.status_code == 200
    for said in ("Mina Ashgrove", control, "Plan CBH03", "Ada Okafor", "Ready to send", "12 Larch Lane", "Millbrook"):
        assert said in page.text, said
    told = [each for each in events(world)[size:] if each["subtype"] == "account:view"]
    assert len(told) == 1
    assert told[0]["subjects"] == [patient.hex()]
    opened = {each["type"] for each in told[0]["objects"] if each.get("fields")}
    assert {10, 13} <= opened


def test_T90_an_unknown_account_and_one_out_of_reach_answer_alike_and_are_told(world: World, flask):
    client = at_work(flask, world, "biller")
    page = client.get(f"/office/patients/{'ab' * 16}")
    assert page.status_code == 404
    last = next(each for each in reversed(events(world)) if each["subtype"] == "account:view")
    assert (last["outcome"], last["reason"]) == (4, "not-found")
    assert last["objects"] == [{"type": 10, "id": "ab" * 16}]
    assert client.get("/office/patients/nonsense").status_code == 404


def test_roles_without_contact_with_accounts_are_refused(world: World, flask):
    made = people(world)
    coder = at_work(flask, world, "coder")
    assert coder.get("/office/patients").status_code == 403
    assert coder.get(f"/office/patients/{made['Obrist'].hex()}").status_code == 403


def form(client, patient: bytes) -> dict[str, str]:
    page = client.get(f"/office/patients/{patient.hex()}?change=1").text
    found = dict(re.findall(r'<input type="hidden" name="(version|was_\w+|csrf_token)" value="([^"]*)"', page))
    assert found["version"]
    return found


def test_contact_data_are_changed_and_wrong_ones_are_said_beside_the_field(world: World, flask):
    patient = people(world)["Obrist"]
    client = at_work(flask, world, "biller")
    given = form(client, patient) | HOME | {"phone": "(503) 555-0177", "email": "ada@example.org"}
    wrong = client.post(f"/office/patients/{patient.hex()}", data=given | {"postal_code": "97", "phone": "12"})
    assert wrong.status_code == 422
    assert "A ZIP code has five or nine digits." in wrong.text
    assert "A phone number has ten digits." in wrong.text
    done = client.post(f"/office/patients/{patient.hex()}", data=given)
    assert (done.status_code, done.location) == (303, f"/office/patients/{patient.hex()}")
    assert "(503) 555-0177" in client.get(done.location).text
    with world.read("account:search") as uow:
        token = uow.token("phone", "5035550177")
        assert [row.id for row in uow.rows(uow.select(PatientRow.id).where(PatientRow.phone_index == token))] == [
            patient
        ]


def test_two_who_change_one_account_see_both_versions_and_lose_nothing(world: World, flask):
    patient = people(world)["Obrist"]
    first = at_work(flask, world, "biller")
    given = form(first, patient)
    with world.write("patient:change", world.actor("charge-clerk")) as uow:
        row = uow.get(PatientRow, patient)
        uow.change(row, phone_sealed="5035550100")
    mine = given | HOME | {"phone": "5035550199", "email": "ada@example.org"}
    page = first.post(f"/office/patients/{patient.hex()}", data=mine)
    assert page.status_code == 409
    for said in ("5035550100", "5035550199", "ada@example.org", "Theirs, as it is now", "Yours"):
        assert said in page.text
    last = [each for each in events(world) if each["subtype"] == "patient:change"]
    assert ("version", 4) in [(each.get("reason"), each["outcome"]) for each in last]
    # Choosing: my email, their phone; with the new version this goes through.
    chosen = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    chosen |= {"phone": "5035550100", "email": "ada@example.org"}
    done = first.post(f"/office/patients/{patient.hex()}", data=chosen)
    assert done.status_code == 303
    with world.read("account:view") as uow:
        row = uow.get(PatientRow, patient)
        assert uow.read(row, PatientRow.phone_sealed) == "5035550100"
        assert uow.read(row, PatientRow.email_sealed) == "ada@example.org"


def test_a_letter_with_a_code_opens_a_sign_in(world: World, flask):
    with world.write("patient:change") as uow:
        patient = make.patient(uow, "Reyes", language="es_US").id
    client = at_work(flask, world, "biller")
    token = form_token(client, f"/office/patients/{patient.hex()}")
    letter = client.post(f"/office/patients/{patient.hex()}/code", data={"csrf_token": token})
    assert letter.status_code == 200
    text = letter.data.decode()
    assert text.startswith("Juniper Ridge Family Practice\n\nMina Reyes\n12 Larch Lane\nMillbrook, OR 97099")
    assert "Su código" in text
    code = re.search(r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$", text, re.MULTILINE).group(0)
    assert code.replace("-", "") not in json.dumps(events(world))
    made = registration.register(
        world.units, _request(), code=code, last_name="Reyes", birth_date=date(1980, 3, 4),
        email="mina@example.org", password="seven green herons wade", language="es_US",
    )  # fmt: skip
    with world.read("user:view") as uow:
        assert uow.get(UserRow, made).state == "ACTIVE"
    page = client.get(f"/office/patients/{patient.hex()}")
    assert "Has a sign-in." in page.text


def test_no_letter_tells_of_a_sign_in_that_is_not_there(world: World, flask):
    with world.write("patient:change") as uow:
        patient = make.patient(uow, "Reyes").id
    client = at_work(flask, world, "biller")
    token = form_token(client, f"/office/patients/{patient.hex()}")
    done = client.post(f"/office/patients/{patient.hex()}/letter", data={"csrf_token": token})
    assert done.status_code == 404
    assert "was opened" not in done.text


def _request():
    from portal.services.unit_of_work.trail import Request

    return Request(bytes(16), "127.0.0.1")


def test_a_document_is_served_as_it_was_made(world: World, flask):
    from portal.services import documents

    with world.write("statement:run") as uow:
        patient = make.patient(uow)
        uow.flush()
        id_ = documents.store(
            uow, patient_id=patient.id, kind="letter", name="letter.pdf", media_type="application/pdf", body=b"%PDF-1"
        ).id
        whose = patient.id
    client = at_work(flask, world, "biller")
    assert f"/office/documents/{id_.hex()}/original" in client.get(f"/office/patients/{whose.hex()}").text
    got = client.get(f"/office/documents/{id_.hex()}/original")
    assert (got.data, got.headers["Content-Type"]) == (b"%PDF-1", "application/pdf")

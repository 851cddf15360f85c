"""Following up through HTTP: letters mailed, calls kept, collection decided, holds and choices, by role and by link."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.app import create_app
from portal.models.account_holds import AccountHoldRow
from portal.models.dunning import CallRow, PromiseRow
from portal.models.patients import PatientRow
from portal.services import consents
from portal.services.dunning import stepping
from tests.databases import World
from tests.make import users
from tests.services.dunning.desk import bill, billed, look, mail_out, mails, notices, pay, states, work_off


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def enter(flask, world: World, role: str, **more):
    return users.browser(flask, world, users.user(world, role, **more))


def post(client, path: str, **data):
    return client.post(path, data={"csrf_token": users.form_key(client.application), **data})


def rows(world: World, model) -> list:
    with world.read("call:make") as uow:
        return uow.entities(uow.select(model))


def test_a_letter_is_mailed_once_and_only_by_who_bills(world: World, flask):
    billed(world)
    world.clock.forward(days=28)
    look(world)
    work_off(world)
    row = notices(world)["PAST_DUE", "letter"]
    path = f"/office/notices/{row.id.hex()}"
    assert enter(flask, world, "coder").get(path).status_code == 403
    client = enter(flask, world, "biller")
    assert "It is in the mail" in client.get(path).text
    assert (
        path in client.get("/office/queues/letters").text or row.id.hex() in client.get("/office/queues/letters").text
    )
    assert post(client, f"{path}/mailed", version=row.version).status_code == 303
    assert post(client, f"{path}/mailed", version=row.version).status_code == 409
    assert states(world)["PAST_DUE", "letter"] == "SENT"
    account = client.get(f"/office/patients/{row.patient_id.hex()}").text
    assert "What we sent" in account
    assert "Reminder that a bill is open" in account


def to_the_manager(world: World) -> bytes:
    """A bill whose final notice was mailed and not answered."""
    statement_id = billed(world, state="PAST_DUE")
    with world.write("notice:send") as uow:
        row = uow.get(stepping.StatementRow, statement_id)
        stepping.sending.plan(uow, row, stepping.bill_of(uow, row), stepping.Steps())
    work_off(world)
    mail_out(world)
    world.clock.forward(days=21)
    look(world)
    work_off(world)
    mail_out(world)
    world.clock.forward(days=30)
    look(world)
    assert bill(world, statement_id).state == "PRE_COLLECTION"
    return statement_id


def test_a_manager_decides_about_collection_once_with_a_reason_and_the_file_holds_what_the_agency_needs(
    world: World, flask
):
    statement_id = to_the_manager(world)
    path, version = f"/office/collection/{statement_id.hex()}", bill(world, statement_id).version
    assert post(enter(flask, world, "biller"), f"{path}/approve", version=version, words="So").status_code == 403
    client = enter(flask, world, "billing-manager")
    page = client.get(path).text
    assert "✗" not in page
    assert "Give it to the agency" in page
    assert post(client, f"{path}/approve", version=version, words=" ").status_code == 422
    assert post(client, f"{path}/approve", version=version, words="No answer").status_code == 303
    assert post(client, f"{path}/approve", version=version, words="No answer").status_code == 409
    assert bill(world, statement_id).state == "COLLECTION"
    assert "Teresa Marlowe" in client.get("/office/collection").text
    file = post(client, "/office/collection/file")
    assert file.mimetype == "text/csv"
    assert b"Teresa Marlowe" in file.data
    assert b"86.40" in file.data
    for canary in (b"G0438", b"L1902", b"wellness", b"1961"):
        assert canary not in file.data


def test_what_is_held_does_not_go_to_the_agency_and_may_get_more_time(world: World, flask):
    statement_id = to_the_manager(world)
    account, version = bill(world, statement_id).patient_id, bill(world, statement_id).version
    with world.write("patient:change") as uow:  # the bill's own clock follows a moment later
        stepping.account_holds.hold(uow, account, "GFE_DISPUTED")
    client = enter(flask, world, "billing-manager")
    path = f"/office/collection/{statement_id.hex()}"
    assert "Give it to the agency" not in client.get(path).text
    assert post(client, f"{path}/approve", version=version, words="Still").status_code == 422
    assert post(client, f"{path}/back", version=version, words="They called").status_code == 303
    assert bill(world, statement_id).state == "FINAL_NOTICE"


def test_a_call_is_kept_once_and_a_promise_stops_the_clock_until_its_day(world: World, flask):
    statement_id = billed(world)
    world.clock.forward(days=28)
    look(world)
    client, path = enter(flask, world, "biller"), f"/office/calls/{statement_id.hex()}"
    page = client.get(path).text
    assert "Birth date" in page
    today = world.clock.now().date()
    given = {"outcome": "promised", "amount": "40.00", "key": "0a" * 16, "words": "On payday"}
    assert "within the next 30 days" in post(client, path, **given, pay_by=f"{today + timedelta(days=60)}").text
    given["pay_by"] = f"{today + timedelta(days=10)}"
    assert post(client, path, **given).status_code == 303
    assert post(client, path, **given).status_code == 303
    assert post(client, path, outcome="", key="0b" * 16).status_code == 422
    assert len(rows(world, CallRow)) == 1
    [promise] = rows(world, PromiseRow)
    assert (promise.amount_cents, promise.state) == (4_000, "PROMISED")
    stepping.clocks.follow(world.units, world.machine("statement.follow"), promise.patient_id)
    assert bill(world, statement_id).state == "PROMISED"
    world.clock.forward(days=12)
    look(world)
    assert rows(world, PromiseRow)[0].state == "BROKEN"
    assert bill(world, statement_id).state == "PAST_DUE"


def test_a_promise_is_kept_when_it_is_paid_and_too_many_calls_are_refused(world: World, flask):
    statement_id = billed(world)
    world.clock.forward(days=28)
    look(world)
    client, path = enter(flask, world, "biller"), f"/office/calls/{statement_id.hex()}"
    for n in range(2):
        assert post(client, path, outcome="no-answer", key=f"0{n}" * 16).status_code == 303
    day = world.clock.now().date() + timedelta(days=3)
    assert post(client, path, outcome="promised", key="0c" * 16, amount="86.40", pay_by=f"{day}").status_code == 303
    assert "called 3 times" in post(client, path, outcome="no-answer", key="0d" * 16).text
    pay(world, bill(world, statement_id).patient_id)
    look(world)
    assert rows(world, PromiseRow)[0].state == "KEPT"


def test_a_wrong_number_is_used_no_more_and_nobody_calls_again(world: World, flask):
    statement_id = billed(world, "sms")
    world.clock.forward(days=28)
    look(world)
    client, path = enter(flask, world, "biller"), f"/office/calls/{statement_id.hex()}"
    assert post(client, path, outcome="wrong-number", key="0e" * 16).status_code == 303
    with world.read("account:view") as uow:
        patient = uow.get(PatientRow, bill(world, statement_id).patient_id)
        assert patient.phone_sealed is None
        assert consents.allowed(uow, patient.id) == frozenset()
    world.clock.forward(days=2)
    look(world)
    assert statement_id.hex() not in client.get("/office/queues/calls").text


def test_the_office_stops_asking_and_asks_again(world: World, flask):
    statement_id = billed(world)
    account = bill(world, statement_id).patient_id
    path = f"/office/patients/{account.hex()}/holds"
    assert enter(flask, world, "payment-poster").get(path).status_code == 403
    client = enter(flask, world, "biller")
    assert post(client, path, kind="BANKRUPT", words="").status_code == 422
    assert post(client, path, kind="ON_PLAN", words="x").status_code == 422
    assert post(client, path, kind="BANKRUPT", words="4:26-bk-77").status_code == 303
    [row] = rows(world, AccountHoldRow)
    assert "4:26-bk-77" in client.get(path).text
    assert post(client, f"{path}/{row.id.hex()}/end", version=row.version).status_code == 303
    assert post(client, f"{path}/{row.id.hex()}/end", version=row.version).status_code == 409


def test_the_office_keeps_what_it_was_told_with_the_words_in_the_patients_language(world: World, flask):
    account = bill(world, billed(world)).patient_id
    client, path = enter(flask, world, "charge-clerk"), f"/office/patients/{account.hex()}/reach"
    assert post(client, f"{path}/choice", channel="sms", allow="1", by="portal").status_code == 422
    assert post(client, f"{path}/language", language="es_US", version="99").status_code == 409
    with world.read("account:view") as uow:
        version = uow.get(PatientRow, account).version
    assert post(client, f"{path}/language", language="es_US", version=version).status_code == 303
    assert post(client, f"{path}/choice", channel="sms", allow="1", by="form").status_code == 303
    with world.read("account:view") as uow:
        assert consents.allowed(uow, account) == {"sms"}
        kept = uow.first(uow.select(consents.ContactChoiceRow))
        assert (kept.by, kept.language) == ("form", "es_US")
        assert "STOP" in kept.words
        assert "mensajes de texto" in kept.words


def test_a_patient_says_how_they_are_reached_and_only_for_themselves(world: World, flask):
    account = bill(world, billed(world)).patient_id
    client = enter(flask, world, "patient", patient_id=account)
    page = client.get("/my/contact").text
    assert "teresa@mail.example" in page
    for _ in range(2):
        assert post(client, "/my/contact/choice", channel="email", allow="1").status_code == 303
    assert post(client, "/my/contact/choice", channel="pigeon", allow="1").status_code == 422
    assert post(client, "/my/contact/language", language="es_US").status_code == 303
    assert post(client, "/my/contact/language", language="xx").status_code == 422
    with world.read("account:view") as uow:
        assert consents.allowed(uow, account) == {"email"}
        assert len(uow.entities(uow.select(consents.ContactChoiceRow))) == 1
        assert uow.get(PatientRow, account).language == "es_US"
    assert enter(flask, world, "biller").get("/my/contact").status_code == 403


def test_a_link_in_a_mail_stops_it_in_one_press_and_names_nobody(world: World, flask):
    billed(world, "email")
    world.clock.forward(days=28)
    look(world)
    work_off(world)
    [mail] = mails(world)
    path = mail["List-Unsubscribe"].strip(" <>").removeprefix(world.runtime.parts.public_url)
    client = flask.test_client()
    page = client.get(path)
    assert page.status_code == 200
    assert "Teresa" not in page.text
    assert "teresa" not in page.text
    row = notices(world)["PAST_DUE", "email"]
    with world.read("account:view") as uow:
        assert consents.allowed(uow, row.patient_id) == {"email"}, "a program that looks at links stops nothing"
    for tried in (path, path, "/stop/" + "0" * 32):
        assert client.post(tried, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with world.read("account:view") as uow:
        assert consents.allowed(uow, row.patient_id) == frozenset()


def test_an_answer_that_nobody_signed_is_not_taken(world: World, flask):
    assert flask.test_client().post("/webhooks/texts", data=b"{}").status_code == 400


def test_a_manager_changes_the_steps_and_nobody_writes_over_what_they_did_not_see(world: World, flask):
    assert enter(flask, world, "biller").get("/office/dunning").status_code == 403
    client = enter(flask, world, "billing-manager")
    given = {
        "version": 0, "past_due_days": "20", "final_days": "21", "list_days": "30", "from_hour": "9", "to_hour": "20",
        "most_messages": "2", "most_calls": "3", "least_cents": "10.00", "call_cents": "50.00",
        "past_due_by": ["email"], "final_by": ["letter"],
    }  # fmt: skip
    assert "What happens when nobody pays" in client.get("/office/dunning").text
    assert post(client, "/office/dunning", **given | {"final_by": []}).status_code == 422
    assert post(client, "/office/dunning", **given | {"to_hour": "23"}).status_code == 422
    assert post(client, "/office/dunning", **given).status_code == 303
    assert post(client, "/office/dunning", **given | {"past_due_days": "30"}).status_code == 409
    with world.read("dunning:edit") as uow:
        steps = stepping.policies.current(uow, world.practice_id, stepping.Steps)
    assert (steps.past_due_days, steps.past_due_by, steps.on_sundays) == (20, ("email",), False)

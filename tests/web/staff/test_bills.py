"""From a bill on paper to cleared charges through the pages: verified, asked about, coded past a sample, entered."""

from __future__ import annotations

import io

import pytest

from portal.app import create_app
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import bills, scans, users
from tests.make import visits as make
from tests.web.staff.test_visits import at_work, form_of, place

YES = {f"point-{point}": "YES" for point in bills.IN_ORDER}


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def brought(world: World) -> list[EncounterRow]:
    with world.read("account:view") as uow:
        return uow.entities(uow.select(EncounterRow))


def register(client, **change: object):
    path = place(client, "bills.new")
    typed = {**form_of(client, path, 'name="birth_date"'), **bills.form(), "diagnosis": "Z23", "code": "G0438"}
    return client.post(path, data={**typed, "points": "A", "charge": "172.50", **change}, follow_redirects=True)


def test_a_bill_is_taken_in_asked_about_verified_coded_and_entered(flask, world: World):
    clerk = at_work(flask, world, "charge-clerk")
    wrong = register(clerk, last="")
    assert wrong.status_code == 422
    assert "Write the patient" in wrong.text
    assert 'value="Delphine"' in wrong.text, "what was typed is still there"
    taken = register(clerk, file=(io.BytesIO(scans.png()), "bill.png"))
    assert "and an account was made" in taken.text
    assert "nothing was made twice" in register(clerk).text
    (visit,) = brought(world)
    bill = place(clerk, "bills.show", encounter_id=visit.id)
    assert bill in clerk.get(place(clerk, "queues.show", queue="bills")).text
    assert "bill.png" in clerk.get(bill).text

    form = form_of(clerk, bill, 'name="topic"')
    again = clerk.post(bill, data={**form, **YES, "point-legible": "DOUBT", "do": "verify"})
    assert again.status_code == 422
    assert again.text.count(" checked") == 5, "what was ticked is still ticked"
    asked = {**form, **YES, "point-legible": "DOUBT", "topic": "document", "words": "Is that a 1 or a 7?", "do": "ask"}
    assert clerk.post(bill, data=asked).status_code == 303
    assert clerk.post(bill, data=asked).status_code == 422, "a second click asks nothing twice"

    clinician = at_work(flask, world, "clinician")
    path = place(clinician, "questions.show", encounter_id=visit.id)
    assert path in clinician.get(place(clinician, "queues.show", queue="questions")).text
    assert "Is that a 1 or a 7?" in clinician.get(path).text
    form = form_of(clinician, path, 'name="words"')
    assert clinician.post(path, data={**form, "words": "", "channel": "self"}).status_code == 422
    assert clinician.post(path, data={**form, "words": "A seven.", "channel": "self"}).status_code == 303
    assert clinician.post(path, data={**form, "words": "A one.", "channel": "self"}).status_code == 422

    assert "A seven." in clerk.get(bill).text
    form = form_of(clerk, bill, 'name="topic"')
    stale = {**form, "version": str(int(form["version"][0]) - 1)}
    assert clerk.post(bill, data={**stale, **YES, "do": "verify"}).status_code == 409
    assert clerk.post(bill, data={**form, **YES, "do": "verify"}).status_code == 303

    manager = at_work(flask, world, "coding-manager")
    rules = place(manager, "sampling.codes")
    form = form_of(manager, rules, 'name="percent"')
    assert manager.post(rules, data={**form, "kind": "code", "percent": "100", "do": "add"}).status_code == 422
    added = {**form, "kind": "value", "percent": "100", "value": "500", "do": "add"}
    assert "Every visit of $500.00 or more" in manager.post(rules, data=added, follow_redirects=True).text
    other = users.browser(flask, world, users.user(world, "coding-manager"))
    agreed = {**form_of(other, rules, 'value="agree"'), "do": "agree"}
    assert other.post(rules, data=agreed).status_code == 303

    coder = at_work(flask, world, "coder")
    path = place(coder, "encounters.code", encounter_id=visit.id)
    form = form_of(coder, path, 'name="diagnosis"')
    question = {**form, "topic": "service", "words": "How long did it take?", "do": "ask"}
    assert coder.post(path, data={**question, "words": ""}).status_code == 422
    assert coder.post(path, data=question).status_code == 303
    back = place(coder, "encounters.take_back", encounter_id=visit.id)
    assert coder.post(back, data=form_of(coder, path, "take-back")).status_code == 303
    done = coder.post(path, data={**form_of(coder, path, 'name="diagnosis"'), "do": "coded"}, follow_redirects=True)
    assert "Coded, and released for charge entry." in done.text

    path = place(clerk, "charges.enter", encounter_id=visit.id)
    form = form_of(clerk, path, 'name="place"')
    assert "The audit comes next." in clerk.post(path, data=form, follow_redirects=True).text
    assert "which cannot" not in clerk.get(path).text
    assert [row.state for row in brought(world)] == ["QA"]


def test_a_charge_that_stands_twice_is_shown_with_what_to_do(flask, world: World):
    ids = [bills.registered(world), bills.registered(world, number="JR-4472")]
    for id_ in ids:
        bills.verified(world, id_)
        make.released(world, id_)
    clerk = at_work(flask, world, "charge-clerk")
    path = place(clerk, "charges.enter", encounter_id=ids[1])
    assert f"also in visit {ids[0].hex()[:8].upper()}" in clerk.get(path).text
    form = form_of(clerk, path, 'name="place"')
    refused = clerk.post(path, data=form, follow_redirects=True).text
    assert "Take it out, or say why it is not the same" in refused
    more = clerk.post(path, data=form | {"position": ["1", ""], "code": ["G0438", "A4550"], "units": ["2.5", "3"],
                                         "charge": ["1.5", "many"], "place": "12", "out": "1"})  # fmt: skip
    assert (more.status_code, "the charge is an amount" in more.text) == (422, True)
    for kept in ('value="2.5"', 'value="1.5"', 'value="A4550"', 'value="many"', 'value="12"', " checked"):
        assert kept in more.text, "nothing that was typed is lost"
    aside = {**form_of(clerk, path, 'value="aside"'), "reason": "twice", "do": "aside"}
    assert "billed to nobody" in clerk.post(path, data=aside, follow_redirects=True).text
    assert (
        "G0438" not in clerk.get(place(clerk, "charges.enter", encounter_id=ids[0])).text.partition("also in visit")[2]
    )


def test_a_service_that_the_clerk_adds_and_that_stands_elsewhere_can_be_explained(flask, world: World):
    ids = [bills.registered(world), bills.registered(world, TypedLine("", "A4550", points="A", charge="5"), number="2")]
    for id_ in ids:
        bills.verified(world, id_)
        make.released(world, id_)
    clerk = at_work(flask, world, "charge-clerk")
    path = place(clerk, "charges.enter", encounter_id=ids[1])
    form = form_of(clerk, path, 'name="place"')
    assert "twice_reason" not in form
    added = {name: [*form[name][:-1], value] for name, value in
             {"code": "G0438", "units": "1", "charge": "172.50", "points": "A"}.items()}  # fmt: skip
    again = form | added
    refused = clerk.post(path, data=again)
    assert (refused.status_code, 'name="twice_reason"' in refused.text) == (422, True)
    assert clerk.post(path, data=again | {"twice_reason": "repeated"}).status_code == 303
    assert {row.id: row.state for row in brought(world)} == {ids[0]: "RELEASED", ids[1]: "QA"}


def test_what_a_check_found_goes_back_with_every_kind_and_becomes_a_figure(flask, world: World):
    (id_,) = make.bring(world)
    make.coded(world, id_)
    manager = at_work(flask, world, "coding-manager")
    path = place(manager, "encounters.review", encounter_id=id_)
    form = form_of(manager, path, "category")
    both = {**form, "category": ["units", "modifier", ""], "count": ["1", "3", "1"], "note": "See page 2."}
    released = manager.post(path, data={**both, "do": "release"})
    assert released.status_code == 422, "nobody releases what they call wrong"
    assert manager.post(path, data={**both, "do": "return"}).status_code == 303
    coder = at_work(flask, world, "coder")
    page = coder.get(place(coder, "encounters.code", encounter_id=id_)).text
    assert "A modifier is missing or wrong (3)" in page
    figures = manager.get(place(manager, "sampling.code_figures")).text
    assert "The units are wrong (1)" in figures
    assert "100 %" not in figures


@pytest.mark.parametrize("role", ["biller", "coder", "qa-auditor"])
def test_whose_the_pages_are_not(flask, world: World, role: str):
    id_ = bills.registered(world)
    client = at_work(flask, world, role)
    closed = {"questions.show": {"encounter_id": id_}, "sampling.codes": {}, "sampling.charge_figures": {}}
    if role != "coder":
        closed["bills.show"] = {"encounter_id": id_}
    for endpoint, values in closed.items():
        assert client.get(place(client, endpoint, **values)).status_code == 403, endpoint
    with world.read("account:view") as uow:
        assert len(uow.rows(uow.select(PatientRow.id.label("id")))) == 1

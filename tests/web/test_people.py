"""The doors of who stands and pays for whom: the office's, the patient's, the guarantor's; wrong patients and roles."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from portal.access import roles
from portal.app import create_app
from portal.models.people import ProxyInvitationRow
from portal.services.patients import people
from tests.databases import World
from tests.make import users
from tests.services.test_confidential import CENTS, family, keep

BORN = "2010-05-05"


@pytest.fixture
def flask(world: World) -> Flask:
    return create_app(world.runtime)


@pytest.fixture
def ids(world: World) -> dict[str, bytes]:
    return world.scene(family, world)


def as_(flask: Flask, world: World, role: str, **more: Any) -> Any:
    return users.browser(flask, world, users.user(world, role, **more))


def post(client: Any, flask: Flask, path: str, **data: Any) -> Any:
    return client.post(path, data={"csrf_token": users.form_key(flask), **data})


def version(world: World, patient_id: bytes) -> int:
    with world.read("account:view", world.actor("biller")) as uow:
        return people.show(uow, patient_id).version


def test_who_only_pays_meets_sums_and_days_and_no_other_page(world: World, flask: Flask, ids):
    keep(world, ids)
    payer = as_(flask, world, roles.GUARANTOR, patient_id=ids["child"])
    assert payer.get("/my/guaranteed").status_code == 200
    html = payer.get("/my/guaranteed").get_data(as_text=True)
    assert "$35.00" in html, "what is open of the one visit that is shown"
    assert f"{CENTS['hidden'] / 100:.2f}" not in html
    for word in ("G0438", "J1885", "Okafor", "77.77", "7.77", "R-hidden"):
        assert word not in html
    for path in ("/my/", "/my/visits", "/my/payments", "/my/documents", "/my/access", "/my/contact"):
        assert payer.get(path).status_code in {403, 404}, path
    assert post(payer, flask, f"/my/guaranteed/{'0c' * 16}/pay", sum="1.00").status_code == 404
    answer = payer.get("/my/people").get_data(as_text=True)
    assert "Wren" in answer
    assert (
        post(payer, flask, f"/my/people/{ids['child'].hex()}/invite", name="X", email="x@x.example").status_code == 403
    )
    assert post(payer, flask, f"/my/people/leave/{ids['child'].hex()}").status_code == 303
    assert payer.get("/my/guaranteed").status_code == 403, "gone at the next request"


def test_the_office_asks_keeps_and_records_on_one_page(world: World, flask: Flask, ids):
    clerk, coder = (as_(flask, world, role) for role in (roles.CHARGE_CLERK, roles.CODER))
    here = f"/office/patients/{ids['child'].hex()}/people"
    assert coder.get(here).status_code == 403
    assert clerk.get(f"/office/patients/{'0c' * 16}/people").status_code == 404
    letter = post(
        clerk, flask, f"{here}/invite", relation="parent", scope="all", name="Ada Marlowe", since="", until=""
    )
    code = re.search(r"(?m)^[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{4}$", letter.get_data(as_text=True))
    assert code, "the letter carries the code"
    refused = post(clerk, flask, f"{here}/invite", relation="guardian", scope="all", name="Sol", since="", until="x")
    assert refused.status_code == 303
    html = clerk.get(here).get_data(as_text=True)
    assert "Ada Marlowe" in html
    assert "Write a day as a calendar shows it" in html
    newcomer = flask.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', newcomer.get("/register").get_data(as_text=True))[1]
    joined = newcomer.post("/register", data={
        "csrf_token": token, "code": code[0], "last_name": "Marlowe", "birth_date": BORN, "email": "ada@home.example",
        "password": "four ducks on a pond", "again": "four ducks on a pond",
    })  # fmt: skip
    assert joined.status_code == 303, "and on to the second factor"
    visit = re.search(r'value="keep"><input type="hidden" name="id" value="([0-9a-f]{32})">', html)[1]
    kept = {"do": "keep", "id": visit, "reason": "asked"}
    assert post(clerk, flask, here, **kept, version=99).status_code == 409
    assert post(clerk, flask, here, **kept, version=1).status_code == 303
    assert "Stays with the patient" in clerk.get(here).get_data(as_text=True)
    link = re.search(
        r'value="end"><input type="hidden" name="id" value="([0-9a-f]{32})">', clerk.get(here).get_data(as_text=True)
    )[1]
    assert post(clerk, flask, here, do="end", id=link, reason="court").status_code == 303
    assert post(clerk, flask, here, do="end", id="0c" * 16, reason="court").status_code == 404
    died = {"do": "died", "evidence": "family", "told": "Ada, the mother", "died_on": "2026-08-01"}
    seen = version(world, ids["child"])
    assert post(clerk, flask, here, **died, version=seen).status_code == 303
    assert post(clerk, flask, here, **died, version=seen).status_code == 409
    assert "Letters are written to the estate" in clerk.get(here).get_data(as_text=True)
    assert post(clerk, flask, here, do="fly").status_code == 422


def test_a_patient_asks_somebody_and_takes_it_back_and_asks_for_another_address(world: World, flask: Flask, ids):
    own = as_(flask, world, roles.PATIENT, patient_id=ids["child"])
    base = f"/my/people/{ids['child'].hex()}"
    shown = post(own, flask, f"{base}/invite", name="Sol <Vane>", email="sol@x.example", scope="billing", until="")
    assert re.search(r'<p class="code">[0-9A-Z-]{12,14}</p>', shown.get_data(as_text=True)), "told once"
    assert post(own, flask, f"{base}/invite", name="", email="sol@x.example", scope="all").status_code == 303
    assert post(own, flask, f"/my/people/{'0c' * 16}/invite", name="A", email="", scope="all").status_code == 404
    with world.read("account:view", world.actor("biller")) as uow:
        (row,) = uow.entities(uow.select(ProxyInvitationRow))
    assert post(own, flask, f"{base}/withdraw/{row.id.hex()}").status_code == 303
    assert "Sol" not in own.get("/my/people").get_data(as_text=True)
    asked = {"line1": "7 Quiet Way", "line2": "", "city": "Salem", "state": "OR", "postal_code": "97301"}
    assert post(own, flask, f"{base}/elsewhere", **asked).status_code == 303
    assert "7 Quiet Way" in own.get("/my/people").get_data(as_text=True)
    office = as_(flask, world, roles.BILLER)
    queue = office.get("/office/queues/confidential-contacts").get_data(as_text=True)
    assert "reached in another way" in queue
    assert post(own, flask, "/my/people/accept", code="0000", last_name="X", birth_date="").status_code == 303

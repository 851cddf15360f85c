"""An administrator invites and ends people, and sees nothing about patients."""

from __future__ import annotations

import re

import pytest

from portal.app import create_app
from portal.models.users import InvitationRow
from portal.services.users import grants
from tests.databases import World
from tests.web.test_guard import form_token, person, sign_in


@pytest.fixture
def client(world: World):
    return create_app(world.runtime).test_client()


def test_an_administrator_invites_and_ends_access(world: World, client):
    person(world, "administrator", "root@juniper.example")
    person(world, "coder", "kim@juniper.example")
    assert sign_in(client, world, "root@juniper.example").location == "/admin/users"
    page = client.get("/admin/users").text
    assert "kim@juniper.example" in page
    token = form_token(client, "/admin/users/invite")
    here = world.practice_id.hex()
    done = client.post(
        "/admin/users/invite",
        data={
            "csrf_token": token,
            "email": "new@juniper.example",
            "role": "biller",
            "practice": here,
        },
    )
    assert done.status_code == 200
    link = re.search(r"http://\S+?/join/([\w-]+)", done.text).group(1)
    assert client.get(f"/join/{link}").status_code == 200
    user = re.search(r"/admin/users/([0-9a-f]{32})/disable", page).group(1)
    ended = client.post(f"/admin/users/{user}/disable", data={"csrf_token": token, "version": "1"})
    assert ended.status_code == 303
    assert "Access ended" in client.get("/admin/users").text


def test_who_has_an_account_gets_the_role_and_no_link_that_would_set_their_password(world: World, client):
    person(world, "administrator", "root@juniper.example")
    kim = person(world, "coder", "kim@juniper.example")
    sign_in(client, world, "root@juniper.example")
    data = {
        "csrf_token": form_token(client, "/admin/users/invite"), "email": "kim@juniper.example", "role": "biller",
        "practice": world.practice_id.hex(),
    }  # fmt: skip
    assert client.post("/admin/users/invite", data=data).location == "/admin/users"
    with world.read("user:view") as uow:
        assert {grant.role for grant in grants.of(uow, kim)} == {"coder", "biller"}
        assert uow.count(uow.select(InvitationRow.id)) == 0


def test_the_administration_hat_opens_nothing_protected(world: World, client):
    person(world, "administrator", "root@juniper.example")
    sign_in(client, world, "root@juniper.example")
    for rule in client.application.url_map.iter_rules():
        declared = getattr(client.application.view_functions[rule.endpoint], "declared", None)
        if declared and "GET" in rule.methods and not rule.arguments:
            from portal.access.permissions import PERMISSIONS

            found = PERMISSIONS.get(declared.permission)
            if found is not None and found.protected:
                assert client.get(rule.rule).status_code == 403, rule.rule


def test_a_laboratorys_certificate_is_kept_corrected_and_refused_beside_its_field(world: World, client):
    person(world, "administrator", "root@juniper.example")
    sign_in(client, world, "root@juniper.example")
    given = {"number": "11D123", "kind": "waiver", "place": "11", "valid_from": "2026-01-01", "valid_to": ""}
    given["csrf_token"] = form_token(client, "/admin/practices")
    where = f"/admin/practices/{world.practice_id.hex()}/certificates"
    refused = client.post(where, data=given)
    assert refused.status_code == 422
    assert "ten characters" in refused.text
    assert 'value="11D123"' in refused.text
    assert client.post(where, data=given | {"number": "11D1234567"}).status_code == 303
    page = client.get("/admin/practices").text
    id_ = re.search(r"/admin/practices/certificates/([0-9a-f]{32})", page).group(1)
    ended = given | {"number": "11D1234567", "valid_to": "2026-06-30", "version": "1"}
    assert client.post(f"/admin/practices/certificates/{id_}", data=ended).status_code == 303
    assert client.post(f"/admin/practices/certificates/{id_}", data=ended).status_code == 409
    assert client.post(f"/admin/practices/certificates/{id_}", data=ended | {"version": "x"}).status_code == 422
    assert "Not today" in client.get("/admin/practices").text


def test_a_facility_is_kept_corrected_and_refused_beside_its_field(world: World, client):
    person(world, "administrator", "root@juniper.example")
    sign_in(client, world, "root@juniper.example")
    where = f"/admin/practices/{world.practice_id.hex()}/facilities"
    assert where in client.get("/admin/practices").text
    given = {
        "name": "Cedar Hospital", "npi": "1245319590", "line1": "1 Cedar Way", "line2": "", "city": "Salem",
        "state": "or", "postal_code": "97301-0012", "places": "21, 22", "valid_from": "2026-01-01", "valid_to": "",
        "csrf_token": form_token(client, where),
    }  # fmt: skip
    refused = client.post(where, data=given)
    assert (refused.status_code, "a digit may be wrong" in refused.text) == (422, True)
    assert 'value="1245319590"' in refused.text
    given["npi"] = "1245319599"
    for _ in range(2):  # the same again changes nothing
        assert client.post(where, data=given).status_code == 303
    (id_,) = re.findall(rf"{where}/([0-9a-f]{{32}})", client.get(where).text)
    twice = client.post(where, data=given | {"name": "Cedar"})
    assert (twice.status_code, "on the list already" in twice.text) == (422, True)
    ended = given | {"valid_to": "2026-06-30", "version": "1"}
    assert client.post(f"{where}/{id_}", data=ended).status_code == 303
    assert client.post(f"{where}/{id_}", data=ended).status_code == 409
    assert client.post(f"/admin/practices/{'0' * 32}/facilities/{id_}", data=ended).status_code == 404
    assert "Not today" in client.get(where).text


def test_step_up_is_asked_before_inviting(world: World, client):
    person(world, "administrator", "root@juniper.example")
    sign_in(client, world, "root@juniper.example")
    token = form_token(client, "/admin/users/invite")
    world.clock.forward(minutes=6)
    answer = client.post("/admin/users/invite", data={"csrf_token": token, "email": "x@y.example", "role": "coder"})
    assert answer.location.startswith("/step-up")

"""Sessions under attack: what ends them, what they carry on, and which hat opens what."""

from __future__ import annotations

from datetime import date

import pytest

from portal.app import create_app
from portal.models.patients import PatientRow
from portal.services.users import accounts, grants, registration, sessions
from tests.databases import World
from tests.make import claims as make
from tests.web.test_guard import PASSWORD, code, form_token, person, sign_in


@pytest.fixture
def client(world: World):
    return create_app(world.runtime).test_client()


@pytest.fixture
def other(world: World, client):
    """A second browser of the same application."""
    return client.application.test_client()


def first_factor(client, email: str = "maya@juniper.example"):
    token = form_token(client, "/sign-in")
    return client.post("/sign-in", data={"csrf_token": token, "email": email, "password": PASSWORD})


def a_patient(world: World, user_id: bytes) -> bytes:
    with world.write("patient:change") as uow:
        row = uow.new(
            PatientRow, last_name_sealed="Okonkwo", first_name_sealed="Ada", birth_date_sealed=date(1980, 2, 3),
            sex_sealed="F", mrn_sealed="M-1", account_number_sealed="A-1", language="en_US", state="ACTIVE",
            created_at=uow.now,
        )  # fmt: skip
        uow.flush()
        registration.link(uow, user_id, row)
        return row.id


@pytest.mark.parametrize("step", [{"minutes": 16}, {"hours": 13}])
def test_whoever_was_timed_out_signs_in_again_in_the_same_browser(world: World, client, step):
    person(world)
    sign_in(client, world)
    world.clock.forward(**step)
    assert client.get("/sessions").location.startswith("/sign-in")
    assert sign_in(client, world).status_code == 303
    assert client.get("/sessions").status_code == 200


def test_T133_the_token_of_a_form_dies_with_the_level_it_was_made_at(world: World, client):
    person(world)
    before = form_token(client, "/sign-in")
    client.post("/sign-in", data={"csrf_token": before, "email": "maya@juniper.example", "password": PASSWORD})
    old = client.post("/second-factor", data={"csrf_token": before, "code": code(world)})
    assert old.status_code == 400
    half = form_token(client, "/second-factor")
    assert client.post("/second-factor", data={"csrf_token": half, "code": code(world)}).status_code == 303
    assert client.post("/sessions/end-all", data={"csrf_token": half}).status_code == 400


def test_a_slow_answer_to_the_old_token_brings_nothing_back(world: World, client):
    person(world)
    form_token(client, "/sign-in")
    old = client.get_cookie("sid").value
    standing = sessions.find(world.units, old)
    sign_in(client, world)
    assert not sessions.save(world.units, old, {"csrf_token": "planted"})
    present = sessions.find(world.units, client.get_cookie("sid").value)
    assert present.id == standing.id
    assert present.data.get("csrf_token") != "planted"


def test_signing_out_takes_the_cookie_back_and_clears_the_browser(world: World, client):
    person(world)
    for path in ("/sign-out", "/sessions/end-all"):
        sign_in(client, world)
        out = client.post(path, data={"csrf_token": form_token(client, "/sessions")})
        assert out.status_code == 303
        assert out.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
        assert client.get_cookie("sid") is None
        world.clock.forward(minutes=1)


def test_T38_a_new_factor_ends_the_other_sessions(world: World, client, other):
    person(world)
    sign_in(other, world)
    world.clock.forward(seconds=60)
    sign_in(client, world)
    enrol(client, world)
    assert other.get("/sessions").location.startswith("/sign-in")
    assert client.get("/sessions").status_code == 200


def enrol(client, world: World):
    """Set up another authenticator."""
    import base64
    import re

    from portal.crypto import factors

    shown = client.get("/second-factor/set-up").text
    base32 = re.search(r"([A-Z2-7]{4}(?: [A-Z2-7]{1,4}){7})", shown).group(1).replace(" ", "")
    given = factors.totp(base64.b32decode(base32), factors.totp_step(world.clock.now().timestamp()))
    token = form_token(client, "/second-factor/set-up")
    done = client.post("/second-factor/set-up", data={"csrf_token": token, "code": given})
    assert done.status_code == 200, done.text
    return base32


def test_a_new_factor_needs_a_fresh_proof_of_the_old_one(world: World, client):
    person(world)
    sign_in(client, world)
    token = form_token(client, "/second-factor/set-up")
    world.clock.forward(seconds=301)
    assert client.get("/second-factor/set-up").location.startswith("/step-up")
    assert client.post("/second-factor/set-up", data={"csrf_token": token, "code": "1"}).location == "/step-up"
    assert client.post("/recovery-codes", data={"csrf_token": token}).location.startswith("/step-up")


def test_a_secret_that_waits_belongs_to_the_session_that_was_shown_it(world: World, client, other):
    person(world)
    sign_in(other, world)
    seen = other.get("/second-factor/set-up").text
    world.clock.forward(seconds=60)
    sign_in(client, world)
    assert enrol(client, world) not in seen.replace(" ", "")


def test_disabling_deletes_the_sessions_so_that_nothing_revives_them(world: World, client):
    user_id = person(world)
    sign_in(client, world)
    with world.write("user:disable") as uow:
        accounts.disable(uow, user_id)
    assert sessions.of_user(world.units, user_id) == []


def test_T36_half_a_sign_in_opens_nothing_but_the_factor(world: World, client):
    person(world)
    first_factor(client)
    for rule in client.application.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.endpoint == "static":
            continue
        answer = client.get(rule.rule)
        public = client.application.view_functions[rule.endpoint].declared.permission == "public"
        if public:
            assert "maya@juniper.example" not in answer.text, rule.rule
        else:
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/second-factor"), rule.rule


def test_T25_a_role_taken_away_is_gone_at_the_next_request(world: World, client):
    from portal.models.users import GrantRow

    user_id = person(world, "administrator")
    sign_in(client, world)
    assert client.get("/admin/users").status_code == 200
    with world.write("user:invite") as uow:
        row = uow.first(uow.select(GrantRow).where(GrantRow.user_id == user_id))
        grants.end(uow, user_id, row.id)
    assert client.get("/admin/users").status_code == 403


def test_the_administration_hat_shows_nothing_of_patients_even_of_oneself(world: World, client):
    a_patient(world, person(world, "administrator"))
    sign_in(client, world)
    for rule in client.application.url_map.iter_rules():
        declared = client.application.view_functions[rule.endpoint].declared
        from portal.access.permissions import PERMISSIONS

        permission = PERMISSIONS.get(declared.permission)
        if permission and permission.protected and "GET" in rule.methods:
            path = rule.rule.replace("<id:", "<").split("<")[0] + "/".join("0" * 32 for _ in rule.arguments)
            assert client.get(path).status_code in {403, 404, 405}, rule.rule


def test_a_member_of_staff_who_is_a_patient_works_with_the_reach_of_staff(world: World, client):
    user_id = person(world, "biller")
    a_patient(world, user_id)
    sign_in(client, world)
    actor = sessions.find(world.units, client.get_cookie("sid").value).actor
    from portal.access.policy import decide

    assert decide(actor, "claim:view").role == "biller"
    assert not decide(actor, "home:view").allowed
    hats = client.get("/hat").text
    assert 'value="work:"' in hats
    client.post("/hat", data={"csrf_token": form_token(client, "/hat"), "hat": "work:"})
    actor = sessions.find(world.units, client.get_cookie("sid").value).actor
    assert decide(actor, "home:view").reach.patients == actor.own_patients
    assert not decide(actor, "claim:view").allowed


def test_hats_in_no_practice_name_the_payer_that_is_answered_for(world: World, client):
    user_id = person(world, "biller")
    with world.write("payer:edit") as uow:
        payer_id, second = make.payer(uow).id, make.payer(uow, "LKM04").id
    with world.write("user:invite") as uow:
        grants.give(uow, user_id, "payer-user", payer_id=payer_id)
    sign_in(client, world)
    client.post("/hat", data={"csrf_token": form_token(client, "/hat"), "hat": f"work:{world.practice_id.hex()}"})
    hats = client.get("/hat").text
    assert "Juniper Ridge Family Practice, as biller" in hats
    assert "Answer for Plan CBH03" in hats
    client.post("/hat", data={"csrf_token": form_token(client, "/hat"), "hat": "work:"})
    assert "Plan CBH03, as payer" in client.get("/payer/claims").text
    with world.write("user:invite") as uow:
        grants.give(uow, user_id, "payer-user", payer_id=second)
    assert "Plan CBH03, Plan LKM04, as payer" in client.get("/payer/claims").text
    a_patient(world, user_id)
    assert "On your own behalf, and for Plan CBH03, Plan LKM04" in client.get("/hat").text


def test_the_list_of_sessions_knows_devices_by_plain_words(world: World, client, other):
    person(world, "biller")
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) Version/17.6 Mobile/15E148 Safari/604.1"
    other.environ_base["HTTP_USER_AGENT"] = phone
    client.environ_base["HTTP_USER_AGENT"] = "secret-kiosk/7.1"
    for each in (other, client):
        world.clock.forward(minutes=1)
        sign_in(each, world)
    html = client.get("/sessions").text
    assert "<strong>Safari on iPhone</strong>" in html
    assert "<strong>A browser</strong>" in html
    client.post("/language", data={"csrf_token": form_token(client, "/sessions"), "locale": "es_US"})
    assert "<strong>Safari en iPhone</strong>" in client.get("/sessions").text
    with world.units.housekeeping() as session:
        kept = session.connection().exec_driver_sql("SELECT * FROM session").all()
    assert [mark for mark in ("kiosk", "Mozilla", "17_6", "604.1") if mark in repr(kept)] == []


def test_the_strict_hat_shortens_the_session(world: World, client):
    user_id = person(world, "biller")
    with world.write("user:invite") as uow:
        grants.give(uow, user_id, "administrator")
    sign_in(client, world)
    began = world.clock.now()
    world.clock.forward(minutes=3)
    client.post("/hat", data={"csrf_token": form_token(client, "/hat"), "hat": "administration:"})
    row = sessions.of_user(world.units, user_id)[0]
    assert (row.expires_at - began).total_seconds() == 8 * 3600
    assert client.get("/admin/users").status_code == 200


def test_another_hat_of_more_weight_needs_a_fresh_factor(world: World, client):
    user_id = person(world, "biller")
    with world.write("user:invite") as uow:
        grants.give(uow, user_id, "administrator")
    sign_in(client, world)
    token = form_token(client, "/hat")
    world.clock.forward(seconds=301)
    asked = client.post("/hat", data={"csrf_token": token, "hat": "administration:"})
    assert asked.location.startswith("/step-up")
    assert client.get("/admin/users").status_code == 403


def test_T42_the_cookie_is_bound_to_the_host_and_a_planted_one_is_ignored(world: World, client):
    from portal.web.session import Sessions

    client.application.session_interface = Sessions(world.units, secure=True)
    person(world)
    answer = client.get("/sign-in", base_url="https://portal.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    planted = cookie.split("=", 1)[1].split(";")[0]
    stranger = client.application.test_client()
    stranger.set_cookie("sid", planted, domain="portal.example", secure=True)
    again = stranger.get("/sign-in", base_url="https://portal.example")
    assert "__Host-sid=" in again.headers["Set-Cookie"]
    assert planted not in again.headers["Set-Cookie"]


def test_forms_of_strangers_are_bounded_by_address_and_by_network(world: World):
    for number in range(sessions.FORMS_PER_ADDRESS):
        made = sessions.open_form(world.units, address=f"2001:db8::{number:x}", agent="", data={"csrf_token": "x"})
        assert made is not None
    assert sessions.open_form(world.units, address="2001:db8::ffff", agent="", data={}) is None
    assert sessions.open_form(world.units, address="2001:db8:0:1::1", agent="", data={}) is not None


@pytest.mark.parametrize("path", ["/second-factor", "/second-factor/set-up", "/step-up"])
def test_whoever_owes_no_second_factor_is_sent_to_the_first(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (303, "/sign-in")

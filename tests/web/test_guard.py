"""Default deny, sessions, headers, CSRF: the shell before any trade."""

from __future__ import annotations

import re

import pytest

from portal.app import create_app
from portal.crypto import factors
from portal.services.users import accounts, enrolment, grants, signing
from tests.databases import World

PASSWORD = "seven green herons wade"
SECRET = bytes(range(20))


@pytest.fixture
def client(world: World):
    return create_app(world.runtime).test_client()


def person(world: World, role: str = "coder", email: str = "maya@juniper.example") -> bytes:
    with world.write("user:invite") as uow:
        user = accounts.create_user(uow, email=email, name="Maya Lindqvist", state="ACTIVE")
        uow.change(user, password_hash=signing.PASSWORDS.hash_password(PASSWORD))
        uow.flush()
        practice = None if role == "administrator" else world.practice_id
        grants.give(uow, user.id, role, practice_id=practice)
        enrolment.set_factor(uow, user.id, SECRET)
        return user.id


def form_token(client, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found.group(1)


def code(world: World) -> str:
    return factors.totp(SECRET, factors.totp_step(world.clock.now().timestamp()))


def sign_in(client, world: World, email: str = "maya@juniper.example"):
    first = client.post(
        "/sign-in", data={"csrf_token": form_token(client, "/sign-in"), "email": email, "password": PASSWORD}
    )
    assert first.status_code == 303, first.text
    return client.post("/second-factor", data={"csrf_token": form_token(client, "/second-factor"), "code": code(world)})


def test_two_factors_let_a_person_in_and_one_does_not(world: World, client):
    person(world)
    first = client.post(
        "/sign-in",
        data={"csrf_token": form_token(client, "/sign-in"), "email": "maya@juniper.example", "password": PASSWORD},
    )
    assert first.location == "/second-factor"
    assert client.get("/sessions").location.startswith("/second-factor")
    token = form_token(client, "/second-factor")
    wrong = client.post("/second-factor", data={"csrf_token": token, "code": "000000"})
    assert wrong.status_code == 422
    second = client.post("/second-factor", data={"csrf_token": token, "code": code(world)})
    assert second.status_code == 303
    assert "maya@juniper.example" in client.get("/sessions").text
    again = client.post("/second-factor", data={"csrf_token": form_token(client, "/sessions"), "code": code(world)})
    assert again.status_code == 422, "a code works once"


def test_T37_the_session_id_changes_at_every_level_and_the_old_one_is_dead(world: World, client):
    person(world)
    form_token(client, "/sign-in")
    before = client.get_cookie("sid").value
    sign_in(client, world)
    after = client.get_cookie("sid").value
    assert before != after
    client.set_cookie("sid", before)
    assert client.get("/sessions").location.startswith("/sign-in")


def test_T38_sign_out_kills_a_copied_cookie(world: World, client):
    person(world)
    sign_in(client, world)
    copied = client.get_cookie("sid").value
    client.post("/sign-out", data={"csrf_token": form_token(client, "/sessions")})
    client.set_cookie("sid", copied)
    assert client.get("/sessions").location.startswith("/sign-in")


def test_idle_sessions_end_on_the_server(world: World, client):
    person(world)
    sign_in(client, world)
    world.clock.forward(minutes=14, seconds=59)
    assert client.get("/sessions").status_code == 200
    world.clock.forward(minutes=15, seconds=1)
    assert client.get("/sessions").location.startswith("/sign-in")


def test_T133_an_unsafe_method_needs_its_own_token(world: World, client):
    person(world)
    sign_in(client, world)
    assert client.post("/sessions/end-all").status_code == 400
    assert client.post("/sessions/end-all", data={"csrf_token": "x"}).status_code == 400
    assert client.get("/sessions").status_code == 200


def test_wrong_passwords_slow_down_and_unknown_people_look_the_same(world: World, client):
    person(world)
    token = form_token(client, "/sign-in")

    def attempt(email: str, password: str):
        return client.post("/sign-in", data={"csrf_token": token, "email": email, "password": password})

    unknown, wrong = attempt("nobody@juniper.example", PASSWORD), attempt("maya@juniper.example", "wrong wrong wrong")
    strip = re.compile(r'value="[^"]*"|nonce-\S+|<code>\w+</code>')
    assert strip.sub("", unknown.text) == strip.sub("", wrong.text)
    for _ in range(5):
        last = attempt("maya@juniper.example", "wrong wrong wrong")
    assert last.status_code == 429
    assert attempt("maya@juniper.example", PASSWORD).status_code == 429
    world.clock.forward(minutes=20)
    assert attempt("maya@juniper.example", PASSWORD).status_code == 303


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/sessions", "/static/candor.css", "/health/live"])
def test_T132_headers_stand_on_every_answer(client, path):
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    nonces = {
        re.search(r"nonce-(\S+)'", client.get(path).headers["Content-Security-Policy"]).group(1) for _ in range(2)
    }
    assert len(nonces) == 2


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "javascript:x", "/\t/evil.example", "/é"],
)
def test_T46_nobody_is_sent_elsewhere_after_sign_in(world: World, client, wanted):
    person(world)
    token = form_token(client, "/sign-in")
    client.post(
        "/sign-in",
        data={"csrf_token": token, "email": "maya@juniper.example", "password": PASSWORD, "next": wanted},
    )
    done = client.post("/second-factor", data={"csrf_token": form_token(client, "/second-factor"), "code": code(world)})
    assert "evil" not in done.location
    assert done.location.startswith("/")


def test_disabling_somebody_ends_their_access_at_the_next_request(world: World, client):
    user_id = person(world)
    sign_in(client, world)
    with world.write("user:disable") as uow:
        accounts.disable(uow, user_id)
    assert client.get("/sessions").location.startswith("/sign-in")


def test_an_invitation_makes_a_person_with_two_factors(world: World, client):
    with world.write("user:invite") as uow:
        _, token = accounts.invite(
            uow, email="noor@juniper.example", name="Noor", role="biller", practice_id=world.practice_id
        )
    page = form_token(client, f"/join/{token}")
    weak = client.post(
        f"/join/{token}", data={"csrf_token": page, "name": "Noor", "password": "noor123", "again": "noor123"}
    )
    assert weak.status_code == 422
    done = client.post(
        f"/join/{token}", data={"csrf_token": page, "name": "Noor Haddad", "password": PASSWORD, "again": PASSWORD}
    )
    assert done.location == "/second-factor/set-up"
    shown = client.get("/second-factor/set-up").text
    base32 = re.search(r"([A-Z2-7]{4}(?: [A-Z2-7]{1,4}){7})", shown).group(1).replace(" ", "")
    secret = __import__("base64").b32decode(base32)
    given = factors.totp(secret, factors.totp_step(world.clock.now().timestamp()))
    codes = client.post(
        "/second-factor/set-up", data={"csrf_token": form_token(client, "/second-factor/set-up"), "code": given}
    )
    assert codes.status_code == 200
    assert len(re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}\b", codes.text)) == 10
    assert client.get("/sessions").status_code == 200
    assert client.get(f"/join/{token}").status_code == 422

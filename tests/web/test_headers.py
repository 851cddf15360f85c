"""The header set of every class of answer (T132), and that what could weaken it is not there."""

from __future__ import annotations

import re

import pytest

from portal.app import create_app
from portal.web.guard import opens, reads
from portal.web.replies import File, Go
from tests.databases import World
from tests.web.test_guard import form_token, person, sign_in

FIXED = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self' https://checkout.stripe.com; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""SECURITY 1.4, but for report-to: there is nobody to report to yet."""


@pytest.fixture
def client(world: World):
    flask = create_app(world.runtime)

    @opens("breaks")
    def broken(_desk):
        raise ValueError("Okonkwo")

    @opens("goes elsewhere")
    def away(_desk):
        return Go("/sign-in")

    @opens("gives a file")
    def file(_desk):
        return File('a"\r\nX-Evil: 1/<é>.pdf', "application/pdf", b"%PDF-", inline=True)

    @opens("gives a page as a file")
    def page(_desk):
        return File("page.xhtml", "application/xhtml+xml", b"<script>1</script>", inline=True)

    @reads("account:view")
    def protected(uow):
        raise AssertionError("nobody comes here")

    for view in (broken, away, file, page, protected):
        flask.add_url_rule(f"/{view.__name__}", view.__name__, view)
    return flask.test_client()


CLASSES = [
    ("get", "/sign-in", 200), ("head", "/sign-in", 200), ("options", "/sign-in", 200), ("get", "/away", 303),
    ("get", "/protected", 303), ("post", "/sign-in", 400), ("get", "/nowhere", 404), ("get", "/sign-in/", 200),
    ("put", "/sign-in", 405), ("get", "/sign-out", 405), ("get", "/broken", 500), ("get", "/static/candor.css", 200),
    ("get", "/static/nothing.css", 404), ("get", "/static/../wsgi.py", 404), ("get", "/health/live", 200),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), CLASSES)
def test_T132_the_header_set_stands_on_every_class_of_answer(client, method, path, status):
    answer, again = (getattr(client, method)(path) for _ in range(2))
    assert answer.status_code == status
    for name, value in FIXED.items():
        assert answer.headers.getlist(name) == [value]
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]{22,})'", policy).group(1)
    assert policy == POLICY.format(nonce=nonce)
    assert nonce not in again.headers["Content-Security-Policy"]
    assert all(each.endswith("=()") for each in answer.headers["Permissions-Policy"].split(", "))
    static = path.startswith("/static/") and status == 200
    assert answer.headers["Cache-Control"].startswith("public" if static else "no-store")
    assert "Server" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Okonkwo" not in answer.text


@pytest.mark.parametrize("path", ["/file", "/page"])
def test_T132_a_file_is_sealed_off(client, path):
    answer = client.get(path)
    for name, value in FIXED.items():
        assert answer.headers.getlist(name) == [value]
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Evil" not in answer.headers
    assert re.fullmatch(r'(inline|attachment); filename="[\w.-]+"', answer.headers["Content-Disposition"])
    assert answer.headers["Content-Disposition"].startswith("inline" if path == "/file" else "attachment")


def test_T132_refusals_to_people_who_are_known_carry_it_too(world: World, client):
    person(world, "coder")
    sign_in(client, world)
    token = form_token(client, "/hat")
    for answer, status in (
        (client.get("/protected"), 403),
        (client.post("/sign-out", data={"csrf_token": "x"}), 400),
        (client.post("/sign-out", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"}), 400),
        (client.post("/hat", data={"csrf_token": token, "hat": "x" * 27 * 1024 * 1024}), 413),
        (client.post("/hat", data={"csrf_token": token, "hat": "nobody's"}), 403),
    ):
        assert answer.status_code == status
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'nonce-")
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_T133_a_body_of_another_kind_is_no_form(world: World, client, kind):
    person(world)
    sign_in(client, world)
    token = form_token(client, "/hat")
    body = f'{{"csrf_token": "{token}"}}'
    assert client.post("/sessions/end-all", data=body, content_type=kind).status_code == 400
    assert client.get("/sessions").status_code == 200


def test_T133_a_token_of_another_session_is_not_taken(world: World, client):
    person(world)
    other = client.application.test_client()
    stolen = form_token(other, "/sign-in")
    sign_in(client, world)
    assert client.post("/sessions/end-all", data={"csrf_token": stolen}).status_code == 400
    assert client.get(f"/sessions/end-all?csrf_token={stolen}").status_code == 405
    assert client.get("/sessions").status_code == 200


def test_T133_no_page_changes_anything_by_being_looked_at(client):
    """A change has a method of its own: whatever answers GET declares a look, or is one of sign-in's own forms."""
    looks = {
        "view", "search", "manage", "export", "run", "issue", "code", "review", "enter", "audit", "edit", "load",
        "change", "make", "invite", "post", "import", "request", "verify", "sample", "answer", "decide", "record",
        "detail", "original", "ask", "send",
    }  # fmt: skip
    for rule in client.application.url_map.iter_rules():
        declared = client.application.view_functions[rule.endpoint].declared
        assert not ({"GET", "POST"} <= set(rule.methods)), f"{rule.rule}: one function, one method"
        if "GET" in rule.methods and declared.permission != "public":
            assert declared.permission.partition(":")[2] in looks, rule.rule


def test_T98_a_hostile_agent_is_cut_and_stands_in_one_event(world: World, client):
    person(world)
    agent = "a\u2028\"'<script>" + "x" * 100_000
    answer = client.get("/sign-in", headers={"User-Agent": agent.encode().decode("latin-1")})
    assert answer.status_code == 200
    assert "<script>x" not in answer.text

"""What is told and what is shown when something fails between opening a record and sending it."""

from __future__ import annotations

import json
import logging
from datetime import date

import pytest
from sqlalchemy import select, text

from audit.table import audit_event, audit_head
from portal.app import create_app
from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_
from portal.models.patients import PatientRow
from portal.services.users import people
from portal.web.guard import reads, writes
from portal.web.replies import Go, Page, Plain
from tests.databases import World
from tests.web.test_guard import form_token, person, sign_in

NAME = "Okonkwo-Lindgren"


@pytest.fixture
def patient_id(world: World) -> bytes:
    with world.write("patient:change") as uow:
        return uow.new(
            PatientRow, last_name_sealed=NAME, first_name_sealed="Ada", birth_date_sealed=date(1980, 2, 3),
            sex_sealed="F", mrn_sealed="M-1", account_number_sealed="A-1", language="en_US", state="ACTIVE",
            created_at=uow.now,
        ).id  # fmt: skip


@pytest.fixture
def client(world: World, patient_id: bytes):
    """The application with a few pages that open a name and then do something wrong."""
    flask = create_app(world.runtime)

    def opened(uow) -> str:
        return uow.read(uow.get(PatientRow, patient_id), PatientRow.last_name_sealed)

    @reads("account:view")
    def shown(uow):
        return Plain(opened(uow))

    @reads("account:view")
    def unrendered(uow):
        return Page("auth/sign_in.html", opened(uow))

    @reads("account:view")
    def broken(uow):
        raise ValueError(opened(uow))

    @reads("account:view")
    def absent(uow):
        opened(uow)
        raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")

    @writes("patient:change")
    def refused(uow):
        opened(uow)
        raise Refused(T_("No."), code="rule")

    @reads("account:view")
    def counted(uow):
        return Plain(str(uow.count(uow.select(PatientRow.id))))

    @writes("patient:change")
    def changed(uow):
        uow.change(uow.get(PatientRow, patient_id), state="INACTIVE")
        return Go("/")

    for view in (shown, unrendered, broken, absent, counted):
        flask.add_url_rule(f"/{view.__name__}", view.__name__, view)
    for view in (refused, changed):
        flask.add_url_rule(f"/{view.__name__}", view.__name__, view, methods=["POST"])
    flask.add_url_rule("/shown/refuse", "shown_refuse", refused, methods=["POST"])
    return flask.test_client()


@pytest.fixture
def biller(world: World, client):
    person(world, "biller")
    sign_in(client, world)
    client.get("/hat")
    return client


def events(world: World) -> list[dict]:
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        return [
            json.loads(body) for (body,) in connection.execute(select(audit_event.c.body).order_by(audit_event.c.seq))
        ]


@pytest.mark.parametrize(
    ("path", "status", "outcome", "reason"),
    [("/unrendered", 500, 8, "error"), ("/broken", 500, 8, "error"), ("/absent", 404, 4, "not-found")],
)
def test_what_was_opened_is_told_though_it_was_never_shown(
    world: World, biller, patient_id, caplog, path, status, outcome, reason
):
    size = len(events(world))
    with caplog.at_level(logging.DEBUG):
        answer = biller.get(path)
    assert answer.status_code == status
    assert NAME not in answer.text
    assert NAME not in caplog.text
    (told,) = events(world)[size:]
    assert (told["outcome"], told["reason"]) == (outcome, reason)
    assert {"type": 10, "id": patient_id.hex(), "fields": [3]} in told["objects"]
    assert NAME not in json.dumps(told)


def test_a_refused_change_tells_what_it_opened(world: World, biller, patient_id):
    token = form_token(biller, "/hat")
    size = len(events(world))
    assert biller.post("/refused", data={"csrf_token": token}).status_code == 422
    (told,) = events(world)[size:]
    assert (told["outcome"], told["reason"], told["subjects"]) == (4, "rule", [patient_id.hex()])
    assert told["objects"] == [{"type": 10, "id": patient_id.hex(), "fields": [3]}]


def test_T88_every_protected_page_is_told_even_one_that_shows_only_a_number(world: World, biller):
    size = len(events(world))
    assert biller.get("/counted").status_code == 200
    assert [each["subtype"] for each in events(world)[size:]] == ["account:view"]


def test_a_head_request_is_told_like_a_look(world: World, biller, patient_id):
    size = len(events(world))
    answer = biller.head("/shown")
    assert answer.data == b""
    assert [each["subjects"] for each in events(world)[size:]] == [[patient_id.hex()]]


def test_asking_for_the_methods_of_a_page_opens_nothing(world: World, biller):
    size = len(events(world))
    answer = biller.options("/shown")
    assert NAME not in answer.text
    assert events(world)[size:] == []


def test_nothing_of_a_protected_page_is_kept_or_sent_in_parts(biller):
    answer = biller.get("/shown", headers={"Range": "bytes=0-3", "If-None-Match": "*"})
    assert (answer.status_code, answer.text) == (200, NAME)
    assert "ETag" not in answer.headers
    assert "Accept-Ranges" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def silent(world: World):
    """A log whose head was put out of joint: nothing can be appended."""
    with world.runtime.engine.begin() as connection:
        connection.execute(audit_head.update().values(size=999))


@pytest.mark.parametrize("path", ["/shown", "/counted", "/absent", "/broken", "/sessions", "/hat", "/nowhere"])
def test_a_log_that_cannot_be_written_shows_nothing(world: World, biller, silent, path):
    people._own.clear()
    answer = biller.get(path)
    assert NAME not in answer.text
    assert "maya@juniper.example" not in answer.text
    assert answer.status_code == 503
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Candor writes down every look" in answer.text


def test_a_log_that_cannot_be_written_changes_nothing(world: World, biller, patient_id, request):
    token = form_token(biller, "/hat")
    request.getfixturevalue("silent")
    assert biller.post("/changed", data={"csrf_token": token}).status_code == 503
    assert biller.post("/sign-in", data={"csrf_token": token, "email": "x@y", "password": "z"}).status_code == 503
    with world.runtime.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select set_config('candor.practices', 'all', true)"))
        assert connection.execute(select(PatientRow.state)).scalar_one() == "ACTIVE"


def test_a_store_that_fails_answers_with_a_page_of_ours(sqlite_world: World, caplog):
    world, client = sqlite_world, create_app(sqlite_world.runtime).test_client()
    person(world)
    sign_in(client, world)
    with world.runtime.engine.begin() as connection:
        connection.execute(text("ALTER TABLE session RENAME TO elsewhere"))
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/sessions")
    assert answer.status_code == 503
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "elsewhere" not in answer.text
    assert "no such table" not in answer.text


def test_the_way_back_from_a_refused_form_is_the_page_that_it_stands_on(biller):
    token = {"csrf_token": form_token(biller, "/hat")}
    below = biller.post("/shown/refuse", data=token)
    assert below.status_code == 422
    assert "Error 422" in below.text
    assert 'href="/shown"' in below.text
    alone = biller.post("/refused", data=token)
    assert alone.status_code == 422
    assert "Go back" not in alone.text, "nothing stands there but the form's own address"


def test_a_page_that_fails_is_offered_again_only_where_that_may_help(biller):
    assert 'href="/broken"' in biller.get("/broken").text
    assert 'href="/absent"' not in biller.get("/absent").text


def test_a_form_of_a_session_that_is_over_leads_to_signing_in_and_back_to_its_page(world: World, biller):
    form = {"csrf_token": form_token(biller, "/hat")}
    biller.post("/sign-out", data=form)
    late = biller.post("/shown/refuse", data=form)
    assert late.status_code == 400
    assert "You are signed out" in late.text
    assert "/sign-in?next=/shown" in late.text
    public = biller.post("/forgot", data=form)
    assert (public.status_code, "We could not read what was sent" in public.text) == (400, True)

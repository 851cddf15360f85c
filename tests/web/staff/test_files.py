"""The original of a file taken from its page, and the page of partners."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from audit.table import audit_event
from portal.app import create_app
from portal.services.encounters.importing import import_visits
from tests.databases import World
from tests.make import claims, users
from tests.make import visits as make


@pytest.fixture
def office(world: World) -> Any:
    flask = create_app(world.runtime)

    def enter(role: str) -> FlaskClient:
        return users.browser(flask, world, users.user(world, role))

    enter.key = users.form_key(flask)  # type: ignore[attr-defined]  # for the forms of these browsers
    return enter


def exports(world: World) -> list[dict[str, Any]]:
    with world.read("audit:view") as uow:
        bodies = uow.log().execute(select(audit_event.c.body).order_by(audit_event.c.seq)).scalars()
        return [said for said in map(json.loads, bodies) if said["subtype"] == "interchange:original"]


def test_an_original_leaves_for_a_reason_that_the_log_keeps(world: World, office):
    body = make.file(make.some(2))
    made = import_visits(world.units, world.actor("charge-clerk"), None, "Besuche 中.837", body)
    page = f"/office/files/{made.interchange_id.hex()}"
    for role in ("charge-clerk", "biller"):
        client = office(role)
        assert "Download the original" not in client.get(page).text
        assert client.get(f"{page}/original").status_code == 403
        assert client.post(f"{page}/original", data={"csrf_token": office.key, "reason": "x"}).status_code == 403
    manager = office("billing-manager")
    assert f"{page}/original" in manager.get(page).text
    assert "names 2 patients" in manager.get(f"{page}/original").text
    none = manager.post(f"{page}/original", data={"csrf_token": office.key, "reason": " "})
    assert (none.status_code >= 400, "Say what the file is needed for" in none.text) == (True, True)
    file = manager.post(f"{page}/original", data={"csrf_token": office.key, "reason": "The partner lost it"})
    assert (file.status_code, file.mimetype, file.data) == (200, "application/edi-x12", body)
    assert file.headers["Content-Disposition"] == 'attachment; filename="Besuche--.837"'
    assert "sandbox" in file.headers["Content-Security-Policy"]
    *_, told = exports(world)
    assert (told["type"], told["outcome"], len(told["subjects"]), told["count"]) == ("export", 0, 2, 1)
    assert hashlib.sha256(body).hexdigest() in json.dumps(told)
    entry = office("compliance-officer").get(f"/compliance/log/{told['seq']}").text
    assert re.search(r"Stated reason</dt><dd>The partner lost it", entry)
    assert "took, or set out to take, the original of a file" in entry
    world.clock.forward(minutes=6)
    assert manager.get(f"{page}/original").location.startswith("/step-up")
    assert manager.post(f"{page}/original", data={"csrf_token": office.key, "reason": "y"}).status_code == 303


def test_partners_are_shown_to_whoever_answers_for_them(world: World, office):
    with world.write("partner:edit") as uow:
        claims.partner(uow, world.practice_id)
    doors = {"billing-manager": "/office/partners", "administrator": "/admin/partners"}
    for role in (*doors, "biller"):
        client = office(role)
        for other, path in doors.items():
            page = client.get(path)
            assert (page.status_code, "No trouble on the way" in page.text) == (
                (200, True) if role == other else (403, False)
            )


def test_days_that_no_calendar_reaches_narrow_nothing(office):
    for day in ("9999-12-31", "0001-01-01", "soon"):
        assert office("biller").get(f"/office/files?since={day}&until={day}").status_code == 200

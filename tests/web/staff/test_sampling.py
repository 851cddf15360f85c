"""The page of the sampling rules: one manager proposes, the page says so, and another decides."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from tests.databases import World
from tests.make import users
from tests.web.staff.test_visits import form_of, place


def press(client: FlaskClient, marker: str, **more: str):
    here = place(client, "sampling.codes")
    return client.post(here, data={**form_of(client, here, marker), **more})


def test_a_rule_is_proposed_by_one_and_decided_by_another(world: World):
    flask: Flask = create_app(world.runtime)
    one, other = (users.browser(flask, world, users.user(world, "coding-manager")) for _ in range(2))
    here = place(one, "sampling.codes")
    assert press(one, "Propose the rule", do="add", kind="all", percent="0").status_code == 422
    told = one.get(press(one, "Propose the rule", do="add", kind="all", percent="1").location).text
    assert "Proposed. The rule holds from when a second person agrees." in told
    assert "There is no rule: every visit is checked." in told
    assert 'value="agree"' not in told, "nobody is offered to agree with themselves"
    stale = form_of(one, here, 'value="take-back"')
    wrong = one.post(here, data=stale | {"do": "agree"})
    assert (wrong.status_code, "by somebody other than the one who proposed it" in wrong.text) == (422, True)
    silent = press(other, 'value="turn-down"', do="turn-down")
    assert (silent.status_code, "Say why, so that whoever proposed it knows." in silent.text) == (422, True)
    assert press(other, 'value="turn-down"', do="turn-down", words="Nearly <none>.").status_code == 303
    assert one.post(here, data=stale | {"do": "take-back"}).status_code == 409, "it is decided already"
    assert "Nearly &lt;none&gt;." in one.get(here).text
    assert press(one, "Propose the rule", do="add", kind="all", percent="40").status_code == 303
    assert press(other, 'value="agree"', do="agree").status_code == 303
    assert press(other, "Propose to end it", do="end").status_code == 303
    shown = one.get(here).text
    assert "There is no rule" not in shown
    assert "End: 40 % of all visits" in shown

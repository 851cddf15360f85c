"""Who may open which route: the kept table equals the tree, and every route answers every role as the table says."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from audit.table import audit_event
from portal.access import roles
from portal.access.permissions import PERMISSIONS, PUBLIC
from portal.app import create_app
from portal.cli.doors import declared_routes
from portal.domain import claims, denials, encounters, payments
from portal.web import guard
from tests.databases import World
from tests.house import routes
from tests.house.tree import modules, nodes
from tests.make import claims as make
from tests.make import users

PERSONS = [role for role in roles.NARROWEST_FIRST if role != roles.SYSTEM]
NOBODY = "nobody"
UNUSED: dict[str, str] = {}
"""Permissions that no route, service or command asks for yet, each with the reason why it stands in the table."""


def test_T01_the_kept_table_of_routes_equals_the_tree():
    kept, found = json.loads(routes.KEPT.read_text()), declared_routes()
    gone = [item for item in kept if item not in found]
    new = [item for item in found if item not in kept]
    assert not gone, f"no longer in the tree: {gone}; {routes.AGAIN}"
    assert not new, f"not in the kept table: {new}; {routes.AGAIN}"
    assert kept == found, f"in another order; {routes.AGAIN}"


def test_T01_no_route_shows_protected_data_to_the_administration_hat():
    for item in json.loads(routes.KEPT.read_text()):
        assert not (item["protected"] and roles.ADMINISTRATOR in item["roles"]), item


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (lambda: "planted", "declares no permission"),
        (guard.opens("")(lambda _desk: None), "public without a reason"),
        (guard.reads("planted:view")(lambda _uow: None), "not in the table"),
    ],
)
def test_T01_a_route_without_a_policy_stops_the_start(monkeypatch: pytest.MonkeyPatch, view, words: str):
    register = create_app.__globals__["register"]

    def planted(flask: Flask, **more: object) -> None:
        register(flask, **more)
        flask.add_url_rule("/planted", "planted", view)

    monkeypatch.setitem(create_app.__globals__, "register", planted)
    with pytest.raises(RuntimeError, match=words):
        declared_routes()


# Every permission has a use, and every permission asked for is in the table


def asked_for() -> dict[str, str]:
    """Strings of the form of a permission in the code over the tables, and a file where each stands."""
    found: dict[str, str] = {}
    for path in modules("portal"):
        if path.parts[1] in {"web", "services", "cli", "jobs", "demo"}:
            for node in nodes(path):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in PERMISSIONS:
                    found.setdefault(node.value, str(path))
    return found


def steps() -> Iterator[str]:
    """Permissions that the state tables ask for; `uow.move` checks them."""
    for word in (claims, denials, encounters, payments):
        yield from (move.permission for move in word.LIFE.moves)


def test_every_permission_has_a_use():
    used = asked_for().keys() | set(steps())
    assert PERMISSIONS.keys() - used - UNUSED.keys() == set()
    assert UNUSED.keys() & used == set(), "used by now: strike it from the exceptions"


def test_every_permission_asked_for_is_in_the_table():
    assert set(steps()) <= PERMISSIONS.keys()
    openers = {"reads", "writes", "desks", "read", "write", "allow", "decide"}
    for path in modules("portal"):
        for node in nodes(path):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                texts = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                asked = [each for each in texts if name in openers and re.fullmatch(r"[a-z-]+:[a-z-]+", str(each))]
                assert set(asked) <= PERMISSIONS.keys(), f"{path}:{node.lineno}"


# Every route and every role, through HTTP


class House:
    """One world with a user of every role, each of whom opens everything."""

    def __init__(self, world: World) -> None:
        self.world, self.flask = world, create_app(world.runtime)
        with world.write("payer:edit") as uow:
            payer_id = make.payer(uow).id
        with world.write("patient:change") as uow:
            patient_id = make.patient(uow).id
        self._browsers: dict[tuple[str, str], FlaskClient] = {}
        # all of one name: pages that differ in it alone are parsed once
        bound = {"patient_id": patient_id, "payer_id": payer_id, "named": "Robin Vale"}
        self.users = {role: users.user(world, role, **bound) for role in PERSONS}

    def doors(self) -> list[tuple[Rule, str, str]]:
        """Rule, method and permission of every route."""
        return [
            (rule, method, guard.declaration(self.flask, rule.endpoint).permission)
            for rule in self.flask.url_map.iter_rules()
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
        ]

    def browser(self, who: str, assurance: str = "aal2") -> FlaskClient:
        """The browser of somebody, signed in at its first use."""
        if (who, assurance) not in self._browsers:
            user_id = None if who == NOBODY else self.users[who]
            self._browsers[who, assurance] = users.browser(self.flask, self.world, user_id, assurance=assurance)
        return self._browsers[who, assurance]

    def ask(self, rule: Rule, method: str, who: str, assurance: str = "aal2") -> TestResponse:
        """Open a route as somebody; ids are random, forms carry their token and nothing else."""
        path = re.sub(r"<id:\w+>", os.urandom(16).hex(), rule.rule)
        path = re.sub(r"<int:\w+>", "99999", re.sub(r"<(path:)?\w+>", "nothing", path))
        data = {"csrf_token": users.form_key(self.flask)} if method == "POST" else None
        return self.browser(who, assurance).open(path, method=method, data=data)

    def forget(self, who: str) -> None:
        """Close somebody's browser: what was done has signed out, or changed the session's token."""
        self._browsers.pop((who, "aal2"), None)

    def told(self, after: int = 0) -> list[dict[str, Any]]:
        """The events of the log after a number."""
        with self.world.runtime.engine.execution_options(ro=True).connect() as connection:
            bodies = select(audit_event.c.body).where(audit_event.c.seq >= after).order_by(audit_event.c.seq)
            return [json.loads(body) for (body,) in connection.execute(bodies)]

    def size(self) -> int:
        """The number of the log's next event."""
        with self.world.runtime.engine.execution_options(ro=True).connect() as connection:
            return connection.execute(select(func.max(audit_event.c.seq))).scalar_one() + 1

    def denied(
        self, rule: Rule, method: str, who: str, reason: str, to: str = "", assurance: str = "aal2"
    ) -> list[str]:
        """Ask where the table denies; what is wrong, when not: 403, or 303 to where `to` says, and one refusal told.

        The page of a refusal shows the person's own name, and that is told as well.
        """
        size, permission = self.size(), guard.declaration(self.flask, rule.endpoint).permission
        answer = self.ask(rule, method, who, assurance)
        got = (answer.status_code, (answer.location or "").partition("?")[0])
        told = [
            (event["actor"], event["subtype"], event.get("reason"), event["outcome"])
            for event in self.told(size)
            if event["subtype"] != "session:manage" or event["outcome"]
        ]
        identity = "anonymous" if who == NOBODY else self.users[who].hex()
        wrong = []
        if got != ((303, to) if to else (403, "")):
            wrong.append(f"{method} {rule.rule} as {who}: {got}")
        if told != [(identity, permission, reason, 8)]:
            wrong.append(f"{method} {rule.rule} as {who}: told {told}")
        return wrong


@pytest.fixture
def house(world: World) -> House:
    return House(world)


ALSO_DENIES = {"/hat": "a hat that is not one's own answers like a page that is not"}
LEADS_ON = {"/admin": "/admin/users", "/compliance": "/compliance/log", "/payer": "/payer/claims"}
"""An audience's address alone, and its first page."""


@pytest.mark.slow
def test_T01_every_route_answers_every_role_as_the_table_says(sqlite_world: World):
    house = House(sqlite_world)  # the decision is made before any store is asked: one engine shows it
    wrong: list[str] = []
    for rule, method, permission in house.doors():
        allowed = PERMISSIONS[permission].reach_by_role.keys() if permission in PERMISSIONS else set(PERSONS)
        for role in PERSONS:
            if role not in allowed:
                wrong += house.denied(rule, method, role, "no-role")
                continue
            answer = house.ask(rule, method, role)
            if "Set-Cookie" in answer.headers:
                house.forget(role)
            code, location = answer.status_code, answer.location or ""
            if rule.rule in LEADS_ON:
                right = (code, location) == (303, LEADS_ON[rule.rule])
            elif permission != PUBLIC and method == "GET":
                right = code == (404 if rule.arguments else 200)
            else:
                right = code < 500 and (code != 403 or rule.rule in ALSO_DENIES)
                right = right and not location.startswith(("/sign-in?", "/second-factor?", "/step-up?"))
            if not right:
                wrong.append(f"{method} {rule.rule} as {role}: {code} {location}")
    assert not wrong, "\n".join(wrong)


def test_T01_nobody_and_half_a_sign_in_are_sent_to_sign_in(house: House):
    wrong: list[str] = []
    for rule, method, permission in house.doors():
        if permission == PUBLIC:
            code = house.ask(rule, method, NOBODY).status_code
            house.forget(NOBODY)
            wrong += [f"{method} {rule.rule} as nobody: {code}"] if code == 403 or code >= 500 else []
            continue
        wrong += house.denied(rule, method, NOBODY, "not-signed-in", "/sign-in")
        wrong += house.denied(rule, method, roles.BILLER, "second-factor-needed", "/second-factor", "aal1")
    assert not wrong, "\n".join(wrong)


def test_T01_steps_that_weigh_more_ask_for_a_fresh_factor(house: House):
    weighty = [each for each in house.doors() if each[2] in PERMISSIONS and PERMISSIONS[each[2]].step_up]
    assert weighty
    for role in PERSONS:
        house.browser(role)
    house.world.clock.forward(seconds=301)
    wrong: list[str] = []
    for rule, method, permission in weighty:
        for role in sorted(PERMISSIONS[permission].reach_by_role.keys() - {roles.SYSTEM}):
            wrong += house.denied(rule, method, role, "step-up-needed", "/step-up")
    assert not wrong, "\n".join(wrong)

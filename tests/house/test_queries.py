"""How many SQL statements a page asks for: under its stated number, and no more for many rows than for a few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from flask import url_for
from sqlalchemy import event

from portal.access import roles
from portal.app import create_app
from portal.models.queues import QueueItemRow
from portal.services.auditing import upkeep
from portal.services.patients import account
from portal.services.statements import making
from tests.databases import World
from tests.make import accounts, claims, remittances, users

MANY = 20

MOST = {
    "queue": 24,  # views and filters counted at once, what it can be narrowed by, steps on their way
    "work": 10,
    "claims": 14,
    "files": 13,
    "remittances": 14,
    "deposits": 8,
    "statements": 20,  # with the practice's rules, holds, and visits that no bill may name
    "account": 40,  # with documents, what payers were asked in advance, contacts with them, what we sent, the plan
    "home": 45,  # what is owed and why, what is new and to do, visits, bills, the plan, who looked
    "visits": 15,
    "who looked": 18,
    "payer's claims": 14,
    "payer's remittances": 10,
    "log": 30,
    "log of a patient": 35,
    "who saw": 45,
    "users": 17,
}
"""By page, the most statements of one request: session, decision, page, frame and the log's own, all told."""
HALVING = {"who saw"}
"""These find their first day by halving the log: one statement more each time it doubles, whatever they show."""


class House:
    """A practice that fills up, and browsers in which its pages are opened."""

    def __init__(self, world: World) -> None:
        self.world, self.flask = world, create_app(world.runtime)
        with world.write("patient:change") as uow:
            self.payer_id = claims.payer(uow).id
            self.patient_id = accounts.patient(uow).id
            self.cover_id = accounts.coverage(
                uow, uow.get(accounts.PatientRow, self.patient_id), accounts.payer(uow)
            ).id
        self.users = {
            role: users.user(world, role, patient_id=self.patient_id, payer_id=self.payer_id)
            for role in roles.NARROWEST_FIRST
            if role != roles.SYSTEM
        }
        patient = {"patient_id": self.patient_id}
        self.pages: dict[str, tuple[str, str]] = {
            "queue": (roles.BILLER, self.place("staff.queues.show", queue="rejected-claims")),
            "work": (roles.BILLER, self.place("staff.work.show")),
            "claims": (roles.BILLER, self.place("staff.claims.list")),
            "files": (roles.BILLER, self.place("staff.imports.list")),
            "remittances": (roles.PAYMENT_POSTER, self.place("staff.remittances.list")),
            "deposits": (roles.PAYMENT_POSTER, self.place("staff.deposits.list")),
            "statements": (roles.BILLER, self.place("staff.statements.list")),
            "account": (roles.BILLER, self.place("staff.accounts.show", **patient)),
            "home": (roles.PATIENT, self.place("patient.home")),
            "visits": (roles.PATIENT, self.place("patient.visits")),
            "who looked": (roles.PATIENT, self.place("patient.access")),
            "payer's claims": (roles.PAYER_USER, self.place("payer.claims.list")),
            "payer's remittances": (roles.PAYER_USER, self.place("payer.remittances.list")),
            "log": (roles.COMPLIANCE_OFFICER, self.place("compliance.log.search")),
            "log of a patient": (
                roles.COMPLIANCE_OFFICER,
                self.place("compliance.log.search", patient=self.patient_id.hex()),
            ),
            "who saw": (roles.COMPLIANCE_OFFICER, self.place("compliance.log.viewers", **patient)),
            "users": (roles.ADMINISTRATOR, self.place("admin.users.list")),
        }

    def place(self, endpoint: str, **values: object) -> str:
        with self.flask.test_request_context():
            return url_for(endpoint, **values)

    def fill(self, count: int) -> None:
        """So many more of everything: patients with claims, answers and queue items, visits of one patient, users."""
        sent = [remittances.sent(self.world, last=f"Ashgrove{n}") for n in range(count)]
        paid = [remittances.payment(remittances.answer(each)) for each in sent]
        remittances.bring(self.world, *paid, number=self.number())
        with self.world.write("queue:assign") as uow:
            for each in sent:
                self.item(uow, each)
        self.visits(count)
        for each in sent:
            user_id = users.user(self.world, roles.CODER)
            self.world.people[each.control] = user_id
            with self.world.read("account:view", self.world.actor("biller", each.control)) as uow:
                account.show(uow, each.patient_id)
                account.show(uow, self.patient_id)

    def number(self) -> int:
        self._number = getattr(self, "_number", 0) + 1
        return self._number

    def item(self, uow, sent: remittances.Sent) -> None:
        uow.new(
            QueueItemRow, queue="rejected-claims", state="OPEN", subject_table="claim", subject_id=sent.claim_id,
            patient_id=sent.patient_id, payer_id=sent.payer_id, reason="A7",
            detail={"number": sent.control, "code": "A7"}, at_risk_cents=14_800, priority=0,
            due_on=date(2026, 11, 2), holder_id=None, created_at=uow.now, done_at=None,
        )  # fmt: skip

    def visits(self, count: int) -> None:
        """Visits of the one patient, each answered by the plan and billed once in a while."""
        with self.world.write("patient:change") as uow:
            patient = uow.get(accounts.PatientRow, self.patient_id)
            cover = uow.get(accounts.CoverageRow, self.cover_id)
            for n in range(count):
                [charge] = accounts.visit(uow, patient, accounts.MAY + timedelta(days=n), {"G0438": 18_500}, cover)
                accounts.answer(uow, charge, cover, ("CO", "45", 5_700), ("PR", "3", 1_500))
                claims.claim(uow, person=patient)
        making.make(self.world.units, self.world.runtime.parts, self.world.machine(), self.patient_id)
        self.world.clock.forward(days=40)

    def counted(self) -> dict[str, int]:
        """By page, how many statements one request of it asks for."""
        browsers = {role: users.browser(self.flask, self.world, user_id) for role, user_id in self.users.items()}
        upkeep.index(self.world.units)  # as the worker does every half minute; what is not indexed yet is read through
        # the log's key of a month is made at the first search in it
        assert browsers[roles.COMPLIANCE_OFFICER].get(self.pages["log"][1]).status_code == 200
        found = {}
        for name, (role, path) in self.pages.items():
            with counting(self.world) as statements:
                answer = browsers[role].get(path)
            assert answer.status_code == 200, (name, answer.text)
            found[name] = len(statements)
        return found


@contextmanager
def counting(world: World) -> Iterator[list[str]]:
    """The statements that go to the store while the block runs."""
    statements: list[str] = []

    def said(_connection, _cursor, statement: str, *_more: object) -> None:
        if not statement.startswith(("BEGIN", "SELECT set_config(")):  # how an engine begins is its own affair
            statements.append(statement)

    event.listen(world.runtime.engine, "before_cursor_execute", said)
    try:
        yield statements
    finally:
        event.remove(world.runtime.engine, "before_cursor_execute", said)


@pytest.mark.slow
def test_no_list_asks_more_of_the_store_when_it_is_longer(sqlite_world: World):
    house = House(sqlite_world)  # what is asked is the same on both engines
    house.fill(3)
    few = house.counted()
    house.fill(MANY)
    many = house.counted()
    grown = {name: (few[name], many[name]) for name in few if many[name] > few[name] and name not in HALVING}
    assert not grown, "asks for more when there is more to show"
    assert not {name: (many[name], MOST[name]) for name in many if many[name] > MOST[name]}, "asks more than stated"

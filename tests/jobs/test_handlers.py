"""The jobs themselves: each name has its handler, and mail goes at most once by itself."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from portal.gateways.mail import Letters, SmtpMailer
from portal.jobs.handlers import HANDLERS
from portal.jobs.worker import Worker
from portal.models.jobs import MailRow
from portal.services import outbox
from portal.services.unit_of_work.work import new_id
from tests.databases import World
from tests.gateways.smtp import smtp
from tests.house.tree import modules, nodes, parsed
from tests.jobs.engines import Engine

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "mail"


def test_every_job_that_is_asked_for_has_a_handler_and_the_other_way_round():
    asked = set()
    for path in modules("portal"):
        for node in nodes(path):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "later":
                asked |= _names(node.args[1], parsed(path))
    assert asked == HANDLERS.keys()


def _names(argument: ast.expr, tree: ast.Module) -> set[str]:
    """The name of a job; for a variable, every name that heads a pair in the module."""
    if isinstance(argument, ast.Constant):
        return {argument.value}
    heads = [node.elts[0] for node in ast.walk(tree) if isinstance(node, ast.Tuple) and node.elts]
    return {
        head.value
        for head in heads
        if isinstance(head, ast.Constant) and re.fullmatch(r"[a-z-]+\.[a-z-]+", str(head.value))
    }


def ask_for_mail(world: World) -> None:
    with world.write("mail:send") as uow:
        outbox.mail(
            uow, "reset", recipient="teresa@mail.example", subject_id=new_id(), language="en_US",
            parameters={"url": "http://localhost:8000/reset/a-token"},
        )  # fmt: skip


def state(world: World) -> str:
    with world.units.housekeeping() as session:
        return session.execute(select(MailRow.state)).scalar_one()


def posted(world: World, server) -> Worker:
    """A worker whose mail goes to this server."""
    letters = Letters(TEMPLATES, "no-reply@portal.example")
    tools = Engine(world).tools
    parts = replace(tools.parts, mailer=SmtpMailer(f"smtp://127.0.0.1:{server.port}", letters))
    return Worker(replace(tools, parts=parts))


def test_a_mail_goes_into_the_folder_once(world: World):
    ask_for_mail(world)
    Engine(world).drain(**{name.replace(".", "_"): handler for name, handler in HANDLERS.items()})
    (file,) = (world.runtime.settings.home / "mail").iterdir()
    assert b"teresa@mail.example" in file.read_bytes()
    assert state(world) == "SENT"


def test_who_gets_mail_stands_nowhere_in_clear(sqlite_world: World):
    ask_for_mail(sqlite_world)
    assert not any(b"teresa" in path.read_bytes() for path in sqlite_world.runtime.settings.data.iterdir())


@pytest.mark.parametrize(
    ("answers", "became", "jobs"),
    [
        ({}, "SENT", {"DONE": 1}),
        ({"RCPT": b"550 no such user"}, "FAILED", {"DONE": 1}),
        ({"END": b"hang up"}, "UNCERTAIN", {"DONE": 1}),
        ({"RCPT": b"451 later"}, "WAITING", {"WAITING": 1}),
    ],
)
def test_what_became_of_a_mail_is_kept(sqlite_world: World, answers, became, jobs):
    ask_for_mail(sqlite_world)
    with smtp(answers=answers) as server:
        posted(sqlite_world, server).drain()
        assert state(sqlite_world) == became
        assert Engine(sqlite_world).counts() == jobs
        server.answers.clear()
        sqlite_world.clock.forward(days=1)
        posted(sqlite_world, server).drain()
    assert state(sqlite_world) == ("SENT" if became == "WAITING" else became)
    assert len(server.mails) == (0 if became == "FAILED" else 1), "what may have gone is not sent again"


def test_a_mail_whose_worker_was_lost_is_uncertain_and_not_sent_again(sqlite_world: World):
    ask_for_mail(sqlite_world)
    job = outbox.lease(sqlite_world.units, "one")
    assert outbox.mail_to_send(sqlite_world.units, sqlite_world.machine("mail.send"), job.ids["mail"]) is not None
    sqlite_world.clock.forward(minutes=1)
    with smtp() as server:
        posted(sqlite_world, server).drain()
    assert server.mails == []
    assert state(sqlite_world) == "UNCERTAIN"


def test_jobs_hold_no_more_than_ids(sqlite_world: World):
    ask_for_mail(sqlite_world)
    with sqlite_world.runtime.engine.begin() as connection:
        arguments = connection.execute(text("SELECT arguments FROM job")).scalar_one()
    assert set(arguments) <= set('{"mail": 0123456789abcdef}')

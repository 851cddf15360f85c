"""Every job that is asked for has a handler, and every handler a request."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from portal.jobs.handlers import HANDLERS
from portal.jobs.schedule import PERIODIC
from portal.services.outbox import URGENT
from tests.house.tree import modules, nodes

NAME = re.compile(r"[a-z]+\.[a-z]+")


def requests() -> Iterator[tuple[str, set[str]]]:
    """Where each call of `outbox.later(uow, name, …)` stands, and the names that it may ask for.

    A name that is a variable is one of those written in the function around the call.
    """
    for path in modules("portal"):
        functions = [node for node in nodes(path) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _called(node) in {"outbox.later", "later"}:
                    given = node.args[1]
                    yield f"{path}:{node.lineno}", _names(given if isinstance(given, ast.Constant) else function)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _names(within: ast.AST) -> set[str]:
    values = (each.value for each in ast.walk(within) if isinstance(each, ast.Constant))
    return {value for value in values if isinstance(value, str) and NAME.fullmatch(value)}


def test_every_job_asked_for_has_a_handler_and_every_handler_a_request():
    asked: dict[str, str] = {}
    for place, names in requests():
        assert names, f"{place}: no name of a job is written here"
        asked |= dict.fromkeys(names, place)
    assert asked, "no request was found"
    assert not {name: place for name, place in asked.items() if name not in HANDLERS}, "nobody does these"
    assert not HANDLERS.keys() - asked.keys(), "nobody asks for these"


def test_names_of_jobs_and_periodic_work_are_noun_and_verb_and_do_not_meet():
    periodic = [each.name for each in PERIODIC]
    assert len(set(periodic)) == len(periodic)
    assert not set(periodic) & HANDLERS.keys()
    assert all(NAME.fullmatch(name) for name in (*periodic, *HANDLERS))
    assert not URGENT - HANDLERS.keys()

"""Nothing slips past the reach: what services read is built by `uow.select`, or says `within` for each table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.models import catalog
from tests.house.tree import nodes, parsed

SERVICES = Path(__file__).resolve().parents[2] / "portal" / "services"
MODELS = {model.__name__: model for model in catalog.models().values()}
INSIDE = {SERVICES / "unit_of_work"}
"""The unit of work itself is the mechanism: keys, moves and digests of rows it has loaded within reach."""

BEYOND = {
    ("encounters/importing.py", "PracticeRow"): "NPIs of other practices are open; a file for one of them is refused",
    ("auditing/searching.py", "PracticeRow"): "the time zone of a practice that the reach names",
    ("users/directory.py", "PracticeRow"): "names of practices in grants, which are within reach",
    ("statements/visits.py", "ProviderRow"): "names of clinicians are open; the visits joined are within reach",
    ("backups/making.py", "KekRow"): "which keys a backup needs, by tenant and generation; the keys are wrapped",
    ("auditing/digests.py", "JobKeyRow"): "whether a key that works once was used; it holds a word and a day",
    ("keys/shredding.py", "LedgerEntryRow"): "when a subject was last posted for, which the keeper of keys reaches all",
    ("users/sessions.py", "SessionRow"): "the store of sessions, by token or by one's own user",
    ("users/sessions.py", "UserRow"): "the session's own user: whether still at work here, and the language",
    ("users/sessions.py", "GrantRow"): "what makes the reach: the grants of the session's user",
    ("users/sessions.py", "PatientLinkRow"): "what makes the reach: whom the session's user is or stands for",
    ("users/sessions.py", "PatientRow"): "the practice of one's own patient",
    ("users/sessions.py", "PracticeRow"): "the letterhead of the practice of one's own session",
    ("users/tries.py", "ThrottleRow"): "counts of wrong tries, before anybody is known",
    ("outbox.py", "JobRow"): "the queue of jobs, by the worker alone",
}
"""(file, model) -> why rows of it are read without a reach. Nothing protected is in any of them."""


def files() -> list[Path]:
    return [path for path in sorted(SERVICES.rglob("*.py")) if not any(path.is_relative_to(each) for each in INSIDE)]


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every function and every constant, as the places where a query and its conditions stand together."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    yield from (node for node in ast.iter_child_nodes(tree) if isinstance(node, (ast.Assign, ast.AnnAssign)))


def called(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id
        if isinstance(node.func, ast.Attribute):
            return node.func.attr
    return ""


def named(node: ast.AST) -> set[str]:
    """The models whose names stand in a piece of code."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in MODELS}


def is_bare(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "select"


def is_scoped(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "select"


def is_of_text(node: ast.Call) -> bool:
    """Whether it is the join of a str."""
    return isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant)


def unscoped(function: ast.AST) -> set[str]:
    """Models read in a function by a bare select or a join, without a reach on them there."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    read: set[str] = set()
    for call in calls:
        if is_bare(call):
            read |= set().union(*(named(argument) for argument in call.args)) if call.args else set()
        elif called(call) in {"join", "outerjoin"} and call.args and not is_of_text(call):
            read |= named(call.args[0])
    within = set().union(*(named(call) for call in calls if called(call) == "within")) if calls else set()
    scoped = set().union(*(named(argument) for call in calls if is_scoped(call) for argument in call.args))
    return {name for name in read - within - scoped if not MODELS[name].reached_by.installation}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(SERVICES)))
def test_every_query_of_a_service_states_its_reach(path: Path):
    found = set().union(*(unscoped(each) for each in statements(parsed(path))), set())
    where = str(path.relative_to(SERVICES))
    assert {name for name in found if (where, name) not in BEYOND} == set()


def test_what_is_let_beyond_the_reach_is_still_there():
    for (where, name), reason in BEYOND.items():
        assert reason
        found = set().union(*(unscoped(each) for each in statements(parsed(SERVICES / where))))
        assert name in found, (where, name)


@pytest.mark.parametrize("path", sorted(SERVICES.rglob("*.py")), ids=lambda path: str(path.relative_to(SERVICES)))
def test_nothing_is_ordered_or_grouped_by_what_is_sealed(path: Path):
    for node in nodes(path):
        if called(node) in {"order_by", "group_by", "distinct", "having", "max", "min", "length"}:
            columns = [each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)]
            if isinstance(node, ast.Call):
                columns = [
                    each.attr
                    for argument in node.args
                    for each in ast.walk(argument)
                    if isinstance(each, ast.Attribute)
                ]
            assert not [name for name in columns if name.endswith("_sealed")], ast.unparse(node)

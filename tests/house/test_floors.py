"""An import goes down, never up, never sideways; every room has its floor; nothing outgrows a reader.

import-linter holds the floors, also across several steps (pyproject.toml). Here stands what it cannot say of rooms that
may be missing, and the outside libraries: each room has a closed list of both.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, imports, module_name, modules, nodes, parsed, within

GROUND = ("portal.domain", "portal.access", "portal.crypto", "portal.config", "audit")
FILES = ("portal.x12", "portal.fhir", "portal.feeds")

FLOORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # room: what of ours it may import beside itself, and which outside libraries; the longest name counts
    "wsgi": (("portal.app", "portal.runtime", "portal.config"), ()),
    "portal": ((), ()),
    "portal.cli": (
        (
            *("portal.app", "portal.demo", "portal.jobs", "portal.runtime", "portal.services", "portal.x12"),
            *("portal.language", "portal.access", "portal.domain", "portal.config", "audit.verify", "audit.witness"),
        ),
        ("flask", "click", "prometheus_client", "structlog"),
    ),
    "portal.cli.gunicorn_settings": (
        ("portal.cli",),
        ("gunicorn",),
    ),  # what gunicorn reads; it has no setting for a name
    "portal.cli.oversight": (
        # verifying offline: keys are read as text, and a database that cannot be read says so in SQLAlchemy's errors
        (
            *("portal.config", "portal.runtime", "portal.services", "portal.domain"),
            *("audit.checkpoint", "audit.report", "audit.verify"),
        ),
        ("click", "sqlalchemy"),
    ),
    "portal.demo": (
        (
            *("portal.app", "portal.runtime", "portal.sandbox", "portal.services", "portal.jobs", "portal.access"),
            *("portal.domain", "portal.config"),
        ),
        ("flask", "click", "prometheus_client", "structlog", "werkzeug"),
    ),
    "portal.app": (("portal.web", "portal.runtime"), ("flask", "werkzeug", "prometheus_client", "structlog")),
    "portal.web": (
        ("portal.services", "portal.access", "portal.domain", "portal.language"),
        ("flask", "jinja2", "werkzeug", "markupsafe", "flask_login", "flask_wtf", "wtforms", "authlib", "segno"),
    ),
    "portal.jobs": (("portal.services", "portal.access", "portal.domain"), ("procrastinate",)),
    "portal.runtime": (
        ("portal.services", "portal.models", "portal.gateways", "portal.language", *FILES, *GROUND),
        ("flask", "alembic", "sqlalchemy", "cryptography"),  # engines and the signing key are made here
    ),
    "portal.services": (("portal.models", *FILES, *GROUND), ("sqlalchemy",)),
    "portal.sandbox": (("portal.x12", "portal.domain"), ("flask", "werkzeug")),
    "portal.models": (("portal.domain", "portal.access"), ("sqlalchemy",)),
    "portal.models.database": (("portal.models",), ("sqlalchemy", "flask_sqlalchemy")),
    "portal.x12": (("portal.domain",), ()),
    "portal.x12.maps": (("portal.x12",), ("pyx12",)),
    "portal.fhir": (("portal.domain",), ()),
    "portal.feeds": (("portal.domain",), ()),
    "portal.gateways": (("portal.domain", "portal.language"), ()),
    "portal.gateways.cards": (("portal.domain",), ("stripe", "requests")),
    "portal.gateways.paper": (
        ("portal.domain", "portal.language"),
        ("jinja2", "markupsafe", "weasyprint", "pikepdf", "segno", "fontTools", "fontpkg_public_sans"),
    ),
    "portal.gateways.scans.decoding": ((), ("PIL", "pypdfium2")),  # a program of its own, which knows nothing of ours
    "portal.gateways.mail": (("portal.domain", "portal.language"), ("jinja2", "markupsafe")),
    "portal.gateways.texting": (("portal.domain", "portal.language"), ("jinja2",)),
    "portal.gateways.procrastinate": (("portal.domain",), ("procrastinate",)),
    "portal.gateways.realtime": (("portal.domain",), ("requests",)),
    "portal.gateways.sftp": (("portal.domain",), ("paramiko",)),
    "portal.language": (("portal.domain.texts", "portal.domain.money", "portal.domain.dates"), ("babel",)),
    "portal.domain": ((), ()),
    "portal.access": ((), ()),
    "portal.config": ((), ()),
    "portal.crypto": ((), ("cryptography", "argon2", "webauthn", "zxcvbn")),
    "audit": ((), ("sqlalchemy", "cryptography")),
    "migrations": (
        ("portal.models.catalog", "portal.models.types", "audit.table", "audit.ddl"),
        ("alembic", "sqlalchemy"),
    ),
}
SANDBOX_NEVER = ("portal.domain.posting", "portal.domain.edits")
"""The outside world must not reckon by our own arithmetic, else the demonstration could only agree with itself."""

PROTECTED: dict[str, set[str]] = {
    # only these may import it; import-linter holds it once the room stands, and the room must not stand without
    "portal.gateways": {"portal.runtime"},
    "portal.runtime": {"portal.app", "portal.demo", "portal.cli"},
    "portal.sandbox": {"portal.demo"},
    "portal.models.database": {"portal.runtime"},
    "portal.crypto": {
        "portal.services.unit_of_work",
        "portal.services.keys",
        "portal.services.users",
        "portal.runtime",
    },
    "audit.log": {"portal.services.unit_of_work", "portal.services.auditing"},
    "audit": {
        "portal.services.unit_of_work",
        "portal.services.auditing",
        "portal.runtime",
        "portal.cli",
        "migrations.env",
        "migrations.versions",
    },
    "stripe": {"portal.gateways.cards"},
    "weasyprint": {"portal.gateways.paper"},
    "pikepdf": {"portal.gateways.paper"},
    "PIL": {"portal.gateways.scans.decoding"},
    "pypdfium2": {"portal.gateways.scans.decoding"},
    "procrastinate": {"portal.gateways.procrastinate", "portal.jobs"},
    "pyx12": {"portal.x12.maps"},
    "paramiko": {"portal.gateways.sftp"},
}

TOP_LEVEL = {"portal", "templates", "static", "audit", "migrations", "tests", "wsgi.py", "pyproject.toml"} | {
    *("README.md", "candor", "docs", "bench", ".ci", ".gitignore", "LICENSE"),
    *("requirements.lock", "requirements-postgres.lock", "requirements-test.lock"),
}
SHAPELESS = {"util", "utils", "helper", "helpers", "common", "core", "manager", "managers", "misc"}

MODULE_LINES, FUNCTION_LINES = 350, 70
LONGER: dict[str, str] = {}
"""Waivers of the two limits: a path, or path:function, and why it reads better in one piece."""

OURS = modules("portal", "audit", "migrations") + [path for path in files() if str(path) == "wsgi.py"]


def test_every_import_goes_down_to_what_the_room_may_know() -> None:
    wrong = []
    for path in OURS:
        name = module_name(path)
        room = max((r for r in FLOORS if within(name, (r,))), key=len)
        own, outside = FLOORS[room]
        home = ".".join(name.split(".")[:2]) if name.startswith("portal.") else name.split(".")[0]
        for line, imported in imports(path):
            top = imported.split(".")[0]
            if top in sys.stdlib_module_names:
                continue
            ours = top in {"portal", "audit", "migrations", "tests", "wsgi"}
            if not (within(imported, (home, *own)) if ours else top in outside):
                wrong.append(f"{path}:{line} imports {imported}")
            if home == "portal.sandbox" and within(imported, SANDBOX_NEVER):
                wrong.append(f"{path}:{line} imports {imported}")
    assert wrong == []


def test_every_room_has_a_floor() -> None:
    rooms = {".".join(module_name(path).split(".")[:2]) for path in modules("portal")}
    assert rooms - FLOORS.keys() == set()


def test_what_is_protected_has_its_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    held = {c["protected_modules"][0]: set(c["allowed_importers"]) for c in contracts if c["type"] == "protected"}
    used = {name for path in OURS for _, name in imports(path)} | {module_name(path) for path in OURS}
    standing = {module for module in PROTECTED if any(within(name, (module,)) for name in used)}
    assert standing - held.keys() == set(), "these stand without a protected contract in pyproject.toml"
    assert {
        module: importers - PROTECTED[module] for module, importers in held.items() if importers - PROTECTED[module]
    } == {}


@pytest.mark.parametrize("path", [p for p in OURS if p.name == "__init__.py"], ids=str)
def test_a_room_opens_with_one_docstring_and_nothing_else(path: Path) -> None:
    tree = parsed(path)
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_every_folder_of_modules_is_a_package() -> None:
    tops = ("portal", "audit", "migrations", "tests")
    folders = {path.parent for path in modules(*tops) if path.parent.name != "versions"}
    assert {folder for folder in folders if not (ROOT / folder / "__init__.py").exists()} == set()


def test_nothing_outgrows_a_reader() -> None:
    long = {}
    for path in [*modules("portal", "audit"), Path("candor")]:
        lines = len((ROOT / path).read_text().splitlines())
        if lines > MODULE_LINES:
            long[str(path)] = lines
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    long[f"{path}:{node.name}"] = size
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}
    assert LONGER.keys() - long.keys() == set(), "waivers that are no longer needed"


def test_no_name_says_nothing() -> None:
    shapeless = [str(path) for path in files() if SHAPELESS & set(re.split(r"[^a-z]+", str(path).lower()))]
    for path in modules("portal", "audit", "migrations", "tests"):
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", node.name)}
                shapeless += [f"{path}:{node.name}"] if words & SHAPELESS else []
    assert shapeless == []


def test_only_the_crypto_room_has_the_cipher() -> None:
    wrong = [
        f"{path}:{line}"
        for path in OURS
        for line, name in imports(path)
        if name.rpartition(".")[2] in {"AESGCM", "AESGCMSIV", "Cipher"} and path.parts[:2] != ("portal", "crypto")
    ]
    assert wrong == []


def test_no_session_is_fetched_from_a_global() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in OURS
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr == "session"
        and isinstance(node.value, ast.Name)
        and node.value.id == "db"
    ]
    assert wrong == []


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in OURS
        if path.with_suffix("").parts[:2] != ("portal", "cli")
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []


def test_the_top_level_holds_what_it_is_said_to_hold() -> None:
    there = {path.parts[0] for path in files()}
    assert there - TOP_LEVEL == set()
    assert {"portal", "audit", "migrations", "tests", "candor", "LICENSE", ".ci", "docs"} - there == set()

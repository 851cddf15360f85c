"""What the pages in `docs/` name is there: files, functions, tests, settings, commands, numbers of decisions."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from portal import config
from portal.cli.__main__ import main
from tests.house.lives import page
from tests.house.tree import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(ROOT) for path in DOCS.rglob("*.md"))
PROVED = ("hipaa.md", "threats.md")
"""Pages that say which code does it and which test shows it."""

NAMED = re.compile(r"`((?:[\w-]+/|\.ci/)[\w./-]*\w|wsgi\.py)(?:(::?)([\w.]+))?`")
"""`path`, `path:name` for code, `path::test` for a test; a path begins with one of our folders."""
TOPS = {path.name for path in ROOT.iterdir()}
COMMAND = re.compile(r"\./candor ([a-z][a-z0-9]*)(?: ([a-z][a-z0-9-]*))?")
SETTING = re.compile(r"CANDOR_([A-Z][A-Z_]*[A-Z])")


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def named(text: str) -> list[tuple[str, str]]:
    """Path and name of everything in back-ticks that is a path of ours."""
    return [(path, name or "") for path, _, name in NAMED.findall(text) if path.split("/")[0] in TOPS]


def stands(path: str, name: str) -> bool:
    """Whether the file is there and says the name; of `Class.method` each part."""
    file = ROOT / path
    if not file.exists():
        return False
    if not name:
        return True
    said = file.read_text(encoding="utf-8")
    shape = r"^\s*(?:(?:async )?def|class) {0}\b|^\s*{0}(?:: [^=]+)? = |^\s*\"{0}\":"
    return all(re.search(shape.format(re.escape(part)), said, re.MULTILINE) for part in name.split("."))


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_file_function_and_test_that_a_page_names_is_there(path: Path):
    assert [f"{file}:{name}" for file, name in named(text_of(path)) if not stands(file, name)] == []


@pytest.mark.parametrize("name", PROVED)
def test_the_pages_of_proof_name_code_and_tests(name: str):
    found = named(text_of(Path("docs") / name))
    assert sum(path.startswith("tests/") and bool(test) for path, test in found) > 20
    assert sum(path.startswith(("portal/", "audit/")) and bool(what) for path, what in found) > 15


def test_a_name_that_is_not_there_is_found():
    assert stands("portal/web/guard.py", "check")
    assert stands("portal/access/fields.py", "OPENABLE")
    assert stands("portal/services/unit_of_work/units.py", "Units.read")
    assert not stands("portal/web/guard.py", "unguarded")
    assert not stands("portal/web/nowhere.py", "")
    assert named("`tests/web/test_guard.py::test_x` `portal/app.py` `elsewhere/x.py:y`") == [
        ("tests/web/test_guard.py", "test_x"),
        ("portal/app.py", ""),
    ]


@pytest.mark.parametrize("path", [*PAGES, Path("README.md")], ids=str)
def test_every_command_that_a_page_names_can_be_called(path: Path):
    context, wrong = click.Context(main), []
    for group, command in COMMAND.findall(text_of(path)):
        if group == "test":  # the bare script's own
            continue
        found = main.get_command(context, group)
        if found is None or (isinstance(found, click.Group) and command and command not in found.commands):
            wrong.append(f"./candor {group} {command}")
    assert wrong == []


def test_every_setting_stands_in_the_page_for_operators_and_no_other():
    table = {
        match[1].lower()
        for line in text_of(Path("docs/operations.md")).splitlines()
        if (match := re.match(r"\| `CANDOR_([A-Z_]+)` \|", line))
    }
    assert table == config.NAMES


@pytest.mark.parametrize("path", [*PAGES, Path("README.md")], ids=str)
def test_every_setting_that_a_page_names_is_read(path: Path):
    found = {name.lower() for name in SETTING.findall(text_of(path)) if not name.startswith("TEST_")}
    assert found <= config.NAMES


def test_decisions_are_numbered_one_after_the_other():
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_lives_page_is_true():
    assert text_of(Path("docs/lives.md")) == page(), "run: python -m tests.house.lives > docs/lives.md"


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_link_within_the_project_leads_somewhere(path: Path):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text_of(path))
    assert [link for link in links if not ((ROOT / path).parent / link).exists()] == []

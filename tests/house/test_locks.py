"""Everything installed is pinned by hash, agrees with pyproject.toml, and is accounted for in docs/dependencies.md."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRA = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
DIRECT = {
    "requirements.lock": RUN,
    "requirements-postgres.lock": RUN + EXTRA["postgres"],
    "requirements-test.lock": RUN + EXTRA["postgres"] + EXTRA["test"],
}


def entries(lock: str) -> list[str]:
    """The entries of a lock file, continued lines joined."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def versions(lock: str) -> dict[str, str]:
    """Canonical name and version of what a lock file installs."""
    pins = [re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", entry) for entry in entries(lock)]
    assert all(pins), f"{lock} has an entry that is no pin"
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


@pytest.mark.parametrize("lock", DIRECT)
def test_every_entry_is_a_pin_with_hashes_and_no_address(lock: str) -> None:
    assert (ROOT / lock).read_text().isascii()
    for entry in entries(lock):
        requirement, *hashes = entry.split(" --hash=")
        assert hashes, f"{entry} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest.strip()) for digest in hashes)
        assert "://" not in requirement
        assert not requirement.startswith("-")
        assert " @ " not in requirement


@pytest.mark.parametrize("lock", DIRECT)
def test_the_lock_has_what_the_project_asks_for(lock: str) -> None:
    pinned = versions(lock)
    for requirement in DIRECT[lock]:
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), str(requirement)


def test_the_locks_agree_with_each_other() -> None:
    """Tests run on exactly what an installation runs on."""
    tested = versions("requirements-test.lock").items()
    assert versions("requirements.lock").items() - versions("requirements-postgres.lock").items() == set()
    assert versions("requirements-postgres.lock").items() - tested == set()


def test_every_direct_dependency_is_accounted_for() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    told = {canonicalize_name(name) for name in re.findall(r"^\| ([A-Za-z0-9][\w.-]*)", page, re.MULTILINE)}
    asked = {canonicalize_name(requirement.name) for requirement in DIRECT["requirements-test.lock"]}
    assert asked - told == set(), "in pyproject.toml, not in docs/dependencies.md"
    assert told - asked - {"package"} == set(), "in docs/dependencies.md, not in pyproject.toml"

"""Every test: no socket beyond this machine, no deadline by the clock, every page checked, fixtures for engines."""

from __future__ import annotations

import gc
import ipaddress
import os
import sys
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from werkzeug.routing.rules import Rule

from portal.gateways.paper import Paper
from tests.pages import CheckedClient
from tests.templates import kept_templates

gc.disable()  # until all tests are collected: nothing of them is garbage
Flask.test_client_class = CheckedClient
# Each test makes an application of its own; compiled templates, of all workers, and writers of addresses are kept.
Flask.jinja_options = {"bytecode_cache": kept_templates("portal")}
_compile, _writers = Rule._compile_builder, {}


def _compiled(rule: Rule, append_unknown: bool = True):
    """The function that writes a rule's address: it takes the rule as its first argument, so equal rules share one."""
    key = (repr(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _writers:
        _writers[key] = _compile(rule, append_unknown)
    return _writers[key]


Rule._compile_builder = _compiled

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"

pytest_plugins = ["tests.postgres", "tests.browser", "tests.databases"]

hypothesis.settings.register_profile("candor", deadline=None, max_examples=50)
hypothesis.settings.load_profile("candor")

CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
RESOLVES = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class SocketShut(RuntimeError):
    """A test reached for another machine."""


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _shut(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse what leaves this machine (PEP 578); other processes, such as the browser's, have no such hook."""
    if event in CONNECTS:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a socket of this machine
    elif event in RESOLVES:
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        raise SocketShut(f"tests reach no other machine: {event} {host!r}")


sys.addaudithook(_shut)


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the cuts of the typeface are kept, for all workers of a run: making them costs seconds."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "fonts"


@pytest.fixture(scope="session")
def paper(fonts: Path) -> Paper:
    """What sets statements, loaded once in a worker."""
    return Paper(TEMPLATES, fonts)


def pytest_collection_finish() -> None:
    """Leave thousands of tests and modules out of every later search for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for PostgreSQL or for a browser by its fixtures and parameters, so that no mark is forgotten.

    Browser tests stay in one worker, where they are quicker than in two.
    """
    for item in items:
        parameters = getattr(item, "callspec", None)
        if "postgres" in getattr(item, "fixturenames", ()) or (
            parameters and "postgresql" in parameters.params.values()
        ):
            item.add_marker("database")
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


class SlowFirst:
    """Whatever the order by lot, slow tests begin first: one that began last would leave the other workers idle."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SlowFirst())

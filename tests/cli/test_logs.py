"""Nothing protected reaches a log by any way: message, argument, extra, traceback, another's logger."""

from __future__ import annotations

import ast
import io
import json
import logging
import logging.config
import warnings

import pytest

from portal.app import create_app
from portal.cli import logs
from tests.databases import World
from tests.house.tree import modules, nodes

CANARY = "Okonkwo"


@pytest.fixture
def lines(monkeypatch):
    """Log by our rules into memory; afterwards as before."""
    said = io.StringIO()
    root, state = logging.getLogger(), {}
    names = ["candor", "gunicorn.error", "gunicorn.access"]
    for name in ["", *names]:
        logger = logging.getLogger(name)
        state[name] = (logger.handlers[:], logger.level, logger.propagate)
    monkeypatch.setattr("sys.stderr", said)
    logs.configure()

    def read() -> list[dict]:
        return [json.loads(line) for line in said.getvalue().splitlines()]

    yield read
    logging.captureWarnings(capture=False)
    for name, (handlers, level, propagate) in state.items():
        logger = logging.getLogger(name) if name else root
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_what_is_listed_is_written(lines):
    logging.getLogger("candor.jobs").error(
        "job failed", extra={"job": "mail.send", "attempt": 3, "error": "MailDelayed"}
    )
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("pid") > 0
    assert line == {
        "event": "job failed", "level": "error", "logger": "candor.jobs", "job": "mail.send", "attempt": 3,
        "error": "MailDelayed",
    }  # fmt: skip


def _raised() -> None:
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("candor.web").exception("broken")


WAYS = {
    "a key that is not listed": lambda log: log.error("broken", extra={"patient": CANARY}),
    "a key that is data": lambda log: log.error("broken", extra={f"name_{CANARY}": 1}),
    "a listed key of another shape": lambda log: log.error("broken", extra={"endpoint": f"/patients?name={CANARY}"}),
    "a listed key that holds a thing": lambda log: log.error("broken", extra={"error": [CANARY]}),
    "an argument": lambda log: log.error("broken for %s", CANARY),
    "the message": lambda log: log.error(f"broken for {CANARY}"),  # noqa: G004 - what is tried here
    "a number in the message": lambda log: log.error("broken for 1980-02-03"),
    "a message that is no text": lambda log: log.error({"patient": CANARY}),
    "a traceback": lambda _log: _raised(),
    "a stack": lambda log: log.error("broken", stack_info=True),
    "a library": lambda _log: logging.getLogger("sqlalchemy.engine").error("INSERT ('%s')", CANARY),
    "a library's message": lambda _log: logging.getLogger("stripe").error(CANARY.lower()),
    "the server": lambda _log: logging.getLogger("gunicorn.error").error("Error handling request %s", f"/x/{CANARY}"),
    "the server's access log": lambda _log: logging.getLogger("gunicorn.access").info(CANARY),
    "a warning": lambda _log: warnings.warn(CANARY, UserWarning, stacklevel=1),
}


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.filterwarnings("default")
def test_no_way_leads_into_the_log(lines, way):
    WAYS[way](logging.getLogger("candor.web"))
    said = json.dumps(lines()).lower()
    assert CANARY.lower() not in said
    assert "1980" not in said


def test_what_was_left_out_is_told(lines):
    log = logging.getLogger("candor.web")
    log.error("broken", extra={"patient": CANARY, "endpoint": f"/{CANARY}"})
    assert lines()[0]["withheld"] == ["endpoint", "withheld"]


def test_an_error_is_told_by_its_class_and_place(lines):
    _raised()
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["where"].rpartition(":")[0].endswith("test_logs.py")


def test_a_request_is_told_by_its_endpoint(lines, world: World):
    client = create_app(world.runtime).test_client()
    client.get("/health/live")
    client.get(f"/no/such/page/{CANARY}?name={CANARY}")
    first, second = [line for line in lines() if line["logger"] == "candor.requests"]
    assert (first["event"], first["method"], first["endpoint"], first["status"]) == (
        "request", "GET", "machines.live", 200,
    )  # fmt: skip
    assert len(first["request_id"]) == 32
    assert first["milliseconds"] >= 0
    assert (second["endpoint"], second["status"]) == ("none", 404)
    assert CANARY not in json.dumps(lines())


def test_every_message_of_ours_is_a_constant_and_every_key_is_listed():
    wrong = []
    for path in modules("portal", "audit"):
        for node in nodes(path):
            if not (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "_LOG"
            ):
                continue
            message = node.args[0]
            fits = isinstance(message, ast.Constant) and logs._OURS.fullmatch(message.value)
            extra = [word.value for word in node.keywords if word.arg == "extra"]
            keys = [key.value for each in extra for key in each.keys]
            if not fits or len(node.args) > 1 or set(keys) - logs.LISTED.keys():
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def test_every_logger_of_ours_is_known_as_ours():
    named = {
        node.args[0].value
        for path in modules("portal", "audit")
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "getLogger"
    }
    others = {name for name in named if not name.startswith("candor.")}
    assert others == {"pyx12", "paramiko"}, "which are silenced there"

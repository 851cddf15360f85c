"""Logs that hold nothing protected: JSON lines on standard error of which every key and every value is on a list.

Rooms below log by the standard library: a constant, lower-case message and `extra={…}`. What is not listed here is not
written, whoever logged it: the message of a library, a traceback, an argument. So a forgotten name of a patient can not
reach a log by any way, and a line that lost something says so (`withheld`).
"""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

WITHHELD: Final = "withheld"

_NAME = r"[A-Za-z_][A-Za-z0-9_.]{0,80}"
_WORK = r"[a-z-]{1,30}\.[a-z-]{1,30}"
_PLACE = r"[\w./<>-]{1,200}:\d+"
LISTED: Final[Mapping[str, str]] = {
    "level": r"[a-z]+",
    "logger": _NAME,
    "timestamp": r"[0-9T:.Z+-]+",
    "pid": r"\d+",
    "method": r"[A-Z]{3,10}",
    "endpoint": r"[a-z_.]{1,80}",
    "status": r"[1-5]\d\d",
    "milliseconds": r"\d+(\.\d+)?",
    "request_id": r"(?:[0-9a-f]{32})?",
    "error": _NAME,
    "where": _PLACE,
    "job": _WORK,
    "work": _WORK,
    "attempt": r"\d{1,4}",
}
"""The keys that may be written, and the shape that each value must have."""

_OURS = re.compile(r"[a-z][a-z ,:;'-]{0,100}")
"""Messages of ours: lower case and without figures, so that neither a name nor a number passes for one."""
_SERVER = re.compile(r"[A-Za-z][A-Za-z ,:;.!()%'-]{0,100}")
"""The server's own templates, such as `Booting worker with pid: %s`; what would fill them stays out."""
_SHAPES = {key: re.compile(shape) for key, shape in LISTED.items()}


def _placed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Instead of a traceback, whose text may be protected: the class of the error and the place where it was raised."""
    record: logging.LogRecord = event["_record"]
    event["pid"] = record.process or 0
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple) and exc_info[0] is not None:
        event["error"] = exc_info[0].__name__
        event["where"] = _innermost(exc_info[2]) or f"{record.module}:{record.lineno}"
    elif not record.name.startswith("candor."):
        event["where"] = f"{record.module}:{record.lineno}"
    return event


def _innermost(trace: TracebackType | None) -> str | None:
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def listed_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let through what is listed and has its shape; name what was left out, by its key."""
    name = str(event.get("logger", ""))
    shape = _OURS if name.startswith("candor.") else _SERVER if name == "gunicorn.error" else None
    said = event.get("event")
    kept: dict[str, Any] = {
        "event": said if shape is not None and isinstance(said, str) and shape.fullmatch(said) else WITHHELD
    }
    left = []
    for key, value in event.items():
        if key in {"event", "_record", "_from_structlog"}:
            continue
        wanted = _SHAPES.get(key)
        if wanted is not None and isinstance(value, str | int | float) and wanted.fullmatch(str(value)):
            kept[key] = value
        else:
            left.append(key if key in _SHAPES else WITHHELD)
    if left:
        kept[WITHHELD] = sorted(set(left))
    return kept | {key: event[key] for key in ("_record", "_from_structlog") if key in event}


def formatter() -> logging.Formatter:
    """Makes one JSON line of a record of the standard library."""
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            _placed,
            listed_only,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        use_get_message=False,  # the message as it was written in the code, without what would fill it
    )


CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": formatter}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
    "root": {"level": "WARNING", "handlers": ["lines"]},
    "loggers": {
        "candor": {"level": "INFO"},
        "gunicorn.error": {"level": "INFO"},
        "gunicorn.access": {"level": "CRITICAL"},  # it would write addresses; ours is `candor.requests`
    },
}


def configure() -> None:
    """Log by these rules from now on, warnings of Python included."""
    logging.config.dictConfig(CONFIG)
    logging.captureWarnings(capture=True)

"""Who may open which route, from the tree itself: `python -m tests.house.routes` writes `tests/house/routes.json`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from portal import runtime
from portal.access import roles
from portal.access.permissions import PERMISSIONS, PUBLIC
from portal.app import create_app
from portal.config import load
from portal.web.guard import declaration

KEPT = Path(__file__).with_name("routes.json")
AGAIN = "when this is meant: .venv/bin/python -m tests.house.routes"


def table(flask: Flask) -> list[dict[str, Any]]:
    """One item per rule and permission, as `./candor routes --json` prints it: methods and roles sorted, without HEAD
    and OPTIONS; open routes carry `public` and why, all others null; the machine itself opens no route.
    """
    items: dict[tuple[str, str], dict[str, Any]] = {}
    for rule in flask.url_map.iter_rules():
        declared = declaration(flask, rule.endpoint)
        assert declared is not None, rule
        permission = PERMISSIONS.get(declared.permission)
        item = items.setdefault(
            (rule.rule, declared.permission),
            {
                "rule": rule.rule,
                "methods": [],
                "permission": declared.permission,
                "roles": sorted(permission.reach_by_role.keys() - {roles.SYSTEM}) if permission else [],
                "protected": permission.protected if permission else False,
                "reason": None,
            },
        )
        item["methods"] = sorted({*item["methods"], *(rule.methods or set())} - {"HEAD", "OPTIONS"})
        if declared.permission == PUBLIC:
            reasons = [item["reason"], declared.reason]
            item["reason"] = "; ".join(dict.fromkeys(each for each in reasons if each))
    return [items[key] for key in sorted(items)]


def text(items: list[dict[str, Any]]) -> str:
    """The kept form: one item a line, so that a change reads well."""
    return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]\n"


def bare() -> Flask:
    """The application of an installation that is not set up: routes need no store."""
    with tempfile.TemporaryDirectory() as home:
        keys = Path(home, "keys")
        keys.mkdir()
        for name in ("root.key", "signing.key", "web.key"):
            (keys / name).write_bytes(bytes(32))
            (keys / name).chmod(0o400)
        Path(home, "data").mkdir()
        with runtime.running(load({"CANDOR_HOME": home})) as running:
            return create_app(running)


if __name__ == "__main__":
    KEPT.write_text(text(table(bare())))

"""The table of routes kept in the tree: `python -m tests.house.routes` writes it anew from `./candor routes --json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portal.cli.doors import declared_routes

KEPT = Path(__file__).with_name("routes.json")
AGAIN = "when this is meant: .venv/bin/python -m tests.house.routes"


def text(items: list[dict[str, Any]]) -> str:
    """The kept form: one item a line, so that a change reads well."""
    return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]\n"


if __name__ == "__main__":
    KEPT.write_text(text(declared_routes()))

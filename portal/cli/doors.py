"""The list of routes, in a module of its own: it alone among the commands needs the whole web."""

from __future__ import annotations

import json
import secrets
import tempfile
from typing import Any

import click

from portal import config
from portal.access import roles
from portal.access.permissions import PERMISSIONS, PUBLIC
from portal.app import create_app
from portal.runtime import build


@click.command(epilog="Example: ./candor routes --json")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def routes(as_json: bool) -> None:
    """List every route with its permission, the roles that hold it, and whether it may show protected data."""
    found = declared_routes()
    if as_json:
        click.echo(json.dumps(found))
        return
    for each in found:
        mark = "protected" if each["protected"] else ""
        click.echo(f"{','.join(each['methods']):<10} {each['rule']:<60} {each['permission']:<22} {mark}".rstrip())


def declared_routes() -> list[dict[str, Any]]:
    """One item per rule and permission, in order, with the roles of persons; needs neither settings nor a store."""
    with tempfile.TemporaryDirectory() as folder:
        # a home of its own, so that the list is the same whatever is set or missing here
        settings = config.load({
            "CANDOR_HOME": folder, "CANDOR_ROOT_KEY": secrets.token_hex(32), "CANDOR_DATABASE_URL": "sqlite://",
        })  # fmt: skip
        runtime = build(settings)
        try:
            flask = create_app(runtime)
        finally:
            runtime.engine.dispose()
    methods: dict[tuple[str, str], set[str]] = {}
    reasons: dict[tuple[str, str], set[str]] = {}
    for rule in flask.url_map.iter_rules():
        stated: Any = getattr(flask.view_functions[rule.endpoint], "declared")  # noqa: B009 - `guard.check` saw to it
        key = (rule.rule, stated.permission)
        methods.setdefault(key, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
        reasons.setdefault(key, set()).update([stated.reason] if stated.reason else [])
    return [
        {
            "rule": rule,
            "methods": sorted(those),
            "permission": permission,
            "roles": []
            if permission == PUBLIC
            else sorted(PERMISSIONS[permission].reach_by_role.keys() - {roles.SYSTEM}),
            "protected": permission != PUBLIC and PERMISSIONS[permission].protected,
            "reason": "; ".join(sorted(reasons[rule, permission])) if permission == PUBLIC else None,
        }
        for (rule, permission), those in sorted(methods.items())
    ]

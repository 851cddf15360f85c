"""Nested parameters as Stripe writes them in forms and queries: `line_items[0][price_data][currency]=usd`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from portal.sandbox.cards.errors import ApiError

Json = dict[str, Any]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")


def nested(pairs: Iterable[tuple[str, str]]) -> Json:
    """Dicts and lists of the pairs; a dict whose keys are all numbers, or empty brackets, becomes a list.

    Raises ApiError 400 for a key that is malformed or that is used both as a value and as a branch.
    """
    root: Json = {}
    for key, value in pairs:
        match = _KEY.match(key)
        if match is None:
            raise ApiError(400, "Invalid request: malformed parameter name.", param=key)
        path = [match[1], *_PART.findall(match[2])]
        branch = root
        for part in path[:-1]:
            step = branch.setdefault(part or str(len(branch)), {})
            if not isinstance(step, dict):
                raise ApiError(400, "Invalid request: a parameter is both a value and a hash.", param=key)
            branch = step
        branch[path[-1] or str(len(branch))] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(item) for key, item in value.items()}


def closed(params: Json, allowed: frozenset[str], *, at: str = "") -> None:
    """Refuse a parameter that the endpoint does not know, as Stripe does (code `parameter_unknown`)."""
    for name in params:
        if name not in allowed:
            full = f"{at}[{name}]" if at else name
            raise ApiError(400, f"Received unknown parameter: {full}", code="parameter_unknown", param=full)


def text(params: Json, name: str, *, required: bool = False, limit: int = 5000) -> str | None:
    """A plain string parameter; raises ApiError 400 when it is missing, a hash, or too long."""
    value = params.get(name)
    if value is None or value == "":
        if required:
            raise ApiError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
        return None
    if not isinstance(value, str):
        raise ApiError(400, f"Invalid string: {name}", param=name)
    if len(value) > limit:
        raise ApiError(400, f"Invalid string: {name} is longer than {limit} characters.", param=name)
    return value


def whole(params: Json, name: str, *, required: bool = False) -> int | None:
    """A whole number parameter; raises ApiError 400 for anything else."""
    value = text(params, name, required=required, limit=20)
    if value is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ApiError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def branch(params: Json, name: str) -> Json:
    """A hash parameter, empty when absent; raises ApiError 400 when it is something else."""
    value = params.get(name, {})
    if not isinstance(value, dict):
        raise ApiError(400, f"Invalid hash: {name}", param=name)
    return value


def metadata(params: Json) -> dict[str, str]:
    """Up to 50 pairs, keys to 40 and values to 500 characters, as Stripe allows."""
    pairs = branch(params, "metadata")
    if len(pairs) > 50 or any(not isinstance(v, str) or len(v) > 500 or len(k) > 40 for k, v in pairs.items()):
        raise ApiError(400, "Metadata has too many or too long entries.", param="metadata")
    return dict(pairs)

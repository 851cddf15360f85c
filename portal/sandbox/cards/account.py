"""A merchant's account at the processor: its objects in memory, their lists, and the events told about them."""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

from portal.domain.dates import Clock
from portal.sandbox.cards import forms
from portal.sandbox.cards.errors import ApiError, missing
from portal.sandbox.cards.forms import Json

PREFIXES = {
    "checkout.session": "cs_test",
    "payment_intent": "pi",
    "charge": "ch",
    "balance_transaction": "txn",
    "refund": "re",
    "dispute": "dp",
    "payout": "po",
    "event": "evt",
}
"""Object type to the beginning of its ids."""

_PAGE = frozenset({"limit", "starting_after", "ending_before", "created", "expand"})


class Account:
    """Everything the processor knows. Hold `lock` around whatever reads or changes more than one thing.

    `tell` is called, under the lock, with each event as it comes about; it must only take note.
    """

    def __init__(self, clock: Clock, tell: Callable[[Json], None]) -> None:
        self.clock = clock
        self.url = ""
        self.bank_seconds: int | None = None
        """How long a bank debit takes; None leaves it under way until it is settled by hand."""
        self.lock = threading.RLock()
        self._objects: dict[str, Json] = {}
        self._tell = tell

    def now(self) -> int:
        """The present instant in whole seconds, as Stripe tells time."""
        return int(self.clock.now().timestamp())

    def new(self, kind: str, **fields: Any) -> Json:
        """Keep a new object of a type, with its id, birth and `livemode: false`; returns the kept object itself."""
        made = {"id": f"{PREFIXES[kind]}_{secrets.token_hex(12)}", "object": kind, "created": self.now()}
        made |= {"livemode": False, **fields}
        self._objects[str(made["id"])] = made
        return made

    def find(self, kind: str, identifier: Any) -> Json:
        """The kept object itself; raises ApiError 404."""
        found = self._objects.get(str(identifier))
        if found is None or found["object"] != kind:
            raise missing(kind, str(identifier))
        return found

    def every(self, kind: str) -> Iterator[Json]:
        """Kept objects of a type, newest first."""
        return (item for item in reversed(list(self._objects.values())) if item["object"] == kind)

    def tell(self, kind: str, subject: Json) -> None:
        """Make an event with a picture of its subject as it is now, and pass it on."""
        event = self.new(
            "event", type=kind, api_version=None, pending_webhooks=1, request=None, data={"object": _open(subject)}
        )
        self._tell(copy.deepcopy(event))

    def picture(self, subject: Json, expand: Any = ()) -> Json:
        """A copy to answer with; each dotted path of `expand` has its id replaced by the object."""
        shown = _open(subject)
        for path in expand or ():
            self._expand(shown, str(path).split("."))
        return shown

    def _expand(self, shown: Json, path: list[str]) -> None:
        value = shown.get(path[0])
        if isinstance(value, str) and value in self._objects:
            value = shown[path[0]] = _open(self._objects[value])
        elif path[0] not in shown:
            raise ApiError(400, f"This property cannot be expanded ({path[0]}).", param="expand")
        if len(path) > 1 and isinstance(value, dict):
            self._expand(value, path[1:])

    def page(self, kind: str, params: Json, *, filters: frozenset[str], url: str) -> Json:
        """A list answer: newest first, `limit` 1-100 (10), cursors by id, `created` bounds, equality filters."""
        forms.closed(params, _PAGE | filters)
        limit = forms.whole(params, "limit")
        limit = 10 if limit is None else limit
        if not 1 <= limit <= 100:
            raise ApiError(400, "Invalid limit: must be between 1 and 100.", param="limit")
        found = [item for item in self.every(kind) if _wanted(item, params, filters)]
        ids = [item["id"] for item in found]
        if (after := forms.text(params, "starting_after")) is not None:
            self.find(kind, after)
            found = found[ids.index(after) + 1 :] if after in ids else []
            more = len(found) > limit
            shown = found[:limit]
        elif (before := forms.text(params, "ending_before")) is not None:
            self.find(kind, before)
            found = found[: ids.index(before)] if before in ids else []
            more = len(found) > limit
            shown = found[-limit:]
        else:
            more = len(found) > limit
            shown = found[:limit]
        data = [self.picture(item) for item in shown]
        return {"object": "list", "url": url, "has_more": more, "data": data}


def _open(subject: Json) -> Json:
    """A copy without the processor's own notes, which stand under `_`."""
    return copy.deepcopy({name: value for name, value in subject.items() if name != "_"})


def _wanted(item: Json, params: Json, filters: frozenset[str]) -> bool:
    bounds = params.get("created", {})
    bounds = bounds if isinstance(bounds, dict) else {"gte": bounds, "lte": bounds}
    forms.closed(bounds, frozenset({"gt", "gte", "lt", "lte"}), at="created")
    born = item["created"]
    for name in bounds:
        bound = forms.whole(bounds, name) or 0
        if not {"gt": born > bound, "gte": born >= bound, "lt": born < bound, "lte": born <= bound}[name]:
            return False
    types = params.get("types")
    if types is not None and item["type"] not in types:
        return False
    return all(item.get(name) == params[name] for name in filters - {"types"} if name in params)

"""The guard: every route declares its permission, a route without one stops the start, and nothing runs undecided."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, g, make_response, render_template, session
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.access.actors import Actor
from portal.access.permissions import PERMISSIONS, PUBLIC
from portal.domain.texts import to_json
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users.sessions import Standing
from portal.web.replies import File, Go, Page, Plain, Reply

View = TypeVar("View", bound=Callable[..., Reply])


@dataclass(frozen=True, slots=True)
class Declared:
    """What a view declares: its permission, or `public` with the reason why."""

    permission: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a view that opens its own units of work has in hand."""

    units: Units
    parts: Parts
    actor: Actor
    request: Request
    standing: Standing | None

    def read(self, permission: str, **more: Any) -> Any:
        """A reading unit of work of this request."""
        return self.units.read(self.actor, permission, request=self.request, **more)

    def write(self, permission: str, **more: Any) -> Any:
        """A changing unit of work of this request."""
        return self.units.write(self.actor, permission, request=self.request, **more)


def desk() -> Desk:
    """The desk of the present request."""
    found: Desk = g.desk
    return found


def reads(permission: str, *, kind: str = "rest") -> Callable[[Callable[..., Reply]], Callable[..., Any]]:
    """A view `(uow, **ids) -> Reply` that reads: rendered after its transaction ended, told before bytes leave."""

    def declare(view: Callable[..., Reply]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            at = desk()
            with at.read(permission, kind=kind, defer=True) as uow:
                reply = view(uow, **arguments)
            try:
                response = respond(reply)
            except Exception as error:
                # Opened but never shown: told all the same, as a failure.
                at.units.failed(uow, error)
                raise
            at.units.record(uow)
            return response

        return _declared(guarded, Declared(permission))

    return declare


def writes(permission: str, *, kind: str = "rest") -> Callable[[Callable[..., Reply]], Callable[..., Any]]:
    """A view `(uow, **ids) -> Reply` that changes things in one transaction, committed before the answer is made."""

    def declare(view: Callable[..., Reply]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            with desk().write(permission, kind=kind) as uow:
                reply = view(uow, **arguments)
            return respond(reply)

        return _declared(guarded, Declared(permission))

    return declare


def desks(permission: str) -> Callable[[Callable[..., Reply]], Callable[..., Any]]:
    """A view `(desk, **ids) -> Reply` that opens units of work itself, as gateways ask; each decides again."""

    def declare(view: Callable[..., Reply]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            at = desk()
            at.units.allow(at.actor, permission, request=at.request)
            return respond(view(at, **arguments))

        return _declared(guarded, Declared(permission))

    return declare


def opens(reason: str) -> Callable[[Callable[..., Reply]], Callable[..., Any]]:
    """A public view `(desk, **arguments) -> Reply`, and why it may be public."""

    def declare(view: Callable[..., Reply]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            return respond(view(desk(), **arguments))

        return _declared(guarded, Declared(PUBLIC, reason))

    return declare


def declaration(flask: Flask, endpoint: str) -> Declared | None:
    """What the view of an endpoint declares."""
    found: Declared | None = getattr(flask.view_functions[endpoint], "declared", None)
    return found


def check(flask: Flask) -> None:
    """Refuse to start with a route that declares no permission, or one that the table does not know."""
    for rule in flask.url_map.iter_rules():
        declared = declaration(flask, rule.endpoint)
        if declared is None:
            raise RuntimeError(f"{rule.rule} ({rule.endpoint}) declares no permission")
        if declared.permission == PUBLIC:
            if not declared.reason:
                raise RuntimeError(f"{rule.rule} is public without a reason")
        elif declared.permission not in PERMISSIONS:
            raise RuntimeError(f"{rule.rule} declares {declared.permission}, which is not in the table")


def respond(reply: Reply) -> Response:
    """The response of a reply; a page is rendered in memory here."""
    if isinstance(reply, Page):
        return make_response(render_template(reply.template, page=reply.page, **reply.more), reply.status)
    if isinstance(reply, Go):
        if reply.notice is not None:
            session["notice"] = {"text": to_json(reply.notice), "tone": reply.tone}
        response = make_response("", 303)
        response.headers["Location"] = reply.location
        return response
    if isinstance(reply, Plain):
        response = make_response(reply.body, reply.status)
        response.headers["Content-Type"] = reply.media_type
        return response
    return _download(reply)


_SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg"})
"""What may stand in a page or a window of its own: what we drew ourselves."""


def _download(file: File) -> Response:
    response = make_response(file.body)
    response.headers["Content-Type"] = file.media_type
    kind = "inline" if file.inline and file.media_type in _SHOWN else "attachment"
    # a header is Latin-1 at most
    safe = (
        "".join(each if (each.isascii() and each.isalnum()) or each in "-_." else "-" for each in file.name) or "file"
    )
    response.headers["Content-Disposition"] = f'{kind}; filename="{safe}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def _declared(view: Callable[..., Any], declared: Declared) -> Callable[..., Any]:
    view.declared = declared  # type: ignore[attr-defined]  # read back by `declaration`
    return view


__all__ = [
    "Declared",
    "Desk",
    "UnitOfWork",
    "check",
    "declaration",
    "desk",
    "desks",
    "opens",
    "reads",
    "respond",
    "writes",
]

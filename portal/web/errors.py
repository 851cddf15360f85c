"""When something is turned down or breaks: a page that says what happened, what was lost, and one number to quote."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.access.permissions import PUBLIC
from portal.domain.errors import Conflict, NotFound, Refused, TradeError
from portal.domain.payments import CardsUnavailable
from portal.domain.texts import T_, Text
from portal.services.unit_of_work.units import Denied, Unavailable
from portal.web import guard

_LOG = logging.getLogger("candor.web")
_PASSING = frozenset({429, 500, 503})
"""What may have passed when the page is asked for again."""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """See `templates/errors/_error.html`."""

    number: int
    request_id: str
    text: Text | None
    back: str | None


def install(flask: Flask) -> None:
    """Answer every failure with a page of ours."""
    flask.register_error_handler(Denied, _denied)
    flask.register_error_handler(TradeError, _turned_down)
    flask.register_error_handler(Unavailable, lambda _: unavailable())
    flask.register_error_handler(CSRFError, lambda _: _stale())
    flask.register_error_handler(HTTPException, _http)
    flask.register_error_handler(Exception, _broken)
    # What failed while a failure was answered: Flask would log its words, which might be protected.
    flask.log_exception = lambda info: _note(info[1])  # type: ignore[method-assign,assignment]  # Flask's documented hook


def _denied(error: Denied) -> ResponseReturnValue:
    """Not signed in: to the sign-in page and back here; a step missing: to that step; else no."""
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    places = {
        "not-signed-in": "auth.sign_in",
        "second-factor-needed": "auth.second_factor",
        "step-up-needed": "auth.step_up",
    }
    if error.code in places:
        return redirect(url_for(places[error.code], next=here), 303)
    return _page("refused", 403)


def _stale() -> ResponseReturnValue:
    """A form of a session that is over leads to signing in and back; any other form without its token is no form."""
    desk, declared = g.get("desk"), guard.declaration(current_app, request.endpoint or "")
    if desk is None or not desk.actor.anonymous or declared is None or declared.permission == PUBLIC:
        return _page("bad_request", 400)
    return _page("signed_out", 400, back=url_for("auth.sign_in", next=_back(400)))


def _turned_down(error: TradeError) -> ResponseReturnValue:
    if isinstance(error, NotFound):
        return _page("not_found", 404)
    if isinstance(error, Conflict):
        return _page("conflict", 409, error.text)
    if isinstance(error, CardsUnavailable):
        return _page("unavailable", 503, error.text)
    if isinstance(error, Refused) and error.code in {"not-signed-in", "session-ended"}:
        return redirect(url_for("auth.sign_in"), 303)
    if isinstance(error, Refused) and error.code in {"no-role", "field-not-in-role"}:
        return _page("refused", 403)
    if isinstance(error, Refused) and error.code == "slow":
        return _page("too_many", 429, error.text)
    return _page("turned_down", 422, error.text)


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code in {301, 302, 303, 307, 308}:
        return error.get_response()
    names = {404: "not_found", 405: "not_found", 403: "refused", 409: "conflict", 429: "too_many", 503: "unavailable"}
    text = T_("The file is larger than 25 MiB. Split it and try again.") if code == 413 else None
    return _page(names.get(code, "bad_request" if code < 500 else "broken"), code, text)


def _broken(error: Exception) -> ResponseReturnValue:
    _note(error)
    g.bare = True
    return _page("broken", 500)


def _note(error: BaseException | None) -> None:
    """Log the class and place of a failure: enough to find it; its words might be protected."""
    place = error.__traceback__ if error else None
    while place and place.tb_next:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    _LOG.error("broken", extra={"error": type(error).__name__, "where": where, "request_id": _request_id()})


def unavailable() -> ResponseReturnValue:
    """The page for when nothing may be shown; it asks the store for nothing itself."""
    g.bare = True
    return _page("unavailable", 503)


def _page(name: str, status: int, text: Text | None = None, back: str | None = None) -> ResponseReturnValue:
    if status == 404 and request.path.startswith("/static/"):
        return "", 404
    page: Any = ErrorPage(status, _request_id(), text, back or _back(status))
    try:
        return render_template(f"errors/{name}.html", page=page), status
    except Unavailable:
        # Even the name at the foot of the page is a look that has to be told.
        return unavailable()


def _back(status: int) -> str | None:
    """Where to go on: the page itself where it may answer later, after a form the page that the form stands on.

    A form's page has the form's address, or the nearest one above it; None where there is none but the first page.
    """
    if request.method == "GET":
        return request.full_path.rstrip("?") if status in _PASSING else None
    places = current_app.url_map.bind("")
    path = request.path
    while len(path) > 1:
        try:
            places.match(path, method="GET")
        except HTTPException as error:
            if isinstance(error, RequestRedirect):
                return path
            path = path.rpartition("/")[0]
        else:
            return request.full_path.rstrip("?") if path == request.path else path
    return None


def _request_id() -> str:
    desk = g.get("desk")
    return desk.request.id.hex() if desk else ""

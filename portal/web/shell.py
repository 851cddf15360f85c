"""The shell around every request: session, actor, request id, CSRF, language and frame."""

from __future__ import annotations

import secrets
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from flask import Flask, Response, g, make_response, request, session
from flask import Request as Incoming
from flask_login import LoginManager, UserMixin
from flask_wtf.csrf import CSRFProtect, generate_csrf
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, ValidationError

from portal.access.actors import ANONYMOUS
from portal.language import templating
from portal.language.speaker import LOCALES, Speaker, best_locale
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Unavailable, Units
from portal.services.users import sessions
from portal.web import assets, errors, guard, headers
from portal.web.frame import frame
from portal.web.session import Sessions

LIMIT_BYTES = 26 * 1024 * 1024
"""A file of 25 MiB and the form around it."""


class IdConverter(BaseConverter):
    """`<id:name>`: 32 lower-case hex digits in the address, 16 bytes in the view."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> bytes:
        """The id; anything else is no such page."""
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise ValidationError from None

    def to_url(self, value: Any) -> str:
        """Hex, from bytes or from hex as pages carry it."""
        return value.hex() if isinstance(value, bytes) else str(value)


class InMemory(Incoming):
    """A request whose uploads stay in memory: Werkzeug's own stream puts what is over 500 KB on the disk, in clear."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - its shape is Werkzeug's
        content_type: str | None,  # noqa: ARG002 - its shape is Werkzeug's
        filename: str | None = None,  # noqa: ARG002 - its shape is Werkzeug's
        content_length: int | None = None,  # noqa: ARG002 - its shape is Werkzeug's
    ) -> IO[bytes]:
        return BytesIO()


class Me(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """What Flask-Login is told of the present user; every decision is the guard's (SECURITY 1.4)."""

    def __init__(self, identity: str) -> None:
        self.id = identity


def furnish(
    flask: Flask,
    units: Units,
    parts: Parts,
    *,
    static: Path,
    secure: bool,
    card_pages_origin: str,
    trusted_proxies: int,
) -> None:
    """Put the shell around a bare Flask object; routes are registered after it, and `guard.check` comes last."""
    flask.config.update(
        MAX_CONTENT_LENGTH=LIMIT_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # our Referrer-Policy sends no referrer; Sec-Fetch-Site is looked at instead
        TRAP_HTTP_EXCEPTIONS=False,
    )
    flask.request_class = InMemory
    flask.url_map.converters["id"] = IdConverter
    flask.url_map.strict_slashes = False
    flask.jinja_env.undefined = StrictUndefined
    if trusted_proxies:
        flask.wsgi_app = ProxyFix(flask.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies)  # type: ignore[method-assign]  # Werkzeug's documented way
    flask.session_interface = Sessions(units, secure=secure)
    _logins(flask)
    flask.before_request(lambda: _enter(units, parts))
    CSRFProtect(flask)
    headers.install(flask, card_pages_origin=card_pages_origin)
    errors.install(flask)
    assets.install(flask, static)
    templating.install(flask.jinja_env, speaker)
    flask.jinja_env.globals["csrf_token"] = generate_csrf
    flask.context_processor(lambda: {"frame": frame()})
    flask.after_request(lambda response: _leave(units, response))


def speaker() -> Speaker:
    """The speaker of the present request: the person's language, the practice's time zone.

    Who works in no practice (administrators, payers) is told Eastern time, and that it is.
    """
    if "speaker" not in g:
        desk = g.get("desk")
        standing = desk.standing if desk else None
        wanted = session.get("language") or (standing.language if standing else "")
        locale = wanted if wanted in LOCALES else best_locale(request.accept_languages.best)
        practice = standing.practice if standing else None
        zone = practice.time_zone if practice else "America/New_York"
        g.speaker = Speaker(locale, zone, tells_zone=practice is None)
    found: Speaker = g.speaker
    return found


def _logins(flask: Flask) -> None:
    manager = LoginManager(flask, add_context_processor=False)
    manager.session_protection = None

    @manager.request_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
    def load(_request: Any) -> Me | None:
        desk = g.get("desk")
        return None if desk is None or desk.actor.anonymous else Me(desk.actor.identity)


def _enter(units: Units, parts: Parts) -> Any:
    """Before anything else: who asks, under which session; a cross-site form is turned away."""
    opened: Any = session
    standing = opened.standing
    actor = standing.actor if standing else ANONYMOUS
    agent = request.headers.get("User-Agent")
    asked = Request(secrets.token_bytes(16), request.remote_addr or "", agent)
    g.desk = guard.Desk(units, parts, actor, asked, standing)
    if opened.failed:
        raise Unavailable
    if request.method not in {"GET", "HEAD", "OPTIONS"} and request.headers.get("Sec-Fetch-Site") == "cross-site":
        return errors._page("bad_request", 400)  # noqa: SLF001 - the one page for it
    if _holds_zero_bytes():
        return errors._page("bad_request", 400)  # noqa: SLF001 - the one page for it
    return None


_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def _holds_zero_bytes() -> bool:
    """No browser sends one in a field or a file's name, PostgreSQL takes none, and no page may show one."""
    given = [*request.args.items(multi=True)]
    if request.mimetype in _FORMS:  # the body of a machine is its door's to read, within a limit of its own
        given += [
            *request.form.items(multi=True),
            *((part, file.filename or "") for part, file in request.files.items()),
        ]
    return any("\0" in text for pair in given for text in pair)


def _leave(units: Units, response: Response) -> Response:
    """A request by a signed-in person keeps the session alive; static files and polling do not."""
    desk = g.get("desk")
    if desk and desk.standing and not desk.actor.anonymous and not request.path.startswith("/static/"):
        try:
            sessions.touch(units, desk.standing)
        except Unavailable:
            return make_response(errors.unavailable())
    return response

"""Flask's session over the server-side store: the cookie carries a reference and nothing else (ASVS 7.2)."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from portal.services.unit_of_work.units import Unavailable, Units
from portal.services.users import sessions
from portal.services.users.sessions import Standing

COOKIE = "__Host-sid"
_PLAIN = "sid"
"""On http://localhost in the demonstration, where browsers take no __Host- cookie."""


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """The session of one request, with the token it came by."""

    def __init__(self, standing: Standing | None, token: str) -> None:
        def changed(_: object) -> None:
            self.modified = True

        super().__init__(dict(standing.data) if standing else {}, changed)
        self.modified = False
        self.standing, self.token = standing, token
        self.new = standing is None
        self.failed = False
        """The store did not answer, so nobody knows who asks."""
        self.gone = False
        """Signed out: the response takes the cookie back and clears what the browser kept."""

    def rotate(self, token: str) -> None:
        """The session goes on under a new token, which the response sets; the forms of the old one are dead."""
        for name in self.keys() - sessions.CARRIED:
            del self[name]
        g.pop("csrf_token", None)
        self.token, self.modified = token, True

    def leave(self) -> None:
        """Nobody any more."""
        self.standing, self.token, self.gone = None, "", True
        self.clear()


class Sessions(SessionInterface):
    """Opens and saves sessions by `services.users.sessions`."""

    def __init__(self, units: Units, *, secure: bool) -> None:
        self._units, self._secure = units, secure
        self._name = COOKIE if secure else _PLAIN

    def open_session(self, _app: Flask, request: Request) -> ServerSession:
        """The session of the cookie's token, or an empty one."""
        token = request.cookies.get(self._name, "")
        if request.path.startswith("/static/") or not 20 <= len(token) <= 128:
            return ServerSession(None, "")
        try:
            standing = sessions.find(self._units, token)
        except Unavailable:
            unknown = ServerSession(None, "")
            unknown.failed = True
            return unknown
        if standing is None or standing.ended:
            # What timed out is nothing to go on from: the next form makes a session of its own.
            return ServerSession(None, "")
        return ServerSession(standing, token)

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed; the first form shown to someone makes the row."""
        if not isinstance(session, ServerSession) or not session.modified or "bare" in g:
            return
        if session.standing is not None and session.token:
            # Rotated meanwhile by another request: that one's cookie stands.
            if sessions.save(self._units, session.token, dict(session)):
                self._set(response, session.token)
        elif session.gone:
            response.delete_cookie(self._name, path="/", secure=self._secure, httponly=True, samesite="Lax")
            response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        elif session:
            self._open(session, response)

    def _open(self, session: ServerSession, response: Response) -> None:
        from flask import request  # noqa: PLC0415 - only within a request

        agent = request.headers.get("User-Agent", "")
        token = sessions.open_form(self._units, address=request.remote_addr or "", agent=agent, data=dict(session))
        if token is not None:
            self._set(response, token)

    def _set(self, response: Response, token: str) -> None:
        response.set_cookie(self._name, token, path="/", secure=self._secure, httponly=True, samesite="Lax")

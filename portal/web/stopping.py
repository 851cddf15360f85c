"""Stopping messages: by the link in one, by the reader's own program (RFC 8058), or by answering a text message."""

from __future__ import annotations

from flask import Blueprint, Flask, request

from portal.access.actors import system
from portal.domain.messages.texting import ReplyRefused
from portal.services.dunning import replying, sending
from portal.web.guard import Desk, opens
from portal.web.replies import Page, Plain

LIMIT_BYTES = 16 * 1024
_MACHINE = system("notice.stop")


def install(flask: Flask) -> None:
    """Register the doors; whoever comes has no session, and the token in the link or a signature stands in for one."""
    doors = Blueprint("stopping", __name__)

    @doors.get("/stop/<token>")
    @opens("a reader of one of our mails wants no more: shows nobody's name, and changes nothing yet")
    def ask(_desk: Desk, token: str) -> Page:
        """One button; programs that look at links press none."""
        return Page("auth/stop.html", None, {"token": token[:32], "stopped": False})

    @doors.post("/stop/<token>")
    @opens("the reader pressed the button, or their program did (RFC 8058); the token is 128 random bits")
    def stop(desk: Desk, token: str) -> Page:
        """It is stopped, told alike whether or not there was such a link."""
        sending.stop_by(desk.units, _MACHINE, token)
        return Page("auth/stop.html", None, {"token": "", "stopped": True})

    @doors.post("/webhooks/texts")
    @opens("called by the service for text messages, which proves itself by a signature over the raw body")
    def texts(desk: Desk) -> Plain:
        """200 once the answer is taken; 400 for what is not the service's."""
        request.max_content_length = LIMIT_BYTES
        body = request.get_data(cache=False)
        try:
            said = replying.take(desk.units, desk.parts, body, request.headers.get("Candor-Signature", ""))
        except ReplyRefused as error:
            return Plain(f"{error.code}\n", 400)
        return Plain(f"{said}\n")

    flask.register_blueprint(doors)
    flask.extensions["csrf"].exempt(doors)

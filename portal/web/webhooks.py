"""Webhooks of the card processor: the raw body and its signature go to the services, nothing else is believed."""

from __future__ import annotations

from flask import Blueprint, Flask, request

from portal.domain.payments import CardsRefused
from portal.services.payments import settling
from portal.web.guard import Desk, opens
from portal.web.replies import Plain

LIMIT_BYTES = 64 * 1024
"""The processor's events have a few kilobytes."""


def install(flask: Flask) -> None:
    """Register the door; its caller has no session, and its signature stands in for a form's token."""
    doors = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    @doors.post("/cards")
    @opens("called by the card processor, which proves itself by a signature over the raw body")
    def cards(desk: Desk) -> Plain:
        """200 once the event is taken; 400 for what is not the processor's; anything else makes it come again."""
        request.max_content_length = LIMIT_BYTES
        body = request.get_data(cache=False)
        try:
            settling.take_event(desk.units, desk.parts, body, request.headers.get("Stripe-Signature", ""))
        except CardsRefused as error:
            return Plain(f"{error.code}\n", 400)
        return Plain("taken\n")

    flask.register_blueprint(doors)
    flask.extensions["csrf"].exempt(doors)

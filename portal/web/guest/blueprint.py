"""Paying without a sign-in: its pages are not found by search engines."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("guest", __name__, url_prefix="/pay")


@blueprint.after_request
def unlisted(response: Response) -> Response:
    """An address with a code in it has no business in an index."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response

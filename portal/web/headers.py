"""The header set of every answer (SECURITY 1.4): a strict policy with a fresh nonce, and nothing kept by caches."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

_OFF = (
    "accelerometer", "ambient-light-sensor", "autoplay", "bluetooth", "browsing-topics", "camera", "clipboard-read",
    "clipboard-write", "display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid",
    "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "web-share",
    "xr-spatial-tracking",
)  # fmt: skip
"""Every power of the browser that a page could ask for; we ask for none."""

_FIXED = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _OFF),
}


def nonce() -> str:
    """The nonce of this answer's policy."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    found: str = g.nonce
    return found


def install(flask: Flask, *, card_pages_origin: str) -> None:
    """Set the headers on every answer, errors and files included."""
    rest = (
        "style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        f"form-action 'self' {card_pages_origin}; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    )

    def set_headers(response: Response) -> Response:
        for name, value in _FIXED.items():
            response.headers[name] = value
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'nonce-{nonce()}' 'strict-dynamic'; {rest}",
        )
        if response.status_code != 200 or not request.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        response.headers.pop("Server", None)
        return response

    flask.after_request(set_headers)

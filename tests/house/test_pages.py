"""The look at every page (tests/pages.py) finds what it is there to find."""

from __future__ import annotations

import pytest
from flask import Flask, Response, redirect

from tests import pages

HEAD = '<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def answering(body: str, headers: dict[str, str] | None = None, status: int = 200):
    """A client of an application that answers this to everything."""
    flask = Flask(__name__)

    @flask.get("/<path:rest>")
    def view(rest: str) -> Response:
        return Response(body, status, headers, mimetype="text/html")

    return flask.test_client()


def page(body: str = "<p>Good.</p>", head: str = "", title: str = "Page") -> str:
    return HEAD.format(title=title, head=head, body=body)


def test_every_client_of_every_test_is_the_checked_one():
    assert type(Flask(__name__).test_client()) is pages.CheckedClient


@pytest.mark.parametrize(
    "html",
    [
        "<p>no doctype</p>",
        page("<p>unclosed <b>bold</p>"),
        page("<table><p>in a table</p></table>"),
        page('<p id="a" id="b">twice</p>'),
        page("<form><form></form></form>"),
        page('<p id="a">one</p><p id="a">two</p>'),
        page("<script>alert(1)</script>"),
        page('<script src="/static/x.js"></script>'),
        page('<script src="/static/x.js" nonce="other"></script>'),
        page('<script src="/static/x.js" nonce="abc">alert(1)</script>'),
        page(head="<style>p { color: red }</style>"),
        page('<p style="color: red">red</p>'),
        page('<svg viewBox="0 0 1 1"><path d="M0 0" style="fill: red"/></svg>'),
        page('<img src="/x.png" alt="" onerror="alert(1)">'),
        page('<a href=" java\nscript:alert(1)">go</a>'),
        page('<iframe srcdoc="x"></iframe>'),
    ],
)
def test_what_no_page_may_hold_is_found(html: str):
    client = answering(html, {"Content-Security-Policy": "script-src 'nonce-abc' 'strict-dynamic'"})
    with pytest.raises(AssertionError, match="GET /here"):
        client.get("/here")


def test_a_good_page_passes():
    script = '<script src="/static/x.js" nonce="abc"></script>'
    picture = '<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0"/></svg>'
    client = answering(page(script + picture), {"Content-Security-Policy": "script-src 'nonce-abc'"})
    assert client.get("/here").status_code == 200


@pytest.mark.parametrize(
    ("path", "html", "headers"),
    [
        ("/here?q=Qua%63kenbush", page(), {}),
        ("/QUACKENBUSH", page(), {}),
        ("/here", "", {"Location": "/there?name=quackenbush"}),
        ("/here", page(), {"Content-Disposition": "attachment; filename=quackenbush.pdf"}),
        ("/here", page(title="Bill of Mina Quackenbush"), {}),
    ],
)
def test_a_canary_in_an_address_header_or_title_is_found(path: str, html: str, headers: dict[str, str]):
    client = answering(html, headers)
    assert client.get(path).status_code == 200
    with pages.canaries(["Quackenbush"]), pytest.raises(AssertionError, match="protected value"):
        client.get(path)
    assert client.get(path).status_code == 200


def test_each_step_of_a_followed_redirect_is_looked_at():
    flask = Flask(__name__)
    flask.add_url_rule("/from", "from", lambda: redirect("/to?name=Quackenbush"))
    flask.add_url_rule("/to", "to", lambda: redirect("/end"))
    flask.add_url_rule("/end", "end", page)
    client = flask.test_client()
    assert client.get("/from", follow_redirects=True).status_code == 200
    with pages.canaries(["Quackenbush"]), pytest.raises(AssertionError, match="protected value"):
        client.get("/from", follow_redirects=True)

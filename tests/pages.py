"""Every HTML answer that any test fetches is looked at: valid HTML, no script or style within, nothing protected in
addresses.

`CheckedClient` stands in for Flask's own test client in all tests (conftest). A test that plants canaries
registers them with `canaries` and has every address, title and cookie searched for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PROTECTED: set[str] = set()
"""What must stand in no address, title or cookie while a test runs; filled by `canaries`."""

FORGIVEN: frozenset[str] = frozenset()
"""Parse errors, by html5lib's code, that are let pass; each with its reason beside it."""

ANEW = re.compile(
    r'(?<=name="csrf_token" value=")[^"]*|(?<=name="next" value=")[^"]*|(?<=<code>)[0-9a-f]{32}(?=</code>)'
    r'|(?<=<a class="btn main" href=")/[\w/-]*(?=">Go back<)'
)
"""What each answer has anew (a form's key changes every second); left out where two pages are compared."""

_ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset")


@contextmanager
def canaries(values: Iterable[str]) -> Iterator[None]:
    """While the block runs, these values may stand in no address, title or cookie of any answer."""
    added = {value.casefold() for value in values} - PROTECTED
    PROTECTED.update(added)
    try:
        yield
    finally:
        PROTECTED.difference_update(added)


class CheckedClient(FlaskClient):
    """Flask's test client, which fails the test at once when an answer is not as every page must be."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        for each in (*response.history, response):
            found = [*faults_of_answer(each), *leaks(each)]
            assert not found, f"{each.request.method} {each.request.path} ({each.status_code}): " + "; ".join(found)
        return response


def faults_of_answer(response: TestResponse) -> list[str]:
    """What is wrong with the HTML of an answer; nothing for other kinds and empty bodies."""
    if response.mimetype != "text/html" or not response.data:
        return []
    policy = response.headers.get("Content-Security-Policy", "")
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    html = response.text.replace(nonce, "nonce") if nonce else response.text
    return list(faults(ANEW.sub("", html), "nonce" if nonce else ""))


@lru_cache(maxsize=512)
def faults(html: str, nonce: str = "") -> tuple[str, ...]:
    """What is wrong with a page: what the HTML standard calls a parse error, and all that a strict policy refuses."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    found = [f"line {place[0]}: {code} {more}" for place, code, more in parser.errors if code not in FORGIVEN]
    elements = [each for each in tree.iter() if isinstance(each.tag, str)]  # the others are comments
    for element in elements:
        found += _of_element(element.tag, dict(element.attrib), (element.text or "").strip(), nonce)
    ids = Counter(element.attrib["id"] for element in elements if "id" in element.attrib)
    found += [f"id={name!r} stands {n} times" for name, n in ids.items() if n > 1]
    return tuple(found)


def _of_element(tag: str, attributes: dict[Any, str], text: str, nonce: str) -> Iterator[str]:
    named = {name if isinstance(name, str) else str(name[-1]): value for name, value in attributes.items()}
    if tag == "style":
        yield "a style element"
    if tag == "script":
        if "src" not in named or text:
            yield "a script within the page"
        if not nonce or named.get("nonce") != nonce:
            yield "a script without the nonce of the answer's policy"
    for name, value in named.items():
        if name == "style":
            yield f"a style attribute on <{tag}>"
        if name.startswith("on"):
            yield f"{name}= on <{tag}>"
        if name in _ADDRESSES and "".join(value.split()).lower().startswith(("javascript:", "data:", "vbscript:")):
            yield f"{name}={value!r} on <{tag}>"
        if name == "srcdoc":
            yield "a page within the page"


def leaks(response: TestResponse) -> list[str]:
    """Protected values of `PROTECTED` in the address asked, the address sent to, the title or a cookie."""
    if not PROTECTED:
        return []
    title = ""
    if response.mimetype == "text/html":
        title = response.text.partition("<title>")[2].partition("</title>")[0]
    places = {
        "address": response.request.full_path,
        "Location": response.headers.get("Location", ""),
        "headers": "\n".join(f"{name}: {value}" for name, value in response.headers.items()),
        "title": title,
    }
    return [
        f"a protected value in {place}"
        for place, value in places.items()
        if any(each in unquote_plus(value).casefold() for each in PROTECTED)
    ]

"""Pages in a real browser: nothing that axe finds, no sideways scroll, no word from the content policy."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from tests.browser import axe_findings, picture, sideways
from tests.language.rendering import ROOT
from tests.language.test_templates import SAMPLES, rendered

POLICY = (
    "default-src 'none'; script-src 'nonce-bm9uY2U' 'strict-dynamic'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'"
)
TYPES = {"css": "text/css", "js": "text/javascript", "ttf": "font/ttf", "woff2": "font/woff2", "svg": "image/svg+xml"}
SHOWN = [
    ("patient/home.html", "owes", "en_US"),
    ("patient/home.html", "nothing", "es_US"),
    ("patient/statement.html", "mixed", "es_US"),
    ("patient/pay.html", "open", "es_US"),
    ("auth/register.html", "refused", "es_US"),
    ("auth/personas.html", "two", "en_US"),
    ("errors/conflict.html", "back", "es_US"),
    ("errors/turned_down.html", "back", "es_US"),
    ("staff/queue.html", "some", "en_US"),
    ("staff/queue.html", "kept", "en_US"),
    ("staff/queue_item.html", "waits", "en_US"),
    ("staff/queue_preview.html", "skip", "en_US"),
    ("staff/queue_found.html", "some", "en_US"),
    ("staff/encounters/code.html", "found", "en_US"),
    ("staff/claims/show.html", "denied", "en_US"),
    ("staff/claims/snapshot.html", "first", "en_US"),
    ("staff/deposits/list.html", "some", "en_US"),
    ("staff/work.html", "some", "en_US"),
    ("staff/accounts/show.html", "full", "en_US"),
    ("staff/accounts/conflict.html", "two", "en_US"),
    ("payer/claims/show.html", "answered", "en_US"),
    ("compliance/log.html", "found", "en_US"),
    ("compliance/event.html", "proved", "en_US"),
    ("admin/users/list.html", "some", "en_US"),
]


def body_of(name: str) -> bytes:
    if name.endswith(".ttf"):
        return (resources.files("fontpkg_public_sans") / "files" / "PublicSans[wght].ttf").read_bytes()
    return (ROOT / "static" / name).read_bytes()


def show(page, name: str, kind: str, locale: str) -> None:
    """The page as the doors would send it, policy and all, without a server."""
    html = next(rendered(one, locale, context) for one, which, context in SAMPLES if (one, which) == (name, kind))
    html = re.sub(r"/static\?filename=", "/static/", html)

    def answer(route):
        path = route.request.url.removeprefix("http://candor.test/")
        if path.startswith("static/"):
            kept = path.removeprefix("static/")
            route.fulfill(body=body_of(kept), content_type=TYPES[kept.rpartition(".")[2]])
        elif path == "page":
            route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY})
        else:
            route.fulfill(status=404)

    page.route("http://candor.test/**", answer)
    page.goto("http://candor.test/page")


@pytest.mark.parametrize(("name", "kind", "locale"), SHOWN, ids=[f"{n}-{k}-{loc}" for n, k, loc in SHOWN])
def test_a_page_is_accessible_and_fits(page, name, kind, locale):
    show(page, name, kind, locale)
    assert axe_findings(page) == []
    assert sideways(page) == []
    picture(page, f"{name.removesuffix('.html').replace('/', '-')}-{kind}-{locale}")


def test_keys_select_and_count_on_a_queue(page):
    show(page, "staff/queue.html", "some", "en_US")
    count = page.locator("[data-count]")
    assert count.text_content() == "Nothing selected"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert count.text_content() == "1 selected, $148.00"
    assert page.evaluate("document.activeElement.textContent") == "Walter Ochoa"
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.locator("[data-all]").check()
    assert count.text_content().startswith("7 selected")


def test_keys_can_be_switched_off(page):
    show(page, "staff/queue.html", "some", "en_US")
    page.keyboard.press("?")
    page.locator("[data-keys-toggle]").uncheck()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("tbody input:checked").count() == 0


def test_the_dialog_closes_by_its_button(page):
    show(page, "staff/queue.html", "some", "en_US")
    page.locator("[data-keys-open]").click()
    page.get_by_role("button", name="Close").click()
    assert page.locator("dialog[open]").count() == 0

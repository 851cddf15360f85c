"""Every template renders in both languages from a frozen page, as valid HTML that keeps the content policy."""

from __future__ import annotations

import re

import html5lib
import pytest

from portal.language.speaker import LOCALES
from tests.language import samples_office, samples_paper, samples_patient
from tests.language.rendering import TEMPLATES, environment

SAMPLES = samples_patient.SAMPLES + samples_office.SAMPLES + samples_paper.SAMPLES
ENVIRONMENTS = {locale: environment(locale) for locale in LOCALES}
PARTS = {"base.html"}
SHOWN = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if not path.name.startswith("_") and path.parent.name != "macros"
)


def rendered(name: str, locale: str, context) -> str:
    return ENVIRONMENTS[locale].get_template(name).render(**context)


CASES = [
    pytest.param(name, context, locale, id=f"{name}-{kind}-{locale}")
    for name, kind, context in SAMPLES
    for locale in LOCALES
]


def test_every_template_has_a_sample():
    assert {name for name, _, _ in SAMPLES} == set(SHOWN) - PARTS


@pytest.mark.parametrize(("name", "context", "locale"), CASES)
def test_a_page_is_valid_and_keeps_the_policy(name, context, locale):
    html = rendered(name, locale, context)
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    everything = list(tree.iter())

    ids = [element.get("id") for element in everything if element.get("id")]
    assert len(ids) == len(set(ids)), "an id stands twice"
    for element in everything:
        if not isinstance(element.tag, str):
            continue
        assert not [key for key in element.attrib if key == "style" or key.startswith("on")], element.attrib
        assert element.tag != "style"
        assert element.tag != "script" or (element.get("src") and element.get("nonce") and not element.text)
        assert not (element.get("href") or "").lower().startswith("javascript:")
        assert element.get("href") != "#", "a link that leads nowhere"
        for key in ("for", "aria-describedby", "aria-labelledby", "form"):
            for target in (element.get(key) or "").split():
                assert target in ids, (key, target)
        if element.tag == "form" and element.get("method") == "post":
            fields = {field.get("name") for field in element.iter("input")}
            assert "csrf_token" in fields, element.get("action")
        if element.tag in {"input", "select", "textarea"} and element.get("type") not in {"hidden"}:
            labelled = element.get("aria-label") or element.get("id") in {
                label.get("for") for label in tree.iter("label")
            }
            wrapped = any(element in list(label.iter()) for label in tree.iter("label"))
            assert labelled or wrapped, element.attrib
    assert len(list(tree.iter("h1"))) == 1
    assert len(list(tree.iter("main"))) == 1
    assert tree.find("head/title").text.strip() not in {"", "– Candor"}
    assert len([e for e in everything if "main" in (e.get("class") or "").split()]) <= 1, "two filled buttons"
    assert "secret-word" not in html, "a password was written back"
    regions = [e.get("aria-label") for e in everything if e.get("role") == "region"]
    assert len(regions) == len(set(regions)), "two regions of one name"


ENGLISH = re.compile(r"\b(the|your|you|and|with|this|was)\b", re.IGNORECASE)

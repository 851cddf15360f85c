"""Every template renders in both languages from a frozen page, as valid HTML that keeps the content policy."""

from __future__ import annotations

import re

import html5lib
import pytest

from portal.language.speaker import LOCALES
from tests.language import (
    samples_assistance,
    samples_authorizations,
    samples_cards,
    samples_checks,
    samples_codes,
    samples_contacts,
    samples_contracts,
    samples_coverage,
    samples_documents,
    samples_dunning,
    samples_files,
    samples_kinds,
    samples_messages,
    samples_office,
    samples_paper,
    samples_patient,
    samples_payers,
    samples_people,
    samples_plans,
    samples_practices,
    samples_queues,
    samples_statements,
    samples_status,
)
from tests.language.rendering import TEMPLATES, environment

SAMPLES = (
    *samples_authorizations.SAMPLES, *samples_statements.SAMPLES, *samples_practices.SAMPLES,
    *samples_patient.SAMPLES, *samples_office.SAMPLES, *samples_queues.SAMPLES, *samples_codes.SAMPLES,
    *samples_documents.SAMPLES, *samples_paper.SAMPLES, *samples_coverage.SAMPLES, *samples_checks.SAMPLES,
    *samples_contracts.SAMPLES, *samples_contacts.SAMPLES, *samples_status.SAMPLES, *samples_files.SAMPLES,
    *samples_cards.SAMPLES, *samples_payers.SAMPLES, *samples_kinds.SAMPLES, *samples_messages.SAMPLES,
    *samples_dunning.SAMPLES, *samples_assistance.SAMPLES,
    *samples_people.SAMPLES, *samples_plans.SAMPLES,
)  # fmt: skip
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
        if element.tag in {"input", "select", "textarea"} and element.get("type") != "hidden":
            labelled = element.get("aria-label") or element.get("id") in {
                label.get("for") for label in tree.iter("label")
            }
            wrapped = any(element in list(label.iter()) for label in tree.iter("label"))
            assert labelled or wrapped, element.attrib
    assert len(list(tree.iter("h1"))) == 1
    assert len(list(tree.iter("main"))) == 1
    assert tree.find("head/title").text.strip() not in {"", "\N{EN DASH} Candor"}
    assert len([e for e in everything if "main" in (e.get("class") or "").split()]) <= 1, "two filled buttons"
    assert "secret-word" not in html, "a password was written back"
    regions = [e.get("aria-label") for e in everything if e.get("role") == "region"]
    assert len(regions) == len(set(regions)), "two regions of one name"


def test_the_parts_of_a_charge_are_drawn_only_when_they_add_up():
    env = ENVIRONMENTS["en_US"]
    bar = env.get_template("macros/money.html").module.bar
    drawn = bar(samples_patient.STATEMENT["sums"])
    assert drawn.count("<rect") == 4 + 4
    widths = [float(width) for width in re.findall(r'<rect class="\w+" x="[\d.]+" y="0" width="([\d.]+)"', drawn)]
    assert abs(sum(widths) + 2 * len(widths) - 640) < 0.5
    assert "rect" not in bar(samples_patient.sums(-100, 0, 0, 0, 0, 0, -100))


def test_a_stranger_value_is_escaped_everywhere():
    html = rendered(*_named("patient/statement.html", "open"))
    assert "&lt;L1902&gt; &amp; strap" in html
    assert "<L1902>" not in html


def test_languages_are_offered_in_their_own_words():
    name, _, context = _named("patient/home.html", "owes")
    assert 'value="es_US"' in rendered(name, "en_US", context)
    assert 'value="en_US"' in rendered(name, "es_US", context)
    assert '<html lang="es-US">' in rendered(name, "es_US", context)


def test_spanish_says_the_sum_the_day_and_the_reason():
    name, _, context = _named("patient/home.html", "owes")
    html = rendered(name, "es_US", context)
    assert "a más tardar el sábado, 12 de diciembre" in html
    assert "usted nos debe" in html


def _named(name: str, kind: str, locale: str = "en_US"):
    return next((one, locale, context) for one, which, context in SAMPLES if (one, which) == (name, kind))

"""What patients read is complete in Spanish, and says the same with the same values in it."""

from __future__ import annotations

import os
import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from portal.language import catalogues, extraction

HOLES = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+[^>]*>|&\w+;")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return extraction.collect()


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    with catalogues.po_path("es_US").open("rb") as file:
        return read_po(file, locale="es_US", domain=catalogues.DOMAIN)


def forms(message) -> list[tuple[str, str]]:
    """Each translated form beside the English one that it stands for."""
    if isinstance(message.id, tuple):
        return list(zip(message.id, message.string, strict=True))
    return [(message.id, message.string)]


def test_every_sentence_for_patients_is_translated(template, spanish):
    left = list(extraction.missing(spanish, template))
    assert not left, "to be translated; run `python -m portal.language.extraction` and fill in candor.po"


def test_messages_are_found_where_they_stand(template):
    files = {name for message in template for name, _ in message.locations}
    for place in ("templates/base.html", "templates/patient/home.html", "templates/auth/sign_in.html"):
        assert place in files
    for room in ("portal/domain/statements/", "templates/paper/", "templates/mail/", "templates/errors/"):
        assert any(name.startswith(room) for name in files), room


def test_translations_keep_values_links_and_marks(spanish):
    wrong = [
        (english, said)
        for message in spanish
        if message.id and message.string
        for english, said in forms(message)
        # the singular may say "one" where English does too
        if sorted(set(HOLES.findall(said)) - {"%(n)s"}) != sorted(set(HOLES.findall(english)) - {"%(n)s"})
    ]
    assert not wrong


def test_no_translation_is_only_the_english_again(spanish):
    same_in_both = {"Error %(number)s", "{first} {then}"}
    assert {message.id for message in spanish if message.id and message.string == message.id} <= same_in_both


def test_missing_tells_empty_fuzzy_and_half_plurals():
    template, kept = Catalog(), Catalog(locale="es_US")
    for message in ("none", "empty", "fuzzy", ("day", "days"), "done"):
        template.add(message)
    kept.add("empty", "")
    kept.add("fuzzy", "borroso", flags=["fuzzy"])
    kept.add(("day", "days"), ("día", ""))
    kept.add("done", "hecho")
    assert list(extraction.missing(kept, template)) == ["none", "empty", "fuzzy", "day"]


def test_a_plural_is_told_from_a_parameter(tmp_path):
    source = tmp_path / "words.py"
    source.write_text('T_("{n} day", "{n} days", n=1)\nT_("by {day}", day="x")\nother("no")\n')
    with source.open("rb") as file:
        found = [(kind, words) for _, kind, words, _ in extraction.texts(file, (), (), {})]
    assert found == [("ngettext", ("{n} day", "{n} days")), ("gettext", "by {day}")]


def test_update_keeps_what_is_said_and_drops_what_is_gone(tmp_path):
    path = tmp_path / "es_US" / "LC_MESSAGES" / "candor.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "kept"\nmsgstr "queda"\n\nmsgid "gone"\nmsgstr "se va"\n'
    )
    template = Catalog()
    template.add("kept")
    template.add("new")
    extraction.update(path, template)
    with path.open("rb") as file:
        catalogue = read_po(file)
    assert {message.id: message.string for message in catalogue if message.id} == {"kept": "queda", "new": ""}


def test_compiled_catalogues_stand_beside_and_are_read(tmp_path, monkeypatch):
    kept = tmp_path / "es_US" / "LC_MESSAGES" / "candor.po"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(catalogues.po_path("es_US").read_bytes())
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    catalogues.translations.cache_clear()
    try:
        assert catalogues.translations("es_US").gettext("You owe") == "Usted debe"
        (made,) = catalogues.compile_catalogues()
        assert made == kept.with_suffix(".mo")
        assert [path.name for path in kept.parent.iterdir() if path not in {made, kept}] == []
        catalogues.translations.cache_clear()
        assert catalogues.translations("es_US").gettext("You owe") == "Usted debe"
        # An older .mo is not believed.
        kept.write_text(kept.read_text().replace("Usted debe", "Debe"))
        os.utime(made, (1, 1))
        catalogues.translations.cache_clear()
        assert catalogues.translations("es_US").gettext("You owe") == "Debe"
    finally:
        catalogues.translations.cache_clear()

"""Every mail is plain text in both languages, with one line as its subject."""

from __future__ import annotations

import pytest

from portal.language.speaker import LOCALES
from tests.language.rendering import TEMPLATES, environment
from tests.language.samples_paper import MAILS


def parts(name: str, locale: str) -> tuple[str, str]:
    template = environment(locale).get_template(f"mail/{name}.txt")
    context = template.new_context(MAILS[name])
    subject, body = ("".join(template.blocks[block](context)) for block in ("subject", "body"))
    return subject, body


def test_every_mail_has_a_sample():
    assert {path.stem for path in (TEMPLATES / "mail").iterdir()} == set(MAILS)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", sorted(MAILS))
def test_a_mail_is_plain_text(name, locale):
    subject, body = parts(name, locale)
    assert subject == subject.strip()
    assert "\n" not in subject
    assert subject
    assert "&amp;" not in body
    assert "<" not in body
    for value in MAILS[name].values():
        assert value in body


@pytest.mark.parametrize("name", sorted(MAILS))
def test_the_languages_differ(name):
    english, spanish = parts(name, "en_US"), parts(name, "es_US")
    assert english[0] != spanish[0]
    assert english[1] != spanish[1]

"""The catalogues of translated messages: `.po` files are kept, `.mo` files are made from them."""

from __future__ import annotations

import os
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "catalogues"
DOMAIN = "candor"
SOURCE_LOCALE = "en_US"
"""Message ids are written in it, so it needs no catalogue."""


def po_path(locale: str) -> Path:
    """Where the kept catalogue of a locale stands."""
    return FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def compiled(locale: str) -> bytes:
    """The `.mo` content of a locale's kept catalogue; fuzzy entries are left out."""
    with po_path(locale).open("rb") as kept:
        catalogue = read_po(kept, locale=locale, domain=DOMAIN)
    target = BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def compile_catalogues() -> list[Path]:
    """Write every `.mo` beside its `.po`, each put in place whole; returns what was written. Run at set-up."""
    written = []
    for kept in sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        target = kept.with_suffix(".mo")
        aside = target.with_name(f"{target.name}.{os.getpid()}")
        aside.write_bytes(compiled(kept.parents[1].name))
        aside.replace(target)
        written.append(target)
    return written


@cache
def translations(locale: str) -> NullTranslations:
    """The messages of a locale, from its `.mo`; where that is missing or older than the `.po`, compiled in memory."""
    if locale == SOURCE_LOCALE:
        return NullTranslations()
    kept = po_path(locale)
    made = kept.with_suffix(".mo")
    if made.exists() and made.stat().st_mtime >= kept.stat().st_mtime:
        with made.open("rb") as file:
            return GNUTranslations(file)
    return GNUTranslations(BytesIO(compiled(locale)))

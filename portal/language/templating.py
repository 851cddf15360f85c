"""Filters and functions that let templates speak: the same on pages, on paper and in mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from portal.domain.money import Money
from portal.domain.texts import Text
from portal.language.speaker import DayForm, Speaker

Current = Callable[[], Speaker]
"""Gives the speaker of the present request, mail or sheet; asked anew at each use, as environments are shared."""


class Environment(Protocol):
    """What is asked of a Jinja environment."""

    filters: Any
    globals: Any

    def add_extension(self, extension: str) -> None:
        """Add an extension by its import name."""
        ...


def filters(current: Current) -> dict[str, Callable[..., str]]:
    """The filters `t`, `money`, `digits`, `day`, `time`, `instant`, `number`, `ago`, each speaking as `current()`."""

    def t(text: Text | str) -> str:
        return current().text(text)

    def money(amount: Money | int) -> str:
        return current().money(amount)

    def digits(amount: Money | int) -> str:
        return current().digits(amount)

    def day(value: date, form: DayForm = "long") -> str:
        return current().date(value, form)

    def time(value: datetime) -> str:
        return current().time(value)

    def instant(value: datetime, *, seconds: bool = False, short: bool = False) -> str:
        return current().instant(value, seconds=seconds, short=short)

    def number(value: int | Decimal) -> str:
        return current().number(value)

    def ago(value: datetime, now: datetime) -> str:
        return current().ago(value, now)

    return {f.__name__: f for f in (t, money, digits, day, time, instant, number, ago)}


def install(environment: Environment, current: Current) -> None:
    """Give a Jinja environment the filters, `{% trans %}`, `_()`, `ngettext()`, and the functions below.

    `language_tag()` is the page's language for `lang` attributes, `locale()` its name in the house.
    Messages of templates take `%(name)s`, filled with escaped values; Texts take `{name}`.
    """
    environment.filters.update(filters(current))
    environment.add_extension("jinja2.ext.i18n")
    extended: Any = environment  # the extension adds its methods at run time
    extended.install_gettext_callables(
        lambda message: current().gettext(message),
        lambda message, plural, n: current().ngettext(message, plural, n),
        newstyle=True,
    )
    extended.policies["ext.i18n.trimmed"] = True
    environment.globals.update(language_tag=lambda: current().tag, locale=lambda: current().locale)

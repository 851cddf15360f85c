"""One locale and one time zone at work: Texts, money, days and instants become words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from gettext import NullTranslations
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal

from portal.domain.money import Money
from portal.domain.texts import Parameter, Text
from portal.language.catalogues import translations

LOCALES = ("en_US", "es_US")
"""The locales of the house, the first being the one of the message ids."""

DayForm = Literal["long", "short", "weekday", "day"]

_DAY_PATTERNS = {
    "en": {"weekday": "EEEE, MMMM d", "day": "MMMM d"},
    "es": {"weekday": "EEEE, d 'de' MMMM", "day": "d 'de' MMMM"},
}
_MONEY_PATTERNS = {"signed": "¤#,##0.00;-¤#,##0.00", "digits": "#,##0.00"}


def best_locale(wanted: str | None) -> str:
    """The locale of the house for a tag such as `es`, `es-MX` or `en_US`; en_US for anything else."""
    language = (wanted or "").replace("-", "_").split("_")[0].lower()
    return next((name for name in LOCALES if name.startswith(language + "_")), LOCALES[0])


@dataclass(frozen=True)
class Speaker:
    """Says things in a locale of `LOCALES`, and tells instants in an IANA time zone: the practice's, or a stated one.

    Raises ValueError for a locale that is not of the house, ZoneInfoNotFoundError for an unknown zone.
    """

    locale: str
    time_zone: str
    tells_zone: bool = False
    """Whether times say their zone: for whoever works in no practice, so that it is not that of their desk."""
    _babel: Locale = field(init=False, repr=False, compare=False)
    _words: NullTranslations = field(init=False, repr=False, compare=False)
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Load what the locale needs; catalogues are kept for the life of the process."""
        if self.locale not in LOCALES:
            raise ValueError(f"no such locale: {self.locale}")
        object.__setattr__(self, "_babel", Locale.parse(self.locale))
        object.__setattr__(self, "_words", translations(self.locale))
        object.__setattr__(self, "_zone", ZoneInfo(self.time_zone))

    @property
    def tag(self) -> str:
        """The language tag for HTML and mail (BCP 47): `en-US`."""
        return self.locale.replace("_", "-")

    def gettext(self, message: str) -> str:
        """A message id in this language, its placeholders untouched; itself where no translation stands."""
        return self._words.gettext(message) if message else ""

    def ngettext(self, message: str, plural: str, n: int) -> str:
        """The form of a message for n things."""
        return self._words.ngettext(message, plural, n)

    def text(self, text: Text | str) -> str:
        """A Text as a finished sentence, each parameter written as its type asks; a plain str stays as it is.

        Raises KeyError when the message names a parameter that the Text does not carry.
        """
        if isinstance(text, str):
            return text
        if text.plural is None:
            message = self.gettext(text.message)
        else:
            n = text.parameters.get("n")
            message = self.ngettext(text.message, text.plural, n if isinstance(n, int) else 2)
        return message.format_map(self._said(text.parameters)) if text.parameters else message.format()

    def _said(self, parameters: Mapping[str, Parameter]) -> dict[str, str]:
        return {name: self._say(value) for name, value in parameters.items()}

    def _say(self, value: Parameter) -> str:
        if isinstance(value, Text):
            return self.text(value)
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, datetime):  # before date: a datetime is one
            return self.instant(value)
        if isinstance(value, date):
            return self.date(value)
        if isinstance(value, int):
            return self.number(value)
        return str(value)

    def money(self, amount: Money | int) -> str:
        """Dollars and cents with sign and symbol, `-$1,234.50`; an int is whole cents."""
        return format_currency(
            _dollars(amount), "USD", format=_MONEY_PATTERNS["signed"], locale=self._babel, currency_digits=False
        )

    def digits(self, amount: Money | int) -> str:
        """The amount without the dollar sign, for the one big number of a page, whose sign is set smaller."""
        return format_decimal(_dollars(amount), format=_MONEY_PATTERNS["digits"], locale=self._babel)

    def date(self, day: date, form: DayForm = "long") -> str:
        """A day: long `November 21, 2026`, short `Nov 21, 2026`, weekday `Saturday, November 21`, day `November 21`.

        An instant is told by the day it falls on in the time zone.
        """
        if isinstance(day, datetime):
            day = self._local(day).date()
        pattern = _DAY_PATTERNS[self._babel.language].get(form) or ("long" if form == "long" else "medium")
        return format_date(day, pattern, locale=self._babel)

    def time(self, instant: datetime, *, seconds: bool = False) -> str:
        """The time of day in the time zone: `4:12 pm`, with seconds where order matters; `4:12 pm EST` where told."""
        local = self._local(instant)
        said = format_time(local, "h:mm:ss a" if seconds else "h:mm a", locale=self._babel)
        said = said.replace("AM", "am").replace("PM", "pm")
        return f"{said} {local.tzname()}" if self.tells_zone else said

    def instant(self, instant: datetime, *, seconds: bool = False, short: bool = False) -> str:
        """An instant in the time zone: `November 20, 2026, 4:12 pm`. Raises ValueError for a naive one."""
        return f"{self.date(instant, 'short' if short else 'long')}, {self.time(instant, seconds=seconds)}"

    def ago(self, instant: datetime, now: datetime) -> str:
        """How long before `now`, rounded to one unit: `3 days ago`, `hace 3 días`."""
        return format_timedelta(instant - now, add_direction=True, locale=self._babel)

    def number(self, value: int | Decimal) -> str:
        """A number with the locale's thousands mark, decimals only as far as they say something."""
        return format_decimal(value, format="#,##0.###", locale=self._babel)

    def _local(self, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("a naive instant has no place here")
        return instant.astimezone(self._zone)


def _dollars(amount: Money | int) -> Decimal:
    return Decimal(amount.cents if isinstance(amount, Money) else amount).scaleb(-2)

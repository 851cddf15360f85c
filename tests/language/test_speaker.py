"""Words, sums, days and instants in both languages of the house."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import Money, parse_cents
from portal.domain.texts import T_
from portal.language.speaker import LOCALES, Speaker, best_locale

ENGLISH, SPANISH = (Speaker(name, "America/Los_Angeles") for name in LOCALES)
NIGHT = datetime(2026, 11, 21, 0, 12, 7, tzinfo=UTC)
"""Still the evening before in California."""


@pytest.mark.parametrize(
    ("speaker", "cents", "said"),
    [
        (ENGLISH, 8640, "$86.40"),
        (ENGLISH, -123450, "-$1,234.50"),
        (SPANISH, 123450, "$1,234.50"),
        (SPANISH, 5, "$0.05"),
        (ENGLISH, 0, "$0.00"),
    ],
)
def test_money(speaker, cents, said):
    assert speaker.money(cents) == speaker.money(Money(cents)) == said


@given(st.integers(-(10**15), 10**15), st.sampled_from([ENGLISH, SPANISH]))
def test_no_cent_is_lost_in_saying_it(cents, speaker):
    said = speaker.money(cents)
    assert parse_cents(said.replace("$", "").replace(",", "")) == cents
    assert parse_cents(speaker.digits(Money(cents)).replace(",", "")) == cents


@pytest.mark.parametrize(
    ("form", "english", "spanish"),
    [
        ("long", "December 12, 2026", "12 de diciembre de 2026"),
        ("short", "Dec 12, 2026", "12 dic 2026"),
        ("weekday", "Saturday, December 12", "sábado, 12 de diciembre"),
        ("day", "December 12", "12 de diciembre"),
    ],
)
def test_days(form, english, spanish):
    day = date(2026, 12, 12)
    assert (ENGLISH.date(day, form), SPANISH.date(day, form)) == (english, spanish)


def test_instants_are_told_in_the_time_zone():
    assert ENGLISH.instant(NIGHT) == "November 20, 2026, 4:12 pm"
    assert ENGLISH.instant(NIGHT, seconds=True, short=True) == "Nov 20, 2026, 4:12:07 pm"
    assert ENGLISH.date(NIGHT) == "November 20, 2026"
    assert SPANISH.instant(NIGHT).startswith("20 de noviembre de 2026, 4:12")
    with pytest.raises(ValueError, match="naive"):
        ENGLISH.instant(NIGHT.replace(tzinfo=None))


def test_ago_and_numbers():
    assert ENGLISH.ago(NIGHT, NIGHT + timedelta(days=3)) == "3 days ago"
    assert SPANISH.ago(NIGHT, NIGHT + timedelta(days=3)) == "hace 3 días"
    assert ENGLISH.number(48211) == SPANISH.number(48211) == "48,211"
    assert ENGLISH.number(Decimal("1.500")) == "1.5"


def test_texts_say_their_values_as_their_kind_asks():
    text = T_(
        "{n} claim of {day} for {sum}, {inner}: {name}",
        "{n} claims of {day} for {sum}, {inner}: {name}",
        n=1200,
        day=date(2026, 12, 12),
        sum=Money(8640),
        inner=T_("at {at}", at=NIGHT),
        name="{not} a hole",
    )
    said = "1,200 claims of December 12, 2026 for $86.40, at November 20, 2026, 4:12 pm: {not} a hole"
    assert ENGLISH.text(text) == said


def test_texts_choose_the_plural_and_the_language():
    assert ENGLISH.text(T_("{n} day", "{n} days", n=1)) == "1 day"
    assert SPANISH.text(T_("0 to 30 days")) == "0 a 30 días"
    assert SPANISH.text("as it is") == "as it is"
    assert (
        SPANISH.text(T_("{amount}: no longer asked of you.", amount=Money(500))) == "$5.00: ya no se le pide a usted."
    )
    assert SPANISH.ngettext("%(n)s day late", "%(n)s days late", 1) == "%(n)s día de atraso"
    assert SPANISH.text(T_("no such message anywhere")) == "no such message anywhere"


def test_a_missing_value_is_told():
    with pytest.raises(KeyError, match="sum"):
        ENGLISH.text(T_("for {sum}", other=1))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("es", "es_US"),
        ("es-MX", "es_US"),
        ("ES_us", "es_US"),
        ("en-GB", "en_US"),
        ("fr", "en_US"),
        ("", "en_US"),
        (None, "en_US"),
    ],
)
def test_best_locale(wanted, found):
    assert best_locale(wanted) == found


def test_only_the_locales_of_the_house():
    with pytest.raises(ValueError, match="no such locale"):
        Speaker("fr_FR", "UTC")
    assert ENGLISH.tag == "en-US"


def test_who_works_in_no_practice_is_told_the_zone():
    at = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)
    told = Speaker("en_US", "America/New_York", tells_zone=True)
    assert told.instant(at) == "November 20, 2026, 7:12 pm EST"
    assert told.time(datetime(2026, 7, 1, 12, tzinfo=UTC)) == "8:00 am EDT"
    assert ENGLISH.instant(at) == "November 20, 2026, 4:12 pm"

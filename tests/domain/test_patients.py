from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.claims import Person
from portal.domain.patients import age_on, full_name, is_minor, same_person

MINA = Person("Ashgrove", "Mina", "R", "Jr", date(1980, 3, 4))


def test_a_name_reads_in_order_without_gaps() -> None:
    assert full_name(MINA) == "Mina R Ashgrove Jr"
    assert full_name(Person("Ashgrove", "Mina")) == "Mina Ashgrove"


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(1980, 3, 4), date(2026, 3, 3), 45),
        (date(1980, 3, 4), date(2026, 3, 4), 46),
        (date(2008, 2, 29), date(2026, 2, 27), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 18),
        (date(2026, 5, 5), date(2026, 5, 5), 0),
    ],
)
def test_age_in_whole_years(born: date, day: date, years: int) -> None:
    assert age_on(born, day) == years
    assert is_minor(born, day) is (years < 18)


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.dates(date(1900, 1, 1), date(2030, 1, 1)))
def test_nobody_grows_younger(born: date, day: date) -> None:
    if day >= born:
        assert 0 <= age_on(born, day) <= day.year - born.year


def test_one_person_whatever_the_case_accents_or_hyphens() -> None:
    other = Person("ASHGROVE", "MÍNA", birth_date=date(1980, 3, 4))
    assert same_person(MINA, other)
    assert same_person(Person("O'Neil-Ray", "A", birth_date=date(1990, 1, 1)),
                       Person("ONEIL RAY", "a", birth_date=date(1990, 1, 1)))  # fmt: skip


@pytest.mark.parametrize("changes", [{"last": "Ashgrave"}, {"first": "Mona"}, {"birth_date": date(1980, 3, 5)}])
def test_anything_less_is_another_person(changes: dict[str, object]) -> None:
    assert not same_person(MINA, replace(MINA, **changes))  # type: ignore[arg-type]


def test_without_a_birth_date_or_a_name_nobody_is_the_same() -> None:
    unknown = replace(MINA, birth_date=None)
    assert not same_person(unknown, unknown)
    nameless = replace(MINA, last="")
    assert not same_person(nameless, nameless)

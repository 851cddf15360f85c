"""Patients: names as people read them, age, and whether two registrations are one person."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from portal.domain.claims import Person
from portal.domain.dates import add_year

ADULT_YEARS = 18


def full_name(person: Person) -> str:
    """First, middle, last and suffix, as people read it; upper case of the X12 is not changed."""
    return " ".join(part for part in (person.first, person.middle, person.last, person.suffix) if part)


def age_on(birth_date: date, day: date) -> int:
    """Whole years on a day; someone born on 29 February turns older on 28 February of other years."""
    years = day.year - birth_date.year
    try:
        birthday = birth_date.replace(year=day.year)
    except ValueError:
        birthday = add_year(birth_date).replace(year=day.year)
    return years - (day < birthday)


def is_minor(birth_date: date, day: date) -> bool:
    """Whether someone is under 18 on a day."""
    return age_on(birth_date, day) < ADULT_YEARS


def same_person(one: Person, other: Person) -> bool:
    """Whether two registrations agree in last name, first name and a known birth date, whatever the case or accents.

    Only then may an import take them for one account; everything less is a person's decision.
    """
    return (
        one.birth_date is not None
        and one.birth_date == other.birth_date
        and bool(_folded(one.last))
        and (_folded(one.last), _folded(one.first)) == (_folded(other.last), _folded(other.first))
    )


def _folded(name: str) -> str:
    return "".join(filter(str.isalpha, unicodedata.normalize("NFKD", name))).upper()


_KEPT = frozenset({"II", "III", "IV", "NE", "NW", "SE", "SW", "PO"})
_PART = re.compile(r"[^\W\d_]+")


def as_people_write(text: str) -> str:
    """A name or address line that came all in capitals, as X12 writes it, the way people do; any other as it is.

    O'Brien, Garcia-Robles and McAdam come out right; what the capitals lost (accents, van der Veldt) does not come
    back, so a name typed by a person is never touched.
    """
    if not text.isupper():
        return text

    def word(found: re.Match[str]) -> str:
        part = found.group()
        if part in _KEPT:
            return part
        if found.start() and text[found.start() - 1].isdigit():
            return part.lower()
        if part.startswith("MC") and len(part) > 3:
            return "Mc" + part[2:].capitalize()
        return part.capitalize()

    return _PART.sub(word, text)

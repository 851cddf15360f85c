"""Who may stand for a patient and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.domain.patients import age_on
from portal.domain.people import ALL, BILLING, MAJORITY_YEARS, Asked, checked, majority_on, stands

TODAY = date(2026, 8, 3)
CHILD_OF_AGE, ADULT_OF_AGE = date(2030, 5, 5), date(2005, 5, 5)
PARENT = Asked("parent", ALL, TODAY, None, proved=False)


@given(st.dates(date(1950, 1, 1), date(2026, 1, 1)), st.sampled_from(["OR", "AL", "NE", "MS", "PR", "tx", "ms"]))
def test_someone_comes_of_age_on_the_birthday_and_not_a_day_before(born, state):
    day, years = majority_on(born, state), MAJORITY_YEARS.get(state.upper(), 18)
    assert age_on(born, day) == years
    # 29 February is kept on the 1st of March: never a day too early
    assert age_on(born, day - timedelta(days=1 + (born.month == 2 and born.day == 29))) == years - 1


def test_a_parents_link_ends_the_day_before_the_birthday_whatever_was_asked():
    last = CHILD_OF_AGE - timedelta(days=1)
    given = {"today": TODAY, "of_age_on": CHILD_OF_AGE, "deceased": False}
    assert checked(PARENT, **given) == last
    assert checked(replace(PARENT, until=date(2040, 1, 1)), **given) == last
    assert checked(replace(PARENT, until=date(2027, 1, 1)), **given) == date(2027, 1, 1)
    assert checked(replace(PARENT, relation="guardian", proved=True), **given) == last
    assert stands(TODAY, last, last)
    assert not stands(TODAY, last, CHILD_OF_AGE)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (PARENT, "of-age"),
        (replace(PARENT, relation="guardian"), "evidence"),
        (replace(PARENT, relation="power-of-attorney"), "evidence"),
        (replace(PARENT, relation="estate", proved=True), "estate"),
        (replace(PARENT, relation="guarantor"), "relation"),
        (replace(PARENT, relation="neighbour"), "relation"),
        (replace(PARENT, relation="invited", scope="some"), "relation"),
        (replace(PARENT, relation="invited", until=TODAY - timedelta(days=1)), "dates"),
        (replace(PARENT, relation="invited", since=TODAY + timedelta(9), until=TODAY + timedelta(8)), "dates"),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_with_its_reason(asked, code):
    with pytest.raises(Refused) as refused:
        checked(asked, today=TODAY, of_age_on=ADULT_OF_AGE, deceased=False)
    assert refused.value.code == code


def test_after_a_death_only_the_executor_stands_for_the_patient():
    given = {"today": TODAY, "of_age_on": ADULT_OF_AGE, "deceased": True}
    assert checked(replace(PARENT, relation="estate", proved=True), **given) is None
    with pytest.raises(Refused):
        checked(replace(PARENT, relation="invited", scope=BILLING), **given)

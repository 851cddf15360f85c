from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import ZERO, Money
from portal.domain.statements.arithmetic import ages
from portal.domain.statements.content import StatementContent, StatementLine, Sums, dump, load, summed
from portal.domain.texts import T_
from tests.make.statements import content, line

CENTS = st.integers(-5_000, 90_000)


@given(st.lists(st.tuples(CENTS, CENTS, CENTS, CENTS, CENTS, CENTS), max_size=6), CENTS, CENTS)
def test_a_statement_reads_back_whole_and_adds_up(rows, opening, paid):
    names = ("charged", "discount", "plan_paid", "taken_off", "with_plan", "you_paid")
    lines = []
    for row in rows:
        values = {name: Money(value) for name, value in zip(names, row, strict=True)}
        owe = values["charged"] - Money(sum(row[1:]))
        lines.append(line(**values, you_owe=owe))
    owed = summed(lines).you_owe
    made = content(
        lines=tuple(lines),
        opening=Money(opening),
        paid=Money(paid),
        asked=owed - Money(opening) + Money(paid),
        total_asked=owed + Money(7),
        total_paid=Money(7),
        ages=ages([(date(2026, 1, 1), owed.cents)], date(2026, 8, 3)),
    )
    assert load(json.loads(json.dumps(dump(made)))) == made
    assert made.owed == owed


def test_a_line_that_does_not_add_up_cannot_be_made():
    with pytest.raises(ValueError, match="adds up"):
        Sums(charged=Money(100), you_owe=Money(99))
    with pytest.raises(ValueError, match="adds up"):
        line(charged=Money(100), discount=Money(10), you_owe=Money(100))


@pytest.mark.parametrize("name", ["opening", "asked", "paid", "owed", "total_asked", "total_paid"])
def test_balances_that_disagree_cannot_be_made(name):
    good = content()
    with pytest.raises(ValueError, match="balances"):
        replace(good, **{name: getattr(good, name) + Money(1)})


def test_a_stored_statement_that_was_changed_is_refused():
    stored = dump(content())
    stored["lines"][0]["you_owe"] = {"cents": 1}
    with pytest.raises(ValueError):
        load(stored)


def test_words_are_kept_as_messages_with_their_values():
    made = content(sentence=T_("You owe {sum} since {day}.", sum=Money(5), day=date(2026, 8, 3)))
    assert load(dump(made)).sentence == made.sentence
    assert isinstance(made, StatementContent)
    assert isinstance(load(dump(made)).lines[0], StatementLine)
    assert summed(()) == Sums(you_owe=ZERO)

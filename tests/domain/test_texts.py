from __future__ import annotations

import pytest

from portal.domain.errors import Conflict, NotFound, Refused, TradeError
from portal.domain.money import Money
from portal.domain.texts import T_


def test_a_text_is_filled_in_plainly_with_typed_parameters() -> None:
    text = T_("{who} owes {sum}.", who=T_("The patient"), sum=Money(1_250))
    assert str(text) == "The patient owes $12.50."
    assert text.parameters["sum"] == Money(1_250)


@pytest.mark.parametrize(("n", "words"), [(0, "0 claims sent"), (1, "1 claim sent"), (2, "2 claims sent")])
def test_the_plural_is_chosen_by_n(n: int, words: str) -> None:
    assert str(T_("{n} claim sent", "{n} claims sent", n=n)) == words


def test_a_text_cannot_be_changed_under_way() -> None:
    text = T_("{n} left", n=1)
    with pytest.raises(TypeError):
        text.parameters["n"] = 2  # type: ignore[index]


@pytest.mark.parametrize("kind", [Refused, NotFound, Conflict])
def test_a_refusal_has_words_for_people_and_a_code_for_the_log(kind: type[TradeError]) -> None:
    error = kind(T_("Not so."), code="not-so")
    assert (str(error), error.code, str(error.text)) == ("not-so", "not-so", "Not so.")

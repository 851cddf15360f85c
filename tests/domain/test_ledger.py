from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.ledger import ACCOUNTS, WRITE_OFF, Entry, Line, inputs_digest

ON = date(2026, 6, 1)
AMOUNT = st.integers(-(10**12), 10**12).filter(bool)
LINES = st.lists(st.builds(Line, st.sampled_from(sorted(ACCOUNTS)), AMOUNT), min_size=1, max_size=8)


def entry(*lines: Line) -> Entry:
    return Entry("test", ON, "k", b"", lines)


@given(LINES)
def test_an_entry_stands_only_when_it_sums_to_nought(lines: list[Line]) -> None:
    off = sum(line.amount_cents for line in lines)
    if off or len(lines) < 2:
        with pytest.raises(ValueError, match=r"nought|two lines"):
            entry(*lines)
    if off:
        assert sum(line.amount_cents for line in entry(*lines, Line("revenue", -off)).lines) == 0


def test_one_line_is_no_entry() -> None:
    with pytest.raises(ValueError, match="two lines"):
        entry()


@pytest.mark.parametrize("account", ["cash", "receivable", "", "write-off", WRITE_OFF, "Revenue"])
def test_an_unknown_account_is_refused(account: str) -> None:
    with pytest.raises(ValueError, match="no such account"):
        Line(account, 1)


def test_a_write_off_has_its_reason_and_nought_is_no_line() -> None:
    assert Line(WRITE_OFF + "timely-filing", 1).account == "write-off:timely-filing"
    with pytest.raises(ValueError, match="nought"):
        Line("revenue", 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
INPUTS = st.dictionaries(st.text(max_size=4), JSON, max_size=4)


@given(INPUTS)
def test_the_digest_does_not_know_the_order_of_keys(inputs: dict[str, object]) -> None:
    turned = dict(reversed(inputs.items()))
    assert inputs_digest(inputs) == inputs_digest(turned)
    assert len(inputs_digest(inputs)) == 32


@given(INPUTS, INPUTS)
def test_other_inputs_have_another_digest(one: dict[str, object], other: dict[str, object]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (inputs_digest(one) == inputs_digest(other)) is same


def test_the_digest_of_the_same_inputs_is_the_same_for_ever() -> None:
    # printf '{"a":[1,"é"],"b":null}' | sha256sum; real books may hold it, so it never changes.
    expected = "1e02bc81a26af2f027329541e97eef36f3290bedc6dfe043dbe66b057ecb13ba"
    assert inputs_digest({"b": None, "a": [1, "é"]}).hex() == expected

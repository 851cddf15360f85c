"""The second look by sample: lots that stay, shares that hold, and accuracy that adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.encounters import AUDIT_HOLDS, CODING_ERRORS
from portal.domain.errors import Refused
from portal.domain.sampling import (
    ALL,
    CHARGES,
    CODE,
    CODING,
    MISSED,
    OTHERS,
    VALUE,
    WHY,
    WORKER,
    Accuracy,
    Case,
    Rule,
    accuracy,
    draw,
    main_category,
    picked,
    read_found,
)  # fmt: skip

IDS = st.binary(min_size=16, max_size=16)
PERCENTS = st.integers(1, 100)
FOUND = st.dictionaries(st.sampled_from(sorted(CODING_ERRORS)), st.integers(1, 9), max_size=5)
SEED = b"s" * 16


def case(visit_id: bytes = b"v" * 16, **more) -> Case:
    return Case(**({"visit_id": visit_id, "worker": b"w" * 16, "codes": ("Z23", "G0438"), "cents": 12_000} | more))


@given(IDS, IDS, PERCENTS, PERCENTS)
def test_a_lot_stays_and_a_higher_share_checks_all_that_a_lower_one_did(seed, visit_id, one, other):
    assert draw(seed, CODING, visit_id) == draw(seed, CODING, visit_id)
    assert 0 <= draw(seed, CODING, visit_id) < 10_000
    low, high = sorted((one, other))
    if picked([Rule(ALL, low)], CODING, case(visit_id), seed):
        assert picked([Rule(ALL, high)], CODING, case(visit_id), seed)
    assert picked([Rule(ALL, 100)], CODING, case(visit_id), seed) == ALL


@pytest.mark.parametrize("percent", [5, 20, 50, 95])
def test_the_share_of_many_visits_is_the_rules_within_a_hundredth(percent):
    ids = [number.to_bytes(16, "big") for number in range(20_000)]
    chosen = sum(bool(picked([Rule(ALL, percent)], CODING, case(id_), SEED)) for id_ in ids)
    assert abs(chosen / len(ids) - percent / 100) < 0.01


def test_the_lots_of_two_checks_and_of_two_practices_know_nothing_of_each_other():
    ids = [number.to_bytes(16, "big") for number in range(4_000)]
    lots = [
        [draw(*each, id_) < 5_000 for id_ in ids] for each in ((SEED, CODING), (SEED, CHARGES), (b"t" * 16, CODING))
    ]
    for one, other in ((0, 1), (0, 2)):
        alike = sum(a == b for a, b in zip(lots[one], lots[other], strict=True))
        assert abs(alike / len(ids) - 0.5) < 0.05


@pytest.mark.parametrize(
    ("rule", "about", "not_about"),
    [
        (Rule(WORKER, 100, worker=b"w" * 16), {}, {"worker": b"x" * 16}),
        (Rule(WORKER, 100, worker=b"w" * 16), {}, {"worker": None}),
        (Rule(CODE, 100, code="G04"), {}, {"codes": ("Z23", "J1885")}),
        (Rule(VALUE, 100, cents=12_000), {}, {"cents": 11_999}),
    ],
)
def test_a_rule_picks_what_it_is_about(rule, about, not_about):
    assert picked([rule], CODING, case(**about), SEED) == rule.kind
    assert picked([rule], CODING, case(**not_about), SEED) == ""
    assert picked([rule, Rule(ALL, 100)], CODING, case(**not_about), SEED) == ALL


def test_without_rules_and_after_a_return_everything_is_checked():
    never = [Rule(VALUE, 1, cents=10**9)]
    assert picked([], CODING, case(), b"") == "no-rules"
    assert picked(never, CODING, case(), SEED) == ""
    assert picked(never, CODING, case(came_back=True), SEED) == "came-back"
    assert picked(never, CHARGES, case(duplicate=True), SEED) == "duplicate"
    assert picked(never, CHARGES, case(unreleased=True), SEED) == "unreleased"
    assert {"no-rules", "came-back", "duplicate", "unreleased", ALL, WORKER, CODE, VALUE} == set(WHY)


@given(st.integers(0, 60), FOUND)
def test_accuracy_lies_between_nothing_and_all_and_is_whole_only_without_a_mistake(items, found):
    figure = accuracy(items, found)
    assert 0 <= figure.right <= figure.total
    mistakes = {category for category in found if category not in OTHERS}
    if figure.total:
        assert (figure.permille == 1000) == (not mistakes or (items == 0 and not mistakes & MISSED))
    else:
        assert figure.permille is None


@given(st.lists(st.tuples(st.integers(1, 40), FOUND), max_size=8))
def test_figures_add_up_by_their_parts_whatever_the_order(checks):
    parts = [accuracy(items, found) for items, found in checks]
    assert sum(parts, Accuracy()) == sum(reversed(parts), Accuracy())
    assert sum(parts, Accuracy()).total == sum(part.total for part in parts)


def test_an_average_of_averages_is_none():
    whole = accuracy(2, {"units": 1}) + accuracy(98, {})
    assert (whole, whole.permille) == (Accuracy(99, 100), 990)
    assert accuracy(999, {"modifier": 1}).permille == 998, "rounded down: 99.89 % is not 99.9 %"
    assert accuracy(4, {"procedure-missing": 1, "documentation": 3}) == Accuracy(4, 5)


def test_what_was_found_is_read_or_turned_down():
    assert read_found(["modifier", "", "units", "units"], ["2", "7", "", "1"], CODING_ERRORS) == {
        "modifier": 2, "units": 2,
    }  # fmt: skip
    assert main_category({"units": 1, "modifier": 2}) == "modifier"
    for categories, counts, code in (
        ([""], ["1"], "category"), ([], [], "category"), (["mood"], ["1"], "category"), (["units"], ["0"], "count"),
        (["units"], ["100"], "count"), (["units"], ["0010"], "count"), (["units"], ["9" * 5000], "count"),
        (["units"], ["\N{SUPERSCRIPT TWO}"], "count"),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            read_found(categories, counts, AUDIT_HOLDS)
        assert caught.value.code == code

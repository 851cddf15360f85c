from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.charges import Charge
from portal.domain.posting.charges import charge_entry, move_responsibility_entry, reversal_of, write_off_entry

ON = date(2026, 6, 1)
CHARGE = Charge(b"c" * 16, b"p" * 16, b"e" * 16, 10_000, payer_id=b"y" * 16)


def test_a_charge_stands_with_the_payer_or_without_coverage_with_the_patient() -> None:
    covered, own = charge_entry(CHARGE, ON), charge_entry(replace(CHARGE, payer_id=None), ON)
    assert covered is not None
    assert own is not None
    assert [(line.account, line.amount_cents) for line in covered.lines] == [
        ("receivable:payer", 10_000),
        ("revenue", -10_000),
    ]
    assert own.lines[0].account == "receivable:patient"
    assert all(line.charge_id == CHARGE.charge_id for line in covered.lines)


def test_a_charge_of_nought_makes_no_entry_and_a_negative_one_is_refused() -> None:
    assert charge_entry(replace(CHARGE, amount_cents=0), ON) is None
    with pytest.raises(ValueError, match="not negative"):
        charge_entry(replace(CHARGE, amount_cents=-1), ON)


def test_versions_have_keys_of_their_own_and_a_changed_price_another_digest() -> None:
    first, second = charge_entry(CHARGE, ON), charge_entry(CHARGE, ON, version=2)
    dearer = charge_entry(replace(CHARGE, amount_cents=10_001), ON)
    assert first is not None
    assert second is not None
    assert dearer is not None
    assert first.key != second.key
    assert first.key == dearer.key
    assert first.inputs_digest != dearer.inputs_digest


@given(st.integers(1, 10**9), st.booleans())
def test_undoing_an_entry_leaves_nothing_on_any_account(cents: int, own: bool) -> None:
    entry = charge_entry(replace(CHARGE, amount_cents=cents, payer_id=None if own else b"y" * 16), ON)
    assert entry is not None
    back = reversal_of(entry, b"i" * 16, ON, reason="entered in error")
    sums: Counter[str] = Counter()
    for line in entry.lines + back.lines:
        sums[line.account] += line.amount_cents
    assert set(sums.values()) == {0}
    assert back.reverses_id == b"i" * 16


def test_a_write_off_lowers_one_side_under_its_reason() -> None:
    payer = write_off_entry(CHARGE, 500, "timely-filing", "r1", ON)
    patient = write_off_entry(CHARGE, 500, "hardship", "r2", ON, patient=True)
    assert [line.account for line in payer.lines] == ["write-off:timely-filing", "receivable:payer"]
    assert [line.account for line in patient.lines] == ["write-off:hardship", "receivable:patient"]
    assert payer.lines[1].amount_cents == -500


@pytest.mark.parametrize("to_patient", [True, False])
def test_responsibility_moves_between_payer_and_patient(to_patient: bool) -> None:
    entry = move_responsibility_entry(CHARGE, 700, "coverage-ended", "r1", ON, to_patient=to_patient)
    sums = {line.account: line.amount_cents for line in entry.lines}
    assert sums["receivable:patient"] == (700 if to_patient else -700)


@pytest.mark.parametrize("cents", [0, -1])
def test_nothing_and_less_than_nothing_is_refused(cents: int) -> None:
    with pytest.raises(ValueError, match="lowers"):
        write_off_entry(CHARGE, cents, "x", "r", ON)
    with pytest.raises(ValueError, match="positive"):
        move_responsibility_entry(CHARGE, cents, "x", "r", ON, to_patient=True)

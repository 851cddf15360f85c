"""Charges that are late, and charges that look like others."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.charges import Service, days_late, twins

DAY = date(2026, 8, 3)
SERVICES = st.builds(
    Service,
    charge_id=st.binary(min_size=16, max_size=16),
    patient_id=st.sampled_from([b"p" * 16, b"q" * 16]),
    day=st.sampled_from([DAY, DAY + timedelta(1)]),
    code=st.sampled_from(["G0438", "J1885"]),
    modifiers=st.sampled_from([(), ("25",), ("25", "59"), ("59", "25")]),
    provider_id=st.sampled_from([None, b"c" * 16]),
)


@given(st.integers(-3, 400), st.integers(1, 90))
def test_a_charge_is_late_after_so_many_days(lag, after):
    assert days_late(DAY, DAY + timedelta(lag), after) == (lag if lag > after else 0)


@given(st.lists(SERVICES, max_size=8, unique_by=lambda one: one.charge_id), st.integers(0, 8))
def test_what_looks_alike_agrees_in_everything_and_one_of_each_stands_for_itself(services, cut):
    others, own = services[:cut], services[cut:]
    by_id = {one.charge_id: one for one in services}
    found = twins(own, others)
    assert set(found) <= {one.charge_id for one in own}
    assert all(by_id[one].sameness == by_id[other].sameness and one != other for one, other in found.items())
    standing = [one.sameness for one in (*others, *own) if one.charge_id not in found]
    own_standing = [one.sameness for one in own if one.charge_id not in found]
    assert len(own_standing) == len(set(own_standing))
    assert not set(own_standing) & {one.sameness for one in others}
    assert set(standing) == {one.sameness for one in services}


def test_the_order_of_modifiers_says_nothing():
    one, other = (
        Service(bytes([n]) * 16, b"p" * 16, DAY, "G0438", m, None) for n, m in ((1, ("25", "59")), (2, ("59", "25")))
    )
    assert twins([one], [other]) == {one.charge_id: other.charge_id}

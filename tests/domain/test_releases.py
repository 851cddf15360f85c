"""What a release changes: by its counts, and by what holds on every day before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.releases import Standing, compare

LISTS = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 2), max_size=4)
RELEASES = st.lists(st.tuples(LISTS, st.integers(0, 2), st.booleans()), max_size=5)
START = date(2026, 1, 1)


class Store:
    """Dated entries as a table keeps them."""

    def __init__(self) -> None:
        self.rows: dict[bytes, tuple[str, Standing[int]]] = {}

    def newest(self) -> dict[str, Standing[int]]:
        ordered = sorted(self.rows.values(), key=lambda row: row[1].valid_from)
        return dict(ordered)

    def load(self, listed: dict[str, int], day: date, *, whole: bool) -> tuple[int, int, int]:
        switch = compare(self.newest(), listed, day, whole=whole)
        for id_ in switch.ended:
            key, old = self.rows[id_]
            self.rows[id_] = key, replace(old, valid_to=day - timedelta(days=1))
        for id_ in switch.gone:
            del self.rows[id_]
        for id_, key, value in switch.mended:
            self.rows[id_] = key, replace(self.rows[id_][1], value=value)
        for key, value in switch.new:
            id_ = len(self.rows).to_bytes(2) + key.encode() + str(day).encode()
            self.rows[id_] = key, Standing(id_, value, day)
        return switch.added, switch.changed, switch.retired

    def holds(self, day: date) -> dict[str, int]:
        found = [
            (key, row.value)
            for key, row in self.rows.values()
            if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        ]
        assert len({key for key, _ in found}) == len(found), "one entry of a key holds on a day"
        return dict(found)


@given(RELEASES)
def test_on_its_day_a_release_holds_and_before_it_nothing_changes(releases: list[tuple[dict[str, int], int, bool]]):
    store, day = Store(), START
    for listed, later, whole in releases:
        day += timedelta(days=later)
        before = [store.holds(day - timedelta(days=n)) for n in range(1, 8)]
        stood = store.holds(day)
        counts = store.load(listed, day, whole=whole)
        assert store.holds(day) == (listed if whole else stood | listed)
        assert [store.holds(day - timedelta(days=n)) for n in range(1, 8)] == before
        assert counts == (
            len(listed.keys() - stood.keys()),
            sum(key in stood and stood[key] != value for key, value in listed.items()),
            len(stood.keys() - listed.keys()) if whole else 0,
        )
        assert store.load(listed, day, whole=whole) == (0, 0, 0), "the same again changes nothing"

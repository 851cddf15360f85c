from __future__ import annotations

from datetime import date

from portal.domain.coverage import Coverage, in_order, next_after

DAY = date(2026, 5, 5)
FIRST = Coverage(b"1", b"harbor", "P", date(2026, 1, 1), date(2026, 5, 5))
SECOND = Coverage(b"2", b"summit", "S")
OLD = Coverage(b"3", b"old", "P", None, date(2026, 5, 4))
TWIN = Coverage(b"4", b"harbor", "T")
ODD = Coverage(b"5", b"odd", "X")


def test_active_coverages_come_in_the_order_of_billing() -> None:
    assert in_order([TWIN, ODD, SECOND, OLD, FIRST], DAY) == (FIRST, SECOND, TWIN)
    assert in_order([SECOND, FIRST], date(2026, 5, 6)) == (SECOND,)


def test_the_next_payer_is_another_payer_active_on_the_day() -> None:
    assert next_after([SECOND, FIRST], DAY, b"1") == SECOND
    assert next_after([FIRST, TWIN], DAY, b"1") is None
    assert next_after([FIRST, SECOND], DAY, b"2") is None
    assert next_after([FIRST, SECOND], DAY, b"unknown") is None

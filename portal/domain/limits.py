"""What a payer limits beyond units: visits and days, so many in all or in each day, week, month or year (HSD)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

from portal.domain.eligibility import Limit
from portal.domain.texts import T_, Text

Measure = Literal["units", "visits", "days"]
Period = Literal["whole", "day", "week", "month", "year", "calendar-year"]

_MEASURES: Mapping[str, Measure] = MappingProxyType({"VS": "visits", "DY": "days", "UN": "units", "FL": "units"})
"""HSD01 of which bills tell how many there were; hours (HS) and months (MN) are none of them."""
_PERIODS: Mapping[str, Period] = MappingProxyType({
    "": "whole", "26": "whole", "29": "whole", "7": "day", "35": "week", "34": "month", "21": "year", "22": "year",
    "23": "calendar-year",
})  # fmt: skip
"""HSD05: how long HSD02 holds; an episode (26) and what is left (29) are the approval itself."""
_PATTERNS: Mapping[str, Period] = MappingProxyType({"DA": "day", "WK": "week", "MO": "month", "YR": "year"})
"""HSD03: in each of which there are HSD04."""
MOST: Final = 999_999
"""Of one limit; more is no limit of a service."""

MEASURES: Mapping[str, Text] = MappingProxyType({"VS": T_("Visits"), "DY": T_("Days")})
PERIODS: Mapping[str, Text] = MappingProxyType({
    "": T_("In all"), "7": T_("A day"), "35": T_("A week"), "34": T_("A month"), "21": T_("A year"),
    "23": T_("A calendar year"),
})  # fmt: skip
"""HSD05 as people choose it."""
PATTERNS: Mapping[str, Text] = MappingProxyType({"DA": T_("A day"), "WK": T_("A week"), "MO": T_("A month")})
"""HSD03 as people choose it."""

_WHAT: Mapping[Measure, Text] = MappingProxyType({
    "units": T_("{n} unit", "{n} units"), "visits": T_("{n} visit", "{n} visits"), "days": T_("{n} day", "{n} days"),
})  # fmt: skip
_EACH: Mapping[Period, Text] = MappingProxyType({
    "whole": T_("{what} in all"), "day": T_("{what} a day"), "week": T_("{what} a week"),
    "month": T_("{what} a month"), "year": T_("{what} a year"), "calendar-year": T_("{what} a calendar year"),
})  # fmt: skip
_EVERY: Mapping[Period, Text] = MappingProxyType({
    "day": T_("{what} every {every} days"), "week": T_("{what} every {every} weeks"),
    "month": T_("{what} every {every} months"), "year": T_("{what} every {every} years"),
    "calendar-year": T_("{what} every {every} calendar years"),
})  # fmt: skip
_LEFT: Mapping[Period, Text] = MappingProxyType({
    "whole": T_("{left} of {what} left"), "day": T_("{left} of {what} left for today"),
    "week": T_("{left} of {what} left this week"), "month": T_("{left} of {what} left this month"),
    "year": T_("{left} of {what} left this year"), "calendar-year": T_("{left} of {what} left this calendar year"),
})  # fmt: skip
_LEFT_NOW = T_("{left} of {what} left in these {every} {period}")
_MANY: Mapping[Period, Text] = MappingProxyType({
    "day": T_("days"), "week": T_("weeks"), "month": T_("months"), "year": T_("years"),
    "calendar-year": T_("calendar years"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Days of service, both of them counted."""

    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Each of them."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Taken:
    """What one service takes of one granted line."""

    line_id: bytes
    key: str
    """REF*6R of the service."""
    units: int
    """In thousandths."""
    served: Span
    stay: Span | None = None
    """The days of the stay that the service belongs to, where it belongs to one; they are the days that count."""


@dataclass(frozen=True, slots=True)
class Cap:
    """So many of a measure in each so many periods; units in thousandths, visits and days whole."""

    measure: Measure
    amount: int
    period: Period = "whole"
    every: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a limit says that can be counted, and whether that is all it says."""

    caps: tuple[Cap, ...]
    counted: bool


def read(limit: Limit) -> Reading:
    """What of an HSD is counted.

    HSD01 and HSD02 are the whole of what may be had in HSD06 periods of HSD05 (in all, without one); HSD04 of it may be
    had in each HSD03 (X12 RFI 439). Anything else that it says leaves it not counted.
    """
    measure = _MEASURES.get(limit.kind)
    if measure is None:
        return Reading((), counted=False)
    whole = _cap(measure, limit.quantity, _PERIODS.get(limit.period), limit.periods)
    caps, counted = ([whole], True) if whole is not None else ([], False)
    if limit.unit or limit.rate is not None:
        pattern = _cap(measure, limit.rate, _PATTERNS.get(limit.unit), None)
        caps += [pattern] if pattern is not None else []
        counted = counted and pattern is not None
    return Reading(tuple(caps), counted)


def _cap(measure: Measure, quantity: Decimal | None, period: Period | None, periods: Decimal | None) -> Cap | None:
    if quantity is None or period is None or not 0 < quantity <= MOST:
        return None
    if periods is not None and (periods != int(periods) or not 0 < periods <= MOST or period == "whole"):
        return None
    amount = quantity * 1000 if measure == "units" else quantity
    return Cap(measure, int(amount), period, int(periods or 1)) if amount == int(amount) else None


def can_be_typed(limit: Limit) -> bool:
    """Whether the form of an answer can say all of a limit again."""
    codes = limit.kind in MEASURES and limit.period in PERIODS and limit.unit in {"", *PATTERNS}
    plain = limit.periods in {None, 1} and (limit.rate or 0) <= (limit.quantity or 0)
    return codes and plain and read(limit).counted


def fits(cap: Cap, spent: Sequence[Taken], more: Taken, anchor: date) -> bool:
    """Whether one more leaves a cap unbroken in each period that it touches; what is counted already costs nothing."""
    before, after = filled(cap, spent, anchor), filled(cap, (*spent, more), anchor)
    return all(amount <= cap.amount or amount == before.get(at) for at, amount in after.items())


def filled(cap: Cap, spent: Iterable[Taken], anchor: date) -> dict[int, int]:
    """How much of a cap is used, by period; units of a service of several days count on its first day."""
    found: dict[int, int] = {}
    if cap.measure == "units":
        for one in spent:
            at = _at(cap, one.served.first, anchor)
            found[at] = found.get(at, 0) + one.units
        return found
    spans = {(one.stay or one.served) if cap.measure == "days" else one.served for one in spent}
    for day in {day for span in spans for day in span.days()}:
        at = _at(cap, day, anchor)
        found[at] = found.get(at, 0) + 1
    return found


def left(cap: Cap, spent: Sequence[Taken], anchor: date, on: date) -> int:
    """How much is left in the period of a day; never below nought."""
    return max(cap.amount - filled(cap, spent, anchor).get(_at(cap, on, anchor), 0), 0)


def used_up(cap: Cap, spent: Sequence[Taken], anchor: date, last: date | None) -> bool:
    """Whether no period of an approval has anything left; one without an end always has, but of a cap in all."""
    full = {at for at, amount in filled(cap, spent, anchor).items() if amount >= cap.amount}
    if cap.period == "whole":
        return bool(full)
    return last is not None and all(at in full for at in range(_at(cap, last, anchor) + 1))


def _at(cap: Cap, day: date, anchor: date) -> int:
    """Which period a day is in, that of the approval's first day being 0.

    Weeks begin on Sunday, months and calendar years on their first; other years, and where several periods go
    together, all of them, are counted from the approval's first day.
    """
    return (_index(cap.period, day, anchor) - _index(cap.period, anchor, anchor)) // cap.every


def _index(period: Period, day: date, anchor: date) -> int:
    match period:
        case "whole":
            return 0
        case "day":
            return day.toordinal()
        case "week":
            return day.toordinal() // 7  # the Proleptic calendar's day 0 is a Sunday
        case "month":
            return day.year * 12 + day.month
        case "year":
            return day.year - ((day.month, day.day) < (anchor.month, anchor.day))
        case "calendar-year":
            return day.year


def words(limit: Limit) -> Text:
    """A limit in plain words; one that is not counted as its payer wrote it."""
    found = read(limit)
    if not found.counted:
        return T_("“{written}”", written=written(limit))
    first, *more = (_words(cap) for cap in found.caps)
    return T_("{limit}, at most {more}", limit=first, more=more[0]) if more else first


def _words(cap: Cap) -> Text:
    what = _what(cap)
    each = _EACH[cap.period] if cap.every == 1 else _EVERY[cap.period]
    return Text(each.message, {"what": what, "every": cap.every} if cap.every > 1 else {"what": what})


def _what(cap: Cap) -> Text:
    text, n = _WHAT[cap.measure], _number(cap.amount, cap.measure)
    return Text(text.message, {"n": n}, text.plural)


def left_in_words(cap: Cap, spent: Sequence[Taken], anchor: date, on: date) -> Text:
    """Such as 8 of 10 visits left, or 1 of 2 visits left this week."""
    values: dict[str, Any] = {"left": _number(left(cap, spent, anchor, on), cap.measure), "what": _what(cap)}
    if cap.every == 1:
        return Text(_LEFT[cap.period].message, values)
    return Text(_LEFT_NOW.message, {**values, "every": cap.every, "period": _MANY[cap.period]})


def _number(amount: int, measure: Measure) -> int | str:
    if measure != "units":
        return amount
    whole, rest = divmod(amount, 1000)
    return whole if rest == 0 else f"{Decimal(amount).scaleb(-3).normalize():f}"


def written(limit: Limit) -> str:
    """An HSD as its payer wrote it."""
    parts = ["HSD", limit.kind, _plain(limit.quantity), limit.unit, _plain(limit.rate), limit.period,
             _plain(limit.periods)]  # fmt: skip
    return "*".join(parts).rstrip("*")


def keep(limit: Limit | None) -> list[str] | None:
    """A limit as plain JSON: HSD01 to HSD06."""
    if limit is None:
        return None
    codes = (limit.kind, limit.unit, limit.period)
    kind, unit, period = ("".join(filter(str.isprintable, code))[:10] for code in codes)
    return [kind, _plain(limit.quantity), unit, _plain(limit.rate), period, _plain(limit.periods)]


def kept(stored: Sequence[str] | None) -> Limit | None:
    """The limit that `keep` kept."""
    if not stored:
        return None
    kind, quantity, unit, rate, period, periods = stored
    return Limit(kind, _decimal(quantity), unit, _decimal(rate), period, _decimal(periods))


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None

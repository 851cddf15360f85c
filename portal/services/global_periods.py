"""Global periods: CMS's relative value file loaded, and the periods that services had on their days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import IO

from portal.domain.releases import Standing, compare
from portal.feeds.global_periods import read_periods
from portal.feeds.published import digest_of, lines_of, opened
from portal.models.global_periods import GlobalPeriodRow
from portal.services import releases
from portal.services.unit_of_work.work import UnitOfWork, new_id

PERIODS = "global-days"
_SLICE = 500


def load(uow: UnitOfWork, source: IO[bytes], name: str, effective: date, *, rehearse: bool = False) -> releases.Loaded:
    """Load the periods that hold from a day on; what the file no longer lists ends the day before.

    Raises Refused `layout` with the line number, `order`, `no-codes`, `archive`.
    """
    digest = digest_of(source)
    with opened(PERIODS, source) as stream:
        listed = read_periods(lines_of(stream))
    same = releases.standing_release(uow, PERIODS, effective, digest)
    if same is not None:
        return releases.Loaded(PERIODS, effective, len(listed), 0, 0, 0, same)
    newest: dict[str, Standing[str]] = {}
    columns = (GlobalPeriodRow.id, GlobalPeriodRow.code, GlobalPeriodRow.period, GlobalPeriodRow.valid_from,
               GlobalPeriodRow.valid_to)  # fmt: skip
    for row in uow.rows(uow.select(*columns).order_by(GlobalPeriodRow.valid_from)):
        newest[row.code] = Standing(row.id, row.period, row.valid_from, row.valid_to)
    switch = compare(newest, listed, effective)
    if rehearse:
        return releases.Loaded(PERIODS, effective, len(listed), switch.added, switch.changed, switch.retired)
    releases.end(uow, GlobalPeriodRow, switch.ended, switch.gone, effective)
    for id_, _code, period in switch.mended:
        uow.replace(GlobalPeriodRow, GlobalPeriodRow.id == id_, period=period)
    rows = [{"id": new_id(), "code": code, "period": period, "valid_from": effective} for code, period in switch.new]
    uow.insert(GlobalPeriodRow, rows)
    release_id = releases.record(uow, PERIODS, name, digest, effective, len(listed))
    return releases.Loaded(PERIODS, effective, len(listed), switch.added, switch.changed, switch.retired, release_id)


def periods_of(uow: UnitOfWork, asked: Iterable[tuple[str, date]]) -> dict[tuple[str, date], str]:
    """The period (000, 010, 090) of each service on its day, of those that have one."""
    wanted = set(asked)
    codes = sorted({code for code, _ in wanted})
    spans: dict[str, list[tuple[date, date | None, str]]] = {}
    for start in range(0, len(codes), _SLICE):
        rows = uow.rows(
            uow.select(
                GlobalPeriodRow.code, GlobalPeriodRow.valid_from, GlobalPeriodRow.valid_to, GlobalPeriodRow.period
            ).where(GlobalPeriodRow.code.in_(codes[start : start + _SLICE]))
        )
        for row in rows:
            spans.setdefault(row.code, []).append((row.valid_from, row.valid_to, row.period))
    return {
        (code, day): period
        for code, day in wanted
        for first, last, period in spans.get(code, ())
        if first <= day and (last is None or day <= last)
    }

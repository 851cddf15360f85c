"""NCCI tables: a quarter's PTP edits and unit limits loaded, and as much of them as claims at hand need.

A file of pairs states the days of each edit itself, those that were deleted too. So what it does not list stands: the
four files of a quarter load one by one in any order. The table of units states no days: codes it leaves out end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import IO, Any, cast

from portal.domain.ncci import NcciTables, PairEdit, UnitLimit
from portal.domain.releases import Standing, compare
from portal.feeds.ncci import ListedLimit, read_limits, read_pairs
from portal.feeds.published import digest_of, lines_of, opened
from portal.models.ncci import MueRow, NcciPairsRow
from portal.services import releases
from portal.services.unit_of_work.work import UnitOfWork, new_id

PAIRS, LIMITS = "ncci-ptp", "mue"
"""Names of the two tables, as releases of them are recorded."""

_SLICE = 500
_Edits = dict[tuple[str, date], PairEdit]
"""Edits of one column 1 code by column 2 code and first day."""


@dataclass(frozen=True, slots=True)
class StagedPairs:
    """A file of pairs, read whole and packed by column 1 code, before any transaction is begun."""

    digest: bytes
    count: int
    packed: Mapping[str, bytes]


def stage_pairs(source: IO[bytes]) -> StagedPairs:
    """Read a file of PTP edits, packed or not, as a stream: a twentieth of it is held in memory.

    `source` can be sought. Raises Refused `layout` with the line number, `archive`.
    """
    digest = digest_of(source)
    packed: dict[str, bytes] = {}
    count = 0
    with opened(PAIRS, source) as stream:
        for column_one, edits in _by_column_one(read_pairs(lines_of(stream))):
            if column_one in packed:  # they come in order, but nobody promises it
                edits = _unpacked(packed[column_one]) | edits  # noqa: PLW2901 - the same thing, made whole
            packed[column_one] = _packed(edits)
    count = sum(_count(each) for each in packed.values())
    return StagedPairs(digest, count, packed)


def load_pairs(
    uow: UnitOfWork, staged: StagedPairs, name: str, effective: date, *, rehearse: bool = False
) -> releases.Loaded:
    """Put a staged file beside what stands: edits are added, and changed where an indicator or last day is another.

    Retired are those that get a last day. The same again changes nothing. Raises Refused `order`.
    """
    releases.standing_release(uow, PAIRS, effective, staged.digest)
    added = changed = retired = 0
    writing: dict[str, bytes] = {}
    columns = sorted(staged.packed)
    for start in range(0, len(columns), _SLICE):
        part = columns[start : start + _SLICE]
        query = uow.select(NcciPairsRow.column_one, NcciPairsRow.packed).where(NcciPairsRow.column_one.in_(part))
        standing = {row.column_one: row.packed for row in uow.rows(query)}
        for column_one in part:
            new = staged.packed[column_one]
            if column_one not in standing:
                writing[column_one] = new
                added += _count(new)
            if standing.get(column_one, new) == new:
                continue
            old_edits = _unpacked(standing[column_one])
            new_edits = _unpacked(new)
            for key, edit in new_edits.items():
                old = old_edits.get(key)
                ended = old is not None and old.valid_to is None and edit.valid_to is not None
                added += old is None
                retired += ended
                changed += old is not None and old != edit and not ended
            writing[column_one] = _packed(old_edits | new_edits)
    release_id = None
    if not rehearse and writing:
        for start in range(0, len(writing), _SLICE):
            part = sorted(writing)[start : start + _SLICE]
            uow.erase(NcciPairsRow, NcciPairsRow.column_one.in_(part))
            rows = [
                {"id": new_id(), "column_one": each, "pair_count": _count(writing[each]), "packed": writing[each]}
                for each in part
            ]
            uow.insert(NcciPairsRow, rows)
        release_id = releases.record(uow, PAIRS, name, staged.digest, effective, staged.count)
    return releases.Loaded(PAIRS, effective, staged.count, added, changed, retired, release_id)


def load_limits(
    uow: UnitOfWork, source: IO[bytes], name: str, effective: date, *, rehearse: bool = False
) -> releases.Loaded:
    """Load the table of unit limits that holds from a day on; limits it no longer lists end the day before.

    Raises Refused `layout` with the line number, `order`, `archive`.
    """
    digest = digest_of(source)
    with opened(LIMITS, source) as stream:
        listed = read_limits(lines_of(stream))
    same = releases.standing_release(uow, LIMITS, effective, digest)
    if same is not None:
        return releases.Loaded(LIMITS, effective, len(listed), 0, 0, 0, same)
    newest: dict[str, Standing[ListedLimit]] = {}
    for row in uow.rows(
        uow.select(
            MueRow.id, MueRow.code, MueRow.units, MueRow.indicator, MueRow.rationale, MueRow.valid_from, MueRow.valid_to
        ).order_by(MueRow.valid_from)
    ):
        value = ListedLimit(row.units, row.indicator, row.rationale)
        newest[row.code] = Standing(row.id, value, row.valid_from, row.valid_to)
    switch = compare(newest, listed, effective)
    counts = releases.Loaded(LIMITS, effective, len(listed), switch.added, switch.changed, switch.retired)
    if rehearse:
        return counts
    releases.end(uow, MueRow, switch.ended, switch.gone, effective)
    for id_, _code, value in switch.mended:
        uow.replace(MueRow, MueRow.id == id_, **_values(value))
    uow.insert(
        MueRow,
        [{"id": new_id(), "code": code, "valid_from": effective, **_values(value)} for code, value in switch.new],
    )
    release_id = releases.record(uow, LIMITS, name, digest, effective, len(listed))
    return releases.Loaded(LIMITS, effective, len(listed), switch.added, switch.changed, switch.retired, release_id)


def _values(limit: ListedLimit) -> dict[str, Any]:
    return {"units": limit.units, "indicator": limit.indicator, "rationale": limit.rationale}


def tables_of(uow: UnitOfWork, procedures: Iterable[str]) -> NcciTables:
    """What both tables say of services among each other: two questions for any number of claims."""
    wanted = sorted(set(procedures))
    pairs: dict[tuple[str, str], tuple[PairEdit, ...]] = {}
    limits: dict[str, tuple[UnitLimit, ...]] = {}
    for start in range(0, len(wanted), _SLICE):
        part = wanted[start : start + _SLICE]
        query = uow.select(NcciPairsRow.column_one, NcciPairsRow.packed).where(NcciPairsRow.column_one.in_(part))
        for row in uow.rows(query) if len(wanted) > 1 else ():
            for (column_two, _day), edit in _unpacked(row.packed, set(wanted).__contains__).items():
                key = row.column_one, column_two
                pairs[key] = (*pairs.get(key, ()), edit)
        for row in uow.rows(
            uow.select(MueRow.code, MueRow.units, MueRow.indicator, MueRow.valid_from, MueRow.valid_to)
            .where(MueRow.code.in_(part))
            .order_by(MueRow.valid_from)
        ):
            limit = UnitLimit(row.valid_from, row.valid_to, row.units, row.indicator)
            limits[row.code] = (*limits.get(row.code, ()), limit)
    return NcciTables(pairs, limits)


def _by_column_one(pairs: Iterable[tuple[str, str, PairEdit]]) -> Iterator[tuple[str, _Edits]]:
    """Rows that follow each other with one column 1 code, together."""
    column_one, edits = "", _Edits()
    for first, second, edit in pairs:
        if first != column_one and edits:
            yield column_one, edits
            edits = {}
        column_one = first
        edits[second, edit.valid_from] = edit
    if edits:
        yield column_one, edits


# Packed: lines of column 2, first day, last day or *, and indicator, in order, deflated.


def _packed(edits: _Edits) -> bytes:
    lines = (
        f"{code} {_text(edit.valid_from)} {_text(edit.valid_to)} {edit.indicator}"
        for (code, _), edit in sorted(edits.items())
    )
    return zlib.compress("\n".join(lines).encode("ascii"), 6)


def _unpacked(packed: bytes, wanted: Callable[[str], bool] | None = None) -> _Edits:
    found: _Edits = {}
    for line in zlib.decompress(packed).decode("ascii").split("\n"):
        if wanted is not None and not wanted(line[:5]):
            continue
        code, starts, ends, indicator = line.split(" ")
        edit = PairEdit(cast("date", _day(starts)), _day(ends), cast("Any", indicator))
        found[code, edit.valid_from] = edit
    return found


def _count(packed: bytes) -> int:
    return zlib.decompress(packed).count(b"\n") + 1


@lru_cache(maxsize=4096)
def _text(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day is not None else "*"


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text != "*" else None

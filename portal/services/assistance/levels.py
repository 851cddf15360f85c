"""Poverty guidelines: loaded year by year, and the one that holds for a household on a day."""

from __future__ import annotations

from datetime import date
from typing import IO, Final

from portal.domain.assistance.levels import Level, newest, region_of
from portal.feeds.poverty import read_levels, shipped
from portal.feeds.published import digest_of, lines_of, opened
from portal.models.assistance import PovertyLevelRow
from portal.services import releases
from portal.services.unit_of_work.work import UnitOfWork, new_id

LEVELS: Final = "poverty"


def load(uow: UnitOfWork, source: IO[bytes], name: str, effective: date, *, rehearse: bool = False) -> releases.Loaded:
    """Load guidelines of one or several years; those of other years stay, the same year and region is replaced.

    Raises Refused `layout` with the line number, `order`, `no-codes`, `archive`.
    """
    digest = digest_of(source)
    with opened(LEVELS, source) as stream:
        listed = read_levels(lines_of(stream))
    same = releases.standing_release(uow, LEVELS, effective, digest)
    if same is not None:
        return releases.Loaded(LEVELS, effective, len(listed), 0, 0, 0, same)
    row = PovertyLevelRow
    known = {(each.year, each.region): each.id for each in uow.rows(uow.select(row.id, row.year, row.region))}
    standing = {(each.year, each.region): each for each in _loaded(uow)}
    added = [each for each in listed if (each.year, each.region) not in known]
    changed = [
        each for each in listed if standing.get((each.year, each.region), each) != each
    ]  # fmt: skip
    if rehearse:
        return releases.Loaded(LEVELS, effective, len(listed), len(added), len(changed), 0)
    for each in changed:
        where = row.id == known[each.year, each.region]
        uow.replace(row, where, dollars=list(each.dollars), extra=each.extra)
    uow.insert(row, [
        {"id": new_id(), "year": each.year, "region": each.region, "dollars": list(each.dollars), "extra": each.extra}
        for each in added
    ])  # fmt: skip
    release_id = releases.record(uow, LEVELS, name, digest, effective, len(listed), whole=False)
    return releases.Loaded(LEVELS, effective, len(listed), len(added), len(changed), 0, release_id)


def level_of(uow: UnitOfWork, state: str, day: date) -> Level | None:
    """The guideline for a two-letter state on a day: what was loaded, else what comes with the house."""
    loaded = _loaded(uow)
    years = {(each.year, each.region) for each in loaded}
    both = (*loaded, *(each for each in shipped() if (each.year, each.region) not in years))
    return newest(both, region_of(state), day)


def _loaded(uow: UnitOfWork) -> tuple[Level, ...]:
    row = PovertyLevelRow
    found = uow.rows(uow.select(row.year, row.region, row.dollars, row.extra))
    return tuple(Level(each.year, each.region, tuple(each.dollars), each.extra) for each in found)

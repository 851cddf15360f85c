"""The list of files in and out, narrowed by kind, state, partner and days, and the partners that cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_

from portal.access.policy import decide
from portal.domain.texts import Text
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow, PracticeRow
from portal.services import interchanges, transport
from portal.services.files import reading
from portal.services.files.showing import KINDS, STATES, kind_words, state_of
from portal.services.intake.showing import State, colleague
from portal.services.transport import Trouble
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class FileItem:
    """One file of the list."""

    interchange_id: str
    name: str
    kind: Text
    direction: str
    at: datetime
    by: str
    state: State
    claims: int
    findings: int


@dataclass(frozen=True, slots=True)
class FileSearch:
    """What the list is narrowed to: a kind and a state by code, a partner by id in hex, days of the practice."""

    kind: str = ""
    state: str = ""
    partner: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return self != FileSearch()

    @property
    def address(self) -> dict[str, str]:
        """What of it stands in an address."""
        given = {
            "kind": self.kind, "state": self.state, "partner": self.partner,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class ImportsPage:
    """Files, the newest first; `newer` and `older` are the files to go on from."""

    files: tuple[FileItem, ...]
    may_upload: bool
    may_register: bool
    largest_mb: int
    newer: str | None
    older: str | None
    search: FileSearch
    kinds: tuple[tuple[str, Text], ...]
    states: tuple[tuple[str, Text], ...]
    partners: tuple[tuple[str, str], ...]
    troubles: tuple[Trouble, ...]


def listed(
    uow: UnitOfWork, search: FileSearch = FileSearch(), *, before: bytes | None = None, after: bytes | None = None
) -> ImportsPage:
    """Files older than `before` or newer than `after`, else the newest, of those that the search leaves."""
    at, key = InterchangeRow.created_at, InterchangeRow.id
    edge = before or after
    where = _narrowed(uow, search)
    if edge is not None:
        row = uow.row(uow.select(at).where(key == edge))
        then = row.created_at if row else uow.now
        beyond = (at < then, key < edge) if before else (at > then, key > edge)
        where.append(or_(beyond[0], and_(at == then, beyond[1])))
    newest_last = before is None and after is not None
    columns = (
        key, InterchangeRow.name_sealed, InterchangeRow.kind, InterchangeRow.direction, at, InterchangeRow.created_by,
        InterchangeRow.state, InterchangeRow.items, InterchangeRow.finding_count,
    )  # fmt: skip
    rows = list(
        uow.rows(
            uow.select(*columns)
            .where(*where)
            .order_by(*((at, key) if newest_last else (at.desc(), key.desc())))
            .limit(PAGE_ROWS + 1)
        )
    )
    more = len(rows) > PAGE_ROWS
    rows = rows[:PAGE_ROWS][::-1] if newest_last else rows[:PAGE_ROWS]
    uow.expect(*(row.id for row in rows))
    files = _items(uow, rows)
    newer, older = (more, bool(rows)) if newest_last else (edge is not None, more)
    partners = uow.rows(uow.select(PartnerRow.id, PartnerRow.name).order_by(PartnerRow.name))
    return ImportsPage(
        files=files,
        may_upload=reading.may_bring(uow.actor),
        may_register=decide(uow.actor, "visit:import").allowed,
        largest_mb=interchanges.LIMIT_BYTES // 2**20,
        newer=files[0].interchange_id if files and newer else None,
        older=files[-1].interchange_id if files and older else None,
        search=search,
        kinds=tuple((code, words) for code, words in KINDS.items() if code),
        states=tuple(STATES.items()),
        partners=tuple((row.id.hex(), row.name) for row in partners),
        troubles=transport.troubles(uow),
    )


def _narrowed(uow: UnitOfWork, search: FileSearch) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if search.kind:
        where.append(InterchangeRow.kind == search.kind)
    if search.state:
        where.append(InterchangeRow.state == search.state)
    if search.partner:
        where.append(InterchangeRow.partner_id == bytes.fromhex(search.partner))
    if search.since or search.until:
        zone = ZoneInfo(uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == uow.practice_id)))
        if search.since:
            where.append(InterchangeRow.created_at >= datetime.combine(search.since, time(), zone))
        if search.until:
            where.append(InterchangeRow.created_at < datetime.combine(search.until + timedelta(days=1), time(), zone))
    return where


def _items(uow: UnitOfWork, rows: list[Any]) -> tuple[FileItem, ...]:
    names = {identity: colleague(uow, identity) for identity in {row.created_by for row in rows}}
    return tuple(
        FileItem(
            row.id.hex(),
            uow.open(row.name_sealed, InterchangeRow.name_sealed, row=row.id, subject=row.id),
            kind_words(row.kind), row.direction, row.created_at, names[row.created_by], state_of(row.state), row.items,
            row.finding_count,
        )
        for row in rows
    )  # fmt: skip

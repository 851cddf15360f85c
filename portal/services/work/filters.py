"""What a queue can be narrowed by, and views that people keep under a name: values of open columns only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from portal.access import roles
from portal.access.permissions import PERMISSIONS
from portal.domain.errors import NotFound, Refused
from portal.domain.money import Money
from portal.domain.queues import Queue
from portal.domain.texts import T_, Text, from_json
from portal.domain.work import DUE_WITHIN, NAME_LETTERS, OVER_CENTS, SORTS, Narrowing, narrowing
from portal.models.queues import QueueFilterRow, QueueItemRow
from portal.models.users import GrantRow, UserRow
from portal.services import queues
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work.lists import IS_OPEN, payers

MOST_KEPT = 12
"""Filters of one person for one queue: more cannot be told apart on a page."""
_MOST_REASONS = 40


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works a queue here, oneself too."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a queue can be narrowed by."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Options:
    """What the form of a queue offers: what lies in it now, and who works it."""

    reasons: tuple[Option, ...]
    payers: tuple[Option, ...]
    colleagues: tuple[Colleague, ...]
    sorts: tuple[tuple[str, Text], ...] = tuple(SORTS.items())
    due_within: tuple[int, ...] = DUE_WITHIN
    over: tuple[Money, ...] = tuple(Money(cents) for cents in OVER_CENTS)


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved filter."""

    filter_id: str
    name: str
    narrowing: Narrowing


def options(uow: UnitOfWork, name: str) -> Options:
    """What a queue that the actor works can be narrowed by."""
    queue = queues.worked(uow, name)
    return Options(_reasons(uow, queue), _payers(uow, queue), colleagues(uow, queue))


def colleagues(uow: UnitOfWork, queue: Queue) -> tuple[Colleague, ...]:
    """The people of the practice whose roles work a queue, by name."""
    user = UserRow
    rows = uow.rows(uow.select(user.id, user.name_sealed).where(*_works(uow, queue)))
    uow.expect(*{row.id for row in rows})
    found = (
        Colleague(
            row.id.hex(),
            uow.open(row.name_sealed, user.name_sealed, row=row.id, subject=row.id, practice=INSTALLATION),
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.user_id)))


def all_work(uow: UnitOfWork, queue: Queue, users: set[bytes]) -> bool:
    """Whether all of these work a queue now."""
    found = uow.rows(uow.select(UserRow.id).where(*_works(uow, queue), UserRow.id.in_(sorted(users))))
    return {row.id for row in found} == users


def _works(uow: UnitOfWork, queue: Queue) -> tuple[ColumnElement[bool], ...]:
    wanted = sorted(PERMISSIONS[queue.permission].reach_by_role.keys() & roles.STAFF)
    works = uow.select(GrantRow.user_id).where(
        GrantRow.practice_id == uow.practice_id, GrantRow.role.in_(wanted), GrantRow.ended_at.is_(None)
    )
    return UserRow.state == "ACTIVE", UserRow.id.in_(works.scalar_subquery())


def colleague(uow: UnitOfWork, queue: Queue, user_id: str) -> Colleague:
    """One of them; raises Refused `no-colleague` for anybody else."""
    for each in colleagues(uow, queue):
        if each.user_id == user_id:
            return each
    raise Refused(T_("Choose somebody who works this queue. Nothing was changed."), code="no-colleague")


def kept(uow: UnitOfWork, name: str) -> tuple[Kept, ...]:
    """The actor's saved filters of a queue, the oldest first."""
    row = QueueFilterRow
    rows = uow.rows(
        uow.select(row.id, row.practice_id, row.name_sealed, row.narrowing)
        .where(row.user_id == uow.actor.user_id, row.practice_id == uow.practice_id, row.queue == name)
        .order_by(row.created_at, row.id)
    )
    return tuple(
        Kept(
            each.id.hex(),
            uow.open(each.name_sealed, row.name_sealed, row=each.id, subject=each.practice_id),
            narrowing(each.narrowing),
        )
        for each in rows
    )


def keep(uow: UnitOfWork, name: str, given: Narrowing, words: str) -> None:
    """Keep a view of a queue under a name; the same name again takes the new view. Raises Refused."""
    queues.worked(uow, name)
    words = " ".join(words.split())[:NAME_LETTERS]
    if not words:
        raise Refused(T_("Give the filter a name."), code="name-missing")
    standing = kept(uow, name)
    for each in standing:
        if each.name.casefold() == words.casefold():
            uow.change(_own(uow, bytes.fromhex(each.filter_id)), narrowing=given.pairs())
            return
    if len(standing) >= MOST_KEPT:
        raise Refused(T_("You keep {n} filters of this queue already. Drop one first.", n=MOST_KEPT), code="too-many")
    uow.new(
        QueueFilterRow, user_id=uow.actor.user_id, queue=name, name_sealed=words, narrowing=given.pairs(),
        created_at=uow.now,
    )  # fmt: skip


def drop(uow: UnitOfWork, name: str, filter_id: bytes) -> None:
    """Drop one of the actor's saved filters; raises NotFound for anybody else's."""
    queues.worked(uow, name)
    uow.delete(_own(uow, filter_id))


def _own(uow: UnitOfWork, filter_id: bytes) -> QueueFilterRow:
    found = uow.get(QueueFilterRow, filter_id)
    if found.user_id != uow.actor.user_id:
        raise NotFound(ABSENT, code="not-found")
    return found


def _reasons(uow: UnitOfWork, queue: Queue) -> tuple[Option, ...]:
    """The reasons that lie in a queue, each by one look into the index, with the words of one item that has it."""
    item = QueueItemRow
    here = (item.practice_id == uow.practice_id, item.queue == queue.name, IS_OPEN)
    order = (item.reason, item.due_on, item.id)
    # the first by the index itself: PostgreSQL reads a whole queue for min() as long as it knows nothing of the table
    first = uow.select(item.reason).where(*here).order_by(*order).limit(1)
    seen = select(first.scalar_subquery().label("reason")).cte("seen", recursive=True)
    later = first.where(item.reason > seen.c.reason).correlate(seen)
    seen = seen.union_all(select(later.scalar_subquery()).where(seen.c.reason.is_not(None)))
    sample = uow.select(item.detail).where(*here, item.reason == seen.c.reason).order_by(*order).limit(1)
    rows = uow.rows(
        select(seen.c.reason, sample.correlate(seen).scalar_subquery().label("detail"))
        .where(seen.c.reason.is_not(None))
        .limit(_MOST_REASONS)
    )
    return tuple(Option(row.reason, _words(row, queue)) for row in rows)


def _words(row: Any, queue: Queue) -> Text:
    said = from_json(row.detail["text"]) if "text" in row.detail else queue.title
    return T_("{why} ({code})", why=said, code=row.reason)


def _payers(uow: UnitOfWork, queue: Queue) -> tuple[Option, ...]:
    return tuple(Option(row.id.hex(), T_("{name}", name=row.name)) for row in payers(uow, queue.name))

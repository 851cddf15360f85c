"""How much lies in queues, their views and saved filters, counted up to a limit: no page reads a million rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union_all

from portal.domain import queues as rules
from portal.domain.money import Money
from portal.domain.queues import QUEUES
from portal.domain.texts import T_, Text
from portal.domain.work import Narrowing
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work import lists
from portal.services.work.lists import IS_OPEN

MOST = 2_000
"""Counted exactly up to here where many queues stand together; beyond it is "more than", whatever it costs to know.

Ten queues that are full cost this page 40 ms so, and 148 ms where each is counted up to 10,000 (SQLite, one core).
"""
MOST_OF_ONE = 10_000
"""The same on the page of one queue: as many as a step with a whole view takes (`work.bulk`)."""


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How much lies in a queue; `more` where it is more than was counted."""

    queue: str
    title: Text
    about: Text
    open: int
    mine: int
    due_soon: int
    amount: Money | None
    more: bool = False
    """`open` and `amount` are at least so much."""
    more_mine: bool = False
    more_due: bool = False


@dataclass(frozen=True, slots=True)
class WorkPage:
    """The queues of somebody's roles."""

    today: date
    queues: tuple[QueueCount, ...]


def counted(uow: UnitOfWork, name: str, many: Sequence[Narrowing], today: date) -> list[tuple[int, bool]]:
    """How many items of a queue fit each view, and whether there are more than MOST_OF_ONE; in one statement."""
    parts = [
        select(func.count()).select_from(
            uow.select(QueueItemRow.id)
            .where(*lists.conditions(uow, name, each, today))
            .order_by(*lists.by_index(each))
            .limit(MOST_OF_ONE + 1)
            .subquery()
        )
        for each in many
    ]
    row = uow.row(select(*(part.scalar_subquery().label(f"n{at}") for at, part in enumerate(parts))))
    return [_capped(number, MOST_OF_ONE) for number in row or ()]


def work(uow: UnitOfWork) -> WorkPage:
    """What waits in the queues that the actor's roles work."""
    today = uow.today()
    mine = [queue for queue in QUEUES.values() if queues.may_work(uow.actor, queue)]
    if not mine:
        return WorkPage(today, ())
    names = union_all(*(select(literal(queue.name).label("name")) for queue in mine)).subquery("queues")
    item = QueueItemRow
    here = (item.practice_id == uow.practice_id, item.queue == names.c.name, IS_OPEN)
    soon = item.due_on <= today + timedelta(days=rules.PRESSING_DAYS)

    def part(column: Any, view: str, *more: ColumnElement[bool]) -> Any:
        """The first rows of one queue, its name given by the statement around it."""
        order = lists.by_index(Narrowing(view))
        found = uow.select(column.label("it")).where(*here, *more).order_by(*order).limit(MOST + 1)
        return found.correlate(names).subquery()

    def count(view: str, *more: ColumnElement[bool]) -> Any:
        return select(func.count()).select_from(part(item.id, view, *more)).scalar_subquery()

    rows = uow.rows(
        select(
            names.c.name, count("all").label("n"), count("mine", item.holder_id == uow.actor.user_id).label("mine"),
            count("due", soon).label("soon"),
            select(func.sum(part(item.at_risk_cents, "all").c.it)).scalar_subquery().label("cents"),
        )
    )  # fmt: skip
    found = {row.name: row for row in rows}
    return WorkPage(today, tuple(_count(queue, found[queue.name]) for queue in mine))


def _count(queue: rules.Queue, row: Any) -> QueueCount:
    (n, more), (own, more_own), (soon, more_soon) = (_capped(each, MOST) for each in (row.n, row.mine, row.soon))
    cents = int(row.cents or 0)
    return QueueCount(
        queue.name, queue.title, T_("Open work") if n else queue.empty, n, own, soon, Money(cents) if cents else None,
        more, more_own, more_soon,
    )  # fmt: skip


def _capped(number: int, most: int) -> tuple[int, bool]:
    return min(number, most), number > most

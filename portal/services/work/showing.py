"""A queue as its page shows it: rows, views and saved filters with their counts, what it can be narrowed by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from portal.access.policy import decide
from portal.domain.errors import Refused
from portal.domain.queues import QUEUES
from portal.domain.tables import Cell, write_csv
from portal.domain.texts import T_, Text
from portal.domain.work import VIEWS, Narrowing
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work import bulk, counts, filters, lists
from portal.services.work.bulk import Lately
from portal.services.work.filters import Kept, Options
from portal.services.work.lists import IS_OPEN, QueueRow

MOST_EXPORTED = 5_000
"""Rows of one export; more are taken in several, by narrowing."""
MOST_FOUND = 100
"""Items that a search shows."""

HEADER = (
    T_("Queue"), T_("Number"), T_("Patient or file"), T_("Payer"), T_("Why it is here"), T_("Code"), T_("Amount"),
    T_("Age in days"), T_("Due"), T_("Put off until"), T_("With"), T_("Next step"),
)  # fmt: skip
"""Columns of an export: what the page shows and no more (45 CFR 164.502(b)): no birth dates, no diagnoses."""


@dataclass(frozen=True, slots=True)
class View:
    """One view of a queue, and how much lies in it; `more` where it is more than was counted."""

    name: str
    label: Text
    count: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class KeptView:
    """A saved filter and how much fits it."""

    filter_id: str
    name: str
    address: dict[str, str]
    count: int
    more: bool
    current: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a queue, the first to do on top; `newer` and `older` are the items to go on from."""

    queue: str
    title: Text
    sentence: Text
    narrowing: Narrowing
    views: tuple[View, ...]
    kept: tuple[KeptView, ...]
    options: Options
    rows: tuple[QueueRow, ...]
    empty_next: Text
    newer: str | None
    older: str | None
    may_export: bool
    most: int
    """Of how many items at most a step with everything in the view is."""
    lately: tuple[Lately, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A file of a view, and how many items it holds."""

    name: str
    body: bytes
    count: int


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Items of the patients that a search found, in all queues that the actor works; None before any search."""

    q: str
    rows: tuple[tuple[Text, QueueRow], ...] | None
    more: bool


def show(
    uow: UnitOfWork,
    name: str,
    narrowed: Narrowing | None = None,
    *,
    after: bytes | None = None,
    before: bytes | None = None,
) -> QueuePage:
    """One page of a queue; `after` and `before` are items at whose edge it begins or ends.

    Raises NotFound for a queue that does not exist or that the actor's roles do not work.
    """
    queue, narrowed, today = queues.worked(uow, name), narrowed or Narrowing(), uow.today()
    kept, offered = filters.kept(uow, name), filters.options(uow, name)
    wanted = [replace(narrowed, view=view) for view in VIEWS] + [each.narrowing for each in kept]
    found = counts.counted(uow, name, wanted, today)
    items, newer, older = lists.page(uow, name, narrowed, after=after, before=before)
    views = tuple(View(view, VIEWS[view], *count) for view, count in zip(VIEWS, found, strict=False))
    return QueuePage(
        queue.name, queue.title, _sentence(views[0], narrowed), narrowed, views,
        tuple(_kept(each, count, narrowed) for each, count in zip(kept, found[len(VIEWS) :], strict=True)),
        offered, tuple(lists.shown(uow, item, today) for item in items), queue.empty,
        items[0].id.hex() if items and newer else None, items[-1].id.hex() if items and older else None,
        may_export(uow), bulk.MOST, bulk.lately(uow, queue, offered.colleagues),
    )  # fmt: skip


def find(uow: UnitOfWork, q: str, patients: Sequence[bytes], scanned: int) -> FoundPage:
    """The open items of patients that a search of these words found; the search is told, sealed."""
    mine = [queue.name for queue in QUEUES.values() if queues.may_work(uow.actor, queue)]
    item = QueueItemRow
    where = (
        item.practice_id == uow.practice_id, IS_OPEN, item.queue.in_(mine), item.patient_id.in_(sorted(set(patients))),
    )  # fmt: skip
    statement = lists.selected(uow).where(*where).order_by(item.due_on, item.id).limit(MOST_FOUND + 1)
    found = list(uow.rows(statement)) if patients and mine else []
    uow.expect(*{row.holder_id for row in found if row.holder_id is not None})
    today = uow.today()
    rows = tuple((QUEUES[row.queue].title, lists.shown(uow, row, today)) for row in found[:MOST_FOUND])
    uow.searched(q, scanned=scanned, shown=len(rows))
    return FoundPage(q, rows, len(found) > MOST_FOUND)


def export(uow: UnitOfWork, name: str, narrowed: Narrowing, say: Callable[[Text], str]) -> Export:
    """A view of a queue as CSV in which nothing is a formula, told with its count and digest.

    Open the unit of work as kind "export". Raises Refused for more than MOST_EXPORTED items, and for none.
    """
    queue, today = queues.worked(uow, name), uow.today()
    found = lists.walk(uow, name, narrowed, MOST_EXPORTED + 1)
    if len(found) > MOST_EXPORTED:
        raise Refused(T_("More than {n} items fit. Narrow the view.", n=MOST_EXPORTED), code="too-many")
    if not found:
        raise Refused(T_("Nothing waits in this view, so there is nothing to export."), code="nothing")
    rows = [_cells(queue.title, lists.shown(uow, item, today)) for item in found]
    body = write_csv(
        [say(each) for each in HEADER],
        [[say(cell) if isinstance(cell, Text) else cell for cell in row] for row in rows],
    ).encode()
    uow.trail.count, uow.trail.digest = len(rows), hashlib.sha256(body).digest()
    return Export(f"{queue.name}-{today.isoformat()}.csv", body, len(rows))


def may_export(uow: UnitOfWork) -> bool:
    """Whether the actor's roles export, perhaps after a fresh sign-in."""
    return decide(uow.actor, "queue:export").reason in {"", "step-up-needed"}


def _cells(title: Text, row: QueueRow) -> tuple[Cell | Text, ...]:
    dollars = f"{row.amount.cents // 100}.{row.amount.cents % 100:02d}" if row.amount is not None else None
    return (
        title, row.number, row.name, row.payer_name, row.why, row.code, dollars, row.age_days,
        row.due_on.isoformat() if row.due_on else None, row.back_on.isoformat() if row.back_on else None, row.holder,
        row.next_step,
    )  # fmt: skip


def _kept(each: Kept, count: tuple[int, bool], narrowed: Narrowing) -> KeptView:
    return KeptView(each.filter_id, each.name, each.narrowing.pairs(), *count, each.narrowing == narrowed)


def _sentence(everything: View, narrowed: Narrowing) -> Text:
    n = everything.count
    if everything.more:
        return T_("More than {n} items wait here.", n=n)
    if narrowed.narrows:
        return T_("{n} item fits the filter.", "{n} items fit the filter.", n=n)
    return T_("{n} item waits here.", "{n} items wait here.", n=n)

"""One page of a queue in any of its orders, read from its place in an index, what was put off behind all the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from portal.domain import queues as rules
from portal.domain.claims import Person
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.queues import QUEUES
from portal.domain.texts import Text, from_json
from portal.domain.work import Narrowing
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.queues import QueueItemRow
from portal.models.users import UserRow
from portal.services import queues
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50

IS_OPEN = QueueItemRow.state == literal_column(f"'{queues.OPEN}'")
"""Written into the statement, not bound: only so does SQLite see that an index over what is open may be used."""

_LONG_AGO = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One item that waits; `kind` says which page it opens, `target_id` of what. Ids are hex."""

    item_id: str
    kind: str
    target_id: str
    number: str
    name: str
    payer_name: str | None
    why: Text
    code: str | None
    amount: Money | None
    age_days: int
    due_on: date | None
    days_left: int | None
    holder: str | None
    next_step: Text
    back_on: date | None = None
    """Put off until this day."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A part of a list with one order: rows that fit, by these columns and then the id, all of them one way."""

    where: tuple[ColumnElement[bool], ...]
    by: tuple[InstrumentedAttribute[Any], ...]
    falling: bool = False
    first: tuple[InstrumentedAttribute[Any], ...] = ()
    """Columns with one value in all of the run, said for PostgreSQL, which does not see it of IS NULL."""


_ORDERS: dict[str, tuple[tuple[InstrumentedAttribute[Any], ...], bool]] = {
    "due": ((QueueItemRow.due_on,), False),
    "priority": ((QueueItemRow.priority,), True),
    "age": ((QueueItemRow.created_at,), False),
    "amount": ((QueueItemRow.at_risk_cents,), True),
    "reason": ((QueueItemRow.reason, QueueItemRow.due_on), False),
}


def conditions(uow: UnitOfWork, name: str, narrowed: Narrowing, today: date) -> list[ColumnElement[bool]]:
    """What lies in a queue of the practice in this view, in any order."""
    item = QueueItemRow
    where = [item.practice_id == uow.practice_id, item.queue == name, IS_OPEN]
    views: dict[str, list[ColumnElement[bool]]] = {
        "mine": [item.holder_id == uow.actor.user_id],
        "unassigned": [item.holder_id.is_(None)],
        "due": [item.due_on <= today],
        "skipped": [item.put_off_until > today, item.put_off_until.is_not(None)],
    }
    where += views.get(narrowed.view, [])
    if narrowed.reason:
        where.append(item.reason == narrowed.reason)
    if narrowed.payer:
        where.append(item.payer_id == bytes.fromhex(narrowed.payer))
    if narrowed.owner:
        where.append(item.holder_id == bytes.fromhex(narrowed.owner))
    if narrowed.due_days is not None:
        where.append(item.due_on <= today + timedelta(days=narrowed.due_days))
    if narrowed.over_cents is not None:
        where.append(item.at_risk_cents > narrowed.over_cents)
    return where


def by_index(narrowed: Narrowing) -> tuple[InstrumentedAttribute[Any], ...]:
    """An order whose index holds what fits this view close together.

    Counting asks for it, so that no engine that knows too little of the table looks through all of a queue.
    """
    item = QueueItemRow
    if narrowed.view in {"mine", "unassigned"} or narrowed.owner:
        return (item.holder_id, item.due_on, item.id)
    if narrowed.view == "skipped":
        return (item.put_off_until, item.id)
    if narrowed.reason:
        return (item.reason, item.due_on, item.id)
    if narrowed.payer:
        return (item.payer_id, item.due_on, item.id)
    if narrowed.over_cents is not None:
        return (item.at_risk_cents, item.id)
    return (item.due_on, item.id)


def ready(today: date) -> ColumnElement[bool]:
    """What is not put off today. As one term, so that no engine looks for it by an index."""
    return func.coalesce(QueueItemRow.put_off_until, literal(_LONG_AGO, QueueItemRow.put_off_until.type)) <= today


def page(
    uow: UnitOfWork, name: str, narrowed: Narrowing, *, after: bytes | None, before: bytes | None
) -> tuple[list[Any], bool, bool]:
    """The rows of one page in order, and whether there are rows before and after it."""
    edge = _edge(uow, name, after or before)
    backwards = edge is not None and after is None
    found = walk(uow, name, narrowed, PAGE_ROWS + 1, edge=edge, backwards=backwards)
    more = len(found) > PAGE_ROWS
    if backwards:
        return found[-PAGE_ROWS:], more, True
    return found[:PAGE_ROWS], edge is not None and bool(found), more


def walk(
    uow: UnitOfWork, name: str, narrowed: Narrowing, most: int, *, edge: Any = None, backwards: bool = False,
    of: Any = None,
) -> list[Any]:  # fmt: skip
    """Up to so many rows in order, from an edge on or up to it: run after run until there are enough.

    `of` selects what is wanted of each, its holder among it; left out, all that a row shows.
    """
    today = uow.today()
    runs = _runs(uow, name, narrowed, today, edge)
    at = (len(runs) - 1 if backwards else 0) if edge is None else _run_of(runs, edge, today)
    found: list[Any] = []
    for number in range(at, -1, -1) if backwards else range(at, len(runs)):
        here = edge if number == at else None
        found += _read(uow, of, runs[number][1], here, backwards=backwards, most=most - len(found))
        if len(found) >= most:
            break
    uow.expect(*{row.holder_id for row in found if row.holder_id is not None})
    return found[::-1] if backwards else found


def first_free(uow: UnitOfWork, name: str, narrowed: Narrowing) -> QueueItemRow | None:
    """The first item that is with nobody, in this order, locked until the transaction ends; what is put off is not."""
    view = "due" if narrowed.view == "due" else "unassigned"
    today = uow.today()
    for payer, run in _runs(uow, name, replace(narrowed, view=view, owner=""), today, None):
        keys = (*run.first, *run.by, QueueItemRow.id)
        statement = (
            uow.select(QueueItemRow)
            .where(*run.where, QueueItemRow.holder_id.is_(None))
            .order_by(*(each.desc() if run.falling else each for each in keys))
            .with_for_update(skip_locked=True)
        )
        found = None if payer is None else uow.first(statement)
        if found is not None:
            return found
    return None


def _runs(
    uow: UnitOfWork, name: str, narrowed: Narrowing, today: date, edge: Any
) -> list[tuple[bytes | str | None, _Run]]:
    """The runs of a list, each under its payer's id, "" for all payers; what is put off is the last, under None."""
    where = tuple(conditions(uow, name, narrowed, today))
    item = QueueItemRow
    late = _Run((*where, item.put_off_until > today, item.put_off_until.is_not(None)), (item.put_off_until,))
    if narrowed.view == "skipped":
        return [(None, late)]
    where = (*where, ready(today))
    if narrowed.sort == "payer":
        by = (item.due_on,)
        found: list[tuple[bytes | str | None, _Run]] = [
            (row.id, _Run((*where, item.payer_id == row.id), by)) for row in payers(uow, name, edge)
        ]
        found.append((b"", _Run((*where, item.payer_id.is_(None)), by, first=(item.payer_id,))))
        return [*found, (None, late)]
    columns, falling = _ORDERS[narrowed.sort]
    nobody = narrowed.view == "unassigned" and narrowed.sort == "due"
    return [("", _Run(where, columns, falling, (item.holder_id,) if nobody else ())), (None, late)]


def _run_of(runs: Sequence[tuple[bytes | str | None, _Run]], edge: Any, today: date) -> int:
    """In which run a row lies."""
    if edge.put_off_until is not None and edge.put_off_until > today:
        return len(runs) - 1
    names = [name for name, _ in runs]
    payer = edge.payer_id or b""
    return names.index(payer) if payer in names else 0


def payers(uow: UnitOfWork, name: str, edge: Any = None) -> Sequence[Any]:
    """The payers with open items in a queue, and that of the edge, by name; one look into an index for each payer."""
    item = QueueItemRow
    here = (item.practice_id == uow.practice_id, item.queue == name, IS_OPEN, item.payer_id == PayerRow.id)
    # one row asked for, not EXISTS, which PostgreSQL turns into a join that reads the whole queue
    one = uow.select(item.id).where(*here).order_by(item.payer_id, item.due_on, item.id).limit(1)
    wanted = one.correlate(PayerRow).scalar_subquery().is_not(None)
    if edge is not None and edge.payer_id is not None:
        wanted |= PayerRow.id == edge.payer_id
    return uow.rows(uow.select(PayerRow.id, PayerRow.name).where(wanted).order_by(PayerRow.name, PayerRow.id))


def _edge(uow: UnitOfWork, name: str, item_id: bytes | None) -> Any:
    """What a page goes on from: an item's place, also when it is done by now; None begins at the top."""
    item = QueueItemRow
    if item_id is None:
        return None
    columns = (item.id, item.payer_id, item.put_off_until, item.due_on, item.priority, item.created_at,
               item.at_risk_cents, item.reason)  # fmt: skip
    return uow.row(uow.select(*columns).where(item.id == item_id, item.queue == name))


NAMES = (
    PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed, PatientRow.suffix_sealed,
)  # fmt: skip


def selected(uow: UnitOfWork) -> Any:
    """Items with all that a row shows of them, to be narrowed and ordered."""
    item = QueueItemRow
    return (
        uow.select(
            item.id, item.queue, item.subject_table, item.subject_id, item.patient_id, item.practice_id, item.reason,
            item.detail, item.at_risk_cents, item.created_at, item.due_on, item.holder_id, item.put_off_until,
        )
        .add_columns(PayerRow.name.label("payer_name"), UserRow.name_sealed.label("holder_sealed"), *NAMES)
        .outerjoin(PatientRow, and_(PatientRow.id == item.patient_id, uow.within(PatientRow)))
        .outerjoin(PayerRow, PayerRow.id == item.payer_id)
        .outerjoin(UserRow, and_(UserRow.id == item.holder_id, uow.within(UserRow)))
    )  # fmt: skip


def _read(uow: UnitOfWork, of: Any, run: _Run, edge: Any, *, backwards: bool, most: int) -> list[Any]:
    keys = (*run.by, QueueItemRow.id)
    falling = run.falling is not backwards
    where = run.where
    if edge is not None:
        # as a row, so that both engines begin at this place of the index instead of reading up to it
        here, there = tuple_(*keys), tuple_(*(literal(getattr(edge, each.key), each.type) for each in keys))
        where = (*where, here < there if falling else here > there)
    order = [each.desc() if falling else each for each in (*run.first, *keys)]
    wanted = selected(uow) if of is None else of
    return list(uow.rows(wanted.where(*where).order_by(*order).limit(most)))


def shown(uow: UnitOfWork, item: Any, today: date) -> QueueRow:
    """A row as people see it, its names opened."""
    queue = QUEUES[item.queue]
    kind = queues.kind_of(item.queue, item.subject_table)
    detail = item.detail
    number = str(detail.get("number", ""))
    target = (item.patient_id if kind == "account" and item.patient_id else item.subject_id).hex()
    if item.subject_table == "remittance_claim":
        # A payment's claim is worked on the page of the payment.
        target = detail.get("remittance", target)
    return QueueRow(
        item.id.hex(), kind, target, number, _name(uow, item) or number or "-", item.payer_name,
        from_json(detail["text"]) if "text" in detail else queue.title, detail.get("code"),
        Money(item.at_risk_cents) if item.at_risk_cents else None, max(0, (uow.now - item.created_at).days),
        item.due_on, rules.days_left(item.due_on, today), _holder(uow, item),
        from_json(detail["todo"]) if "todo" in detail else queues.next_step(kind),
        item.put_off_until if item.put_off_until and item.put_off_until > today else None,
    )  # fmt: skip


def _name(uow: UnitOfWork, item: Any) -> str:
    if item.patient_id is None:
        return ""
    last, first, middle, suffix = (
        uow.open(getattr(item, each.key), each, row=item.patient_id, subject=item.patient_id) or "" for each in NAMES
    )
    return full_name(Person(last, first, middle, suffix))


def _holder(uow: UnitOfWork, item: Any) -> str | None:
    if item.holder_id is None or item.holder_sealed is None:
        return None
    found: str = uow.open(
        item.holder_sealed, UserRow.name_sealed, row=item.holder_id, subject=item.holder_id, practice=INSTALLATION
    )
    return found

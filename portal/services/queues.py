"""Work that waits for people: putting it into its one queue, taking it out, taking it on, showing what waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, tuple_

from portal.access import policy
from portal.domain import queues as rules
from portal.domain.claims import Person
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.queues import QUEUES, Queue
from portal.domain.texts import T_, Text, from_json
from portal.models.base import Base
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.queues import QueueItemRow
from portal.models.users import UserRow
from portal.services.unit_of_work.fields import row_id
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork

OPEN, DONE = "OPEN", "DONE"
PAGE_ROWS = 50
VIEWS = {"all": T_("All"), "mine": T_("With me"), "unassigned": T_("With nobody"), "due": T_("Due now")}

_KINDS = {"coding": "code", "code-review": "review", "charge-entry": "charge", "charge-audit": "audit"}
_OPENS = {
    "claim": "claim", "remittance": "remittance", "remittance_claim": "remittance", "denial": "denial",
    "interchange": "file",
}  # fmt: skip
_STEPS = {
    "code": T_("Code the visit"), "review": T_("Check the codes"), "charge": T_("Enter the charges"),
    "audit": T_("Audit the charges"), "claim": T_("Open the claim"), "remittance": T_("Open the payment"),
    "file": T_("Open the file"), "denial": T_("Work the denial"), "account": T_("Open the account"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One view of a queue, and how much lies in it."""

    name: str
    label: Text
    count: int


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


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a queue, the first to do on top; `newer` and `older` are the items to go on from."""

    queue: str
    title: Text
    sentence: Text
    view: str
    views: tuple[View, ...]
    rows: tuple[QueueRow, ...]
    empty_next: Text
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How much lies in a queue."""

    queue: str
    title: Text
    about: Text
    open: int
    mine: int
    due_soon: int
    amount: Money | None


@dataclass(frozen=True, slots=True)
class WorkPage:
    """The queues of somebody's roles."""

    today: date
    queues: tuple[QueueCount, ...]


def put(
    uow: UnitOfWork,
    queue: str,
    subject: Base,
    *,
    reason: str,
    detail: dict[str, Any] | None = None,
    patient_id: bytes | None = None,
    payer_id: bytes | None = None,
    at_risk_cents: int = 0,
    due_on: date | None = None,
    priority: int = 0,
) -> QueueItemRow:
    """Put a thing into a queue; where it lay in another, it leaves that one: an item lies in one queue at a time.

    A thing that lies in this queue already keeps its place, holder and age; its reason follows.
    """
    patient = patient_id or getattr(subject, "patient_id", None)
    payer = payer_id or getattr(subject, "payer_id", None)
    for item in items_of(uow, subject):
        if item.queue == queue:
            day = due_on or item.due_on
            uow.change(item, reason=reason, detail=detail or {}, at_risk_cents=at_risk_cents, due_on=day)
            return item
        _finish(uow, item)
    return uow.new(
        QueueItemRow,
        practice_id=subject.practice_id,  # type: ignore[attr-defined]  # what waits belongs to a practice
        queue=queue,
        state=OPEN,
        subject_table=subject.__tablename__,
        subject_id=row_id(subject),
        patient_id=patient,
        payer_id=payer,
        reason=reason,
        detail=detail or {},
        at_risk_cents=at_risk_cents,
        priority=priority,
        due_on=due_on or rules.due_on(rules.QUEUES[queue], uow.today()),
        created_at=uow.now,
    )


def follow(
    uow: UnitOfWork,
    subject: Base,
    *,
    reason: str,
    at_risk_cents: int = 0,
    detail: dict[str, Any] | None = None,
    limit: date | None = None,
    payer_id: bytes | None = None,
) -> None:
    """Put a thing with a life into the queue of its state, or take it out of all where nobody has to work it.

    `limit` is the day that matters for its urgency (filing, appeal), where there is one.
    """
    queue = rules.queue_of(subject.__tablename__, subject.state)  # type: ignore[attr-defined]  # it has a life
    if queue is None:
        done(uow, subject)
        return
    today = uow.today()
    put(
        uow, queue.name, subject, reason=reason, detail=detail, payer_id=payer_id, at_risk_cents=at_risk_cents,
        due_on=rules.due_on(queue, today, limit), priority=rules.priority(at_risk_cents, rules.days_left(limit, today)),
    )  # fmt: skip


def done(uow: UnitOfWork, subject: Base) -> None:
    """A thing waits no longer, in whichever queue it lay."""
    for item in items_of(uow, subject):
        _finish(uow, item)


def items_of(uow: UnitOfWork, subject: Base) -> list[QueueItemRow]:
    """The open items of a thing; at most one."""
    uow.flush()
    return uow.entities(
        uow.select(QueueItemRow).where(
            QueueItemRow.subject_table == subject.__tablename__,
            QueueItemRow.subject_id == row_id(subject),
            QueueItemRow.state == OPEN,
        )
    )


def _finish(uow: UnitOfWork, item: QueueItemRow) -> None:
    uow.change(item, state=DONE, done_at=uow.now)


def work(uow: UnitOfWork) -> WorkPage:
    """What waits in the queues that the actor's roles work."""
    today, mine = uow.today(), QueueItemRow.holder_id == uow.actor.user_id
    soon = QueueItemRow.due_on <= today + timedelta(days=rules.PRESSING_DAYS)
    rows = uow.rows(
        uow.select(
            QueueItemRow.queue, func.count().label("n"), func.count().filter(mine).label("mine"),
            func.count().filter(soon).label("soon"), func.sum(QueueItemRow.at_risk_cents).label("cents"),
        )
        .where(QueueItemRow.state == OPEN)
        .group_by(QueueItemRow.queue)
    )  # fmt: skip
    counted = {row.queue: row for row in rows}
    found = []
    for queue in QUEUES.values():
        if not _may_work(uow, queue):
            continue
        row = counted.get(queue.name)
        cents = int(row.cents or 0) if row else 0
        found.append(
            QueueCount(
                queue.name, queue.title, T_("Open work") if row else queue.empty, row.n if row else 0,
                row.mine if row else 0, row.soon if row else 0, Money(cents) if cents else None,
            )
        )  # fmt: skip
    return WorkPage(today, tuple(found))


def show(
    uow: UnitOfWork, name: str, *, view: str = "all", after: bytes | None = None, before: bytes | None = None
) -> QueuePage:
    """One page of a queue in a view, by due day; `after` and `before` are items at whose edge it begins or ends.

    Raises NotFound for a queue that does not exist or that the actor's roles do not work.
    """
    queue = _queue(uow, name)
    today = uow.today()
    wheres: dict[str, list[ColumnElement[bool]]] = {
        "all": [],
        "mine": [QueueItemRow.holder_id == uow.actor.user_id],
        "unassigned": [QueueItemRow.holder_id.is_(None)],
        "due": [QueueItemRow.due_on <= today],
    }
    view = view if view in wheres else "all"
    here = [QueueItemRow.practice_id == uow.practice_id, QueueItemRow.queue == name, QueueItemRow.state == OPEN]
    counts = uow.row(
        uow.select(
            *(func.count(QueueItemRow.id).filter(*where or [QueueItemRow.state == OPEN]) for where in wheres.values())
        ).where(*here)
    )
    items = _page(uow, [*here, *wheres[view]], after, before)
    back, more = before is not None and len(items) > PAGE_ROWS, before is None and len(items) > PAGE_ROWS
    items = items[-PAGE_ROWS:] if before is not None else items[:PAGE_ROWS]
    return QueuePage(
        queue.name,
        queue.title,
        T_("{n} item waits here.", "{n} items wait here.", n=counts[0] if counts else 0),
        view,
        tuple(View(each, VIEWS[each], number) for each, number in zip(wheres, counts or (), strict=False)),
        tuple(_as_row(uow, queue, item, today) for item in items),
        queue.empty,
        items[0].id.hex() if items and (back or after is not None) else None,
        items[-1].id.hex() if items and (more or before is not None) else None,
    )


def assign(uow: UnitOfWork, name: str, items: Sequence[bytes], *, put_back: bool = False) -> int:
    """Take items of a queue on, or put them back for anyone; returns how many changed hands. What is done is passed."""
    _queue(uow, name)
    holder = None if put_back else uow.actor.user_id
    where = (QueueItemRow.queue == name, QueueItemRow.state == OPEN, QueueItemRow.id.in_(list(items)[:PAGE_ROWS]))
    changed = 0
    for item in uow.entities(uow.select(QueueItemRow).where(*where)):
        if item.holder_id != holder:
            uow.change(item, holder_id=holder)
            changed += 1
    return changed


def _queue(uow: UnitOfWork, name: str) -> Queue:
    queue = QUEUES.get(name)
    if queue is None or not _may_work(uow, queue):
        raise NotFound(T_("There is no such queue, or your roles do not work it."), code="not-found")
    return queue


def _may_work(uow: UnitOfWork, queue: Queue) -> bool:
    return policy.decide(uow.actor, queue.permission).reason in {"", "step-up-needed"}


_NAMES = (
    PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed, PatientRow.suffix_sealed,
)  # fmt: skip


def _page(uow: UnitOfWork, where: list[ColumnElement[bool]], after: bytes | None, before: bytes | None) -> list[Any]:
    """Up to one row more than a page, in order, with the names that go with them."""
    edge = after or before
    due, key = QueueItemRow.due_on, QueueItemRow.id
    if edge is not None:
        day = uow.value(uow.select(due).where(key == edge)) or uow.today()
        # as a row, so that both engines begin at this place of the index instead of reading up to it
        here, there = tuple_(due, key), tuple_(literal(day, due.type), literal(edge, key.type))
        where = [*where, here > there if after else here < there]
    backwards = before is not None and after is None
    statement = (
        uow.select(
            QueueItemRow.id, QueueItemRow.subject_table, QueueItemRow.subject_id, QueueItemRow.patient_id,
            QueueItemRow.practice_id, QueueItemRow.reason, QueueItemRow.detail, QueueItemRow.at_risk_cents,
            QueueItemRow.created_at, due, QueueItemRow.holder_id,
        )
        .add_columns(PayerRow.name.label("payer_name"), UserRow.name_sealed.label("holder_sealed"), *_NAMES)
        .outerjoin(PatientRow, and_(PatientRow.id == QueueItemRow.patient_id, uow.within(PatientRow)))
        .outerjoin(PayerRow, PayerRow.id == QueueItemRow.payer_id)
        .outerjoin(UserRow, and_(UserRow.id == QueueItemRow.holder_id, uow.within(UserRow)))
        .where(*where)
        .order_by(*((due.desc(), key.desc()) if backwards else (due, key)))
        .limit(PAGE_ROWS + 1)
    )  # fmt: skip
    found = list(uow.rows(statement))
    uow.expect(*{row.holder_id for row in found if row.holder_id is not None})
    return found[::-1] if backwards else found


def _as_row(uow: UnitOfWork, queue: Queue, item: Any, today: date) -> QueueRow:
    kind = _KINDS.get(queue.name) or _OPENS.get(item.subject_table, "account")
    detail = item.detail
    number = str(detail.get("number", ""))
    name = ""
    if item.patient_id is not None:
        last, first, middle, suffix = (
            uow.open(getattr(item, each.key), each, row=item.patient_id, subject=item.patient_id) or ""
            for each in _NAMES
        )
        name = full_name(Person(last, first, middle, suffix))
    holder = None
    if item.holder_id is not None:
        holder = uow.open(
            item.holder_sealed, UserRow.name_sealed, row=item.holder_id, subject=item.holder_id, practice=INSTALLATION
        )
    target = (item.patient_id if kind == "account" and item.patient_id else item.subject_id).hex()
    if item.subject_table == "remittance_claim":
        # A payment's claim is worked on the page of the payment.
        target = detail.get("remittance", target)
    return QueueRow(
        item.id.hex(), kind, target, number, name or number or "-", item.payer_name,
        from_json(detail["text"]) if "text" in detail else queue.title, detail.get("code"),
        Money(item.at_risk_cents) if item.at_risk_cents else None, max(0, (uow.now - item.created_at).days),
        item.due_on, rules.days_left(item.due_on, today), holder,
        from_json(detail["todo"]) if "todo" in detail else _STEPS[kind],
    )  # fmt: skip

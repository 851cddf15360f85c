"""Work that waits for people: putting it into its one queue, taking it out, showing what waits."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.domain import queues as rules
from portal.models.base import Base
from portal.models.queues import QueueItemRow
from portal.services.unit_of_work.fields import row_id
from portal.services.unit_of_work.work import UnitOfWork

OPEN, DONE = "OPEN", "DONE"


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
            uow.change(item, reason=reason, detail=detail or {}, at_risk_cents=at_risk_cents, due_on=due_on)
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
        due_on=due_on,
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
        uow, queue.name, subject, reason=reason, detail=detail, at_risk_cents=at_risk_cents,
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

"""Work that waits for people: putting it into its one queue, taking it out, what page it opens, and its kept steps."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.access import policy
from portal.access.actors import Actor
from portal.domain import queues as rules
from portal.domain import work
from portal.domain.errors import NotFound
from portal.domain.queues import QUEUES, Queue
from portal.domain.texts import T_, Text, to_json
from portal.models.base import Base
from portal.models.queues import QueueItemRow, QueueStepRow
from portal.services.unit_of_work.fields import row_id
from portal.services.unit_of_work.work import UnitOfWork

OPEN, DONE = "OPEN", "DONE"

_KINDS = {
    "bills": "bill",
    "card-cases": "card-case",
    "questions": "question",
    "coding": "code",
    "code-review": "review",
    "charge-entry": "charge",
    "charge-audit": "audit",
    "calls": "call",
    "pre-collection": "referral",
}
_OPENS = {
    "authorization": "authorization",
    "claim": "claim", "remittance": "remittance", "remittance_claim": "remittance", "denial": "denial",
    "interchange": "file", "partner": "files", "contact": "contact", "notice": "notice",
    "conversation": "message", "assistance": "assistance", "payment_plan": "plan",
}  # fmt: skip
_STEPS = {
    "authorization": T_("Open the authorization"), "assistance": T_("Open the request for help"),
    "card-case": T_("Open the payment"),
    "bill": T_("Verify the bill"), "question": T_("Answer the question"),
    "code": T_("Code the visit"), "review": T_("Check the codes"), "charge": T_("Enter the charges"),
    "audit": T_("Audit the charges"), "claim": T_("Open the claim"), "remittance": T_("Open the payment"),
    "file": T_("Open the file"), "files": T_("See the files"),
    "denial": T_("Work the denial"), "contact": T_("Open the contact"), "account": T_("Open the account"),
    "call": T_("Make the call"), "referral": T_("Decide about collection"), "notice": T_("Mail the letter"),
    "message": T_("Answer the message"), "plan": T_("Open the payment plan"),
}  # fmt: skip


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

    A thing that lies in this queue already keeps its place, holder and age; its reason follows, and where that is
    another one, it is put off no longer: whoever put it off did not know.
    """
    patient = patient_id or getattr(subject, "patient_id", None)
    payer = payer_id or getattr(subject, "payer_id", None)
    for item in items_of(uow, subject):
        if item.queue == queue:
            day = due_on or item.due_on
            if day != item.due_on:
                tell(uow, item, work.DUE, day=day, day_before=item.due_on)
            put_off = item.put_off_until if item.reason == reason else None
            uow.change(
                item, reason=reason, detail=detail or {}, at_risk_cents=at_risk_cents, due_on=day, put_off_until=put_off
            )
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


def put_off(uow: UnitOfWork, subject_table: str, subject_id: bytes, until: date) -> None:
    """What waits for somebody outside is put off until a day, yet never past the day on which it is due."""
    for item in open_of(uow, subject_table, subject_id):
        day = min(until, item.due_on)
        if day > uow.today():
            uow.change(item, put_off_until=day)
            tell(uow, item, work.SKIPPED, reason="patient", day=day)


def answered(uow: UnitOfWork, subject_table: str, subject_id: bytes, *, reason: str, text: Text) -> bool:
    """What somebody outside was asked for is here: its item is to be worked again, at once; False where none waits."""
    found = open_of(uow, subject_table, subject_id)
    for item in found:
        detail = {name: value for name, value in item.detail.items() if name != "todo"} | {"text": to_json(text)}
        uow.change(item, reason=reason, detail=detail, put_off_until=None)
        tell(uow, item, work.ANSWERED)
    return bool(found)


def reclock(uow: UnitOfWork, subject: Base, limit: date | None) -> None:
    """Where a thing lies, its due day and urgency follow a limit (filing, appeal) that is another now."""
    for item in items_of(uow, subject):
        day = rules.due_on(rules.QUEUES[item.queue], item.created_at.date(), limit)
        if day != item.due_on:
            tell(uow, item, work.DUE, day=day, day_before=item.due_on)
        left = rules.days_left(limit, uow.today())
        uow.change(item, due_on=day, priority=rules.priority(item.at_risk_cents, left))


def done(uow: UnitOfWork, subject: Base) -> None:
    """A thing waits no longer, in whichever queue it lay."""
    for item in items_of(uow, subject):
        _finish(uow, item)


def items_of(uow: UnitOfWork, subject: Base) -> list[QueueItemRow]:
    """The open items of a thing; at most one."""
    return open_of(uow, subject.__tablename__, row_id(subject))


def open_of(uow: UnitOfWork, subject_table: str, subject_id: bytes) -> list[QueueItemRow]:
    """The same of a thing that is named by its table and id only."""
    uow.flush()
    return uow.entities(
        uow.select(QueueItemRow).where(
            QueueItemRow.subject_table == subject_table,
            QueueItemRow.subject_id == subject_id,
            QueueItemRow.state == OPEN,
        )
    )


def _finish(uow: UnitOfWork, item: QueueItemRow) -> None:
    uow.change(item, state=DONE, done_at=uow.now)


def tell(
    uow: UnitOfWork,
    item: QueueItemRow,
    kind: str,
    *,
    holder_id: bytes | None = None,
    reason: str | None = None,
    day: date | None = None,
    day_before: date | None = None,
    words: str | None = None,
    by: bytes | None = None,
) -> None:
    """Keep one step with an item: what it was, with whom it is then, why, which day, and free words, sealed.

    `by` is the user whose step it is, where a job carries it out for them.
    """
    uow.new(
        QueueStepRow, practice_id=item.practice_id, patient_id=item.patient_id, item_id=item.id, kind=kind,
        actor=uow.actor.identity if by is None else by.hex(), holder_id=holder_id, reason=reason, day=day,
        day_before=day_before, words_sealed=words or None, at=uow.now,
    )  # fmt: skip


def may_work(actor: Actor, queue: Queue) -> bool:
    """Whether somebody's roles work a queue; a step of it may still ask for a fresh sign-in."""
    return policy.decide(actor, queue.permission).reason in {"", "step-up-needed"}


def worked(uow: UnitOfWork, name: str) -> Queue:
    """A queue that the actor works; raises NotFound for one that does not exist, or that others work."""
    queue = QUEUES.get(name)
    if queue is None or not may_work(uow.actor, queue):
        raise NotFound(T_("There is no such queue, or your roles do not work it."), code="not-found")
    return queue


def kind_of(queue: str, subject_table: str) -> str:
    """Which page an item opens, such as bill, question, code, claim or file; the account where nothing is better."""
    return _KINDS.get(queue) or _OPENS.get(subject_table, "account")


def next_step(kind: str) -> Text:
    """What there is to do with an item of a kind, where nothing better was said when it came."""
    return _STEPS[kind]

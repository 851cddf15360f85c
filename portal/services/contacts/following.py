"""What comes next after a contact: the due day of what waits already, else an item of its own; and its end."""

from __future__ import annotations

from datetime import date

from portal.domain import queues as rules
from portal.domain import work
from portal.domain.texts import T_, to_json
from portal.models.contacts import ContactRow
from portal.models.denials import DenialRow
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.contacts.subjects import Subject
from portal.services.unit_of_work.work import UnitOfWork

QUEUE = "contact-follow-up"
_UNFILED = frozenset({"DRAFT", "READY", "HELD", "REJECTED", "SUBMITTED"})
"""States of a claim whose filing limit still runs: what no payer took in may never have arrived."""


def follow(uow: UnitOfWork, about: Subject, contact: ContactRow) -> date | None:
    """Let the next day of a contact be seen to; the day it is due, None where nothing follows.

    What waits in a queue keeps its place and gets the day, yet never one after the limit that it runs against (filing,
    appeal). Where nothing waits, the contact itself does.
    """
    if contact.next_on is None:
        return None
    settle(uow, about)
    waiting = _waiting(uow, about)
    if not waiting:
        return _put(uow, about, contact, _within(uow, contact.next_on, _filing(about)))
    limits = _limits(uow, about, waiting)
    for item in waiting:
        day = _within(uow, contact.next_on, limits.get(item.id))
        if day != item.due_on:
            queues.tell(uow, item, work.DUE, day=day, day_before=item.due_on)
            uow.change(item, due_on=day)
    return min(item.due_on for item in waiting)


def settle(uow: UnitOfWork, about: Subject) -> int:
    """Whatever waited because of earlier contacts about this waits no longer; how many items."""
    return _end(uow, follow_ups(uow, about))


def settle_own(uow: UnitOfWork, about: Subject, contact_id: bytes) -> int:
    """What waited because of one contact waits no longer; what a later one asked for waits on. How many items."""
    return _end(uow, [item for item in follow_ups(uow, about) if item.subject_id == contact_id])


def waiting(items: list[QueueItemRow]) -> str:
    """What waits, in one word: another when anything of it was put off, ended or added since."""
    return ".".join(sorted(f"{item.id.hex()}-{item.version}" for item in items))


def _end(uow: UnitOfWork, items: list[QueueItemRow]) -> int:
    for item in items:
        uow.change(item, state=queues.DONE, done_at=uow.now)
    return len(items)


def follow_ups(uow: UnitOfWork, about: Subject) -> list[QueueItemRow]:
    """The open items that contacts about this put into their queue."""
    uow.flush()
    ours = uow.select(ContactRow.id).where(ContactRow.about == about.about, ContactRow.about_id == about.row.id)
    return uow.entities(
        uow.select(QueueItemRow).where(
            QueueItemRow.subject_table == ContactRow.__tablename__,
            QueueItemRow.subject_id.in_(ours),
            QueueItemRow.state == queues.OPEN,
        )
    )


def _waiting(uow: UnitOfWork, about: Subject) -> list[QueueItemRow]:
    """The open items of the thing itself; of a claim, else those of its denials."""
    if about.about == "payer":
        return []
    found = queues.items_of(uow, about.row)
    if found or about.about != "claim":
        return found
    denied = uow.select(DenialRow.id).where(DenialRow.claim_id == about.row.id)
    return uow.entities(
        uow.select(QueueItemRow).where(
            QueueItemRow.subject_table == DenialRow.__tablename__,
            QueueItemRow.subject_id.in_(denied),
            QueueItemRow.state == queues.OPEN,
        )
    )


def _limits(uow: UnitOfWork, about: Subject, waiting: list[QueueItemRow]) -> dict[bytes, date | None]:
    """By item, the last day that its work may lie: filing of a claim that was not taken, appeal of a denial."""
    if about.about != "claim":
        return {}
    filing = _filing(about)
    rows = uow.rows(uow.select(DenialRow.id, DenialRow.appeal_due).where(DenialRow.claim_id == about.row.id))
    appeals = {row.id: row.appeal_due for row in rows}
    return {
        item.id: appeals.get(item.subject_id) if item.subject_table == DenialRow.__tablename__ else filing
        for item in waiting
    }


def _filing(about: Subject) -> date | None:
    return about.row.filing_due if about.about == "claim" and about.row.state in _UNFILED else None


def _within(uow: UnitOfWork, day: date, limit: date | None) -> date:
    return day if limit is None else min(day, max(limit, uow.today()))


def _put(uow: UnitOfWork, about: Subject, contact: ContactRow, day: date) -> date:
    at_risk = about.row.charge_cents if about.about == "claim" else 0
    number = about.row.name if about.about == "payer" else about.number
    queues.put(
        uow, QUEUE, contact, reason="follow-up",
        detail={"text": to_json(T_("Follow up with the payer")), "number": number},
        patient_id=about.patient_id, payer_id=about.payer_id, at_risk_cents=at_risk, due_on=day,
        priority=rules.priority(at_risk, rules.days_left(day, uow.today())),
    )  # fmt: skip
    return day

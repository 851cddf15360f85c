"""Mails that there is something new: they name nobody and nothing, and come once an hour at most."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.access.actors import Actor
from portal.domain.messages.life import TASK, Answering
from portal.models.messages import ConversationRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.services import addresses, outbox, policies
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

EVERY = timedelta(hours=1)
"""No conversation mails more often."""
_MORNING = time(9)


def ask(uow: UnitOfWork, row: ConversationRow, message_id: bytes) -> None:
    """Ask for a mail about what the office just wrote, an hour after the last one at the earliest."""
    after = max(uow.now, row.noticed_at + EVERY) if row.noticed_at else None
    outbox.later(
        uow, "message.notice", f"message.notice:{message_id.hex()}", {"conversation": row.id}, run_after=after,
        practice_id=row.practice_id,
    )  # fmt: skip


def ask_reminder(uow: UnitOfWork, row: ConversationRow, due_on: date) -> None:
    """Ask for a reminder of a task some days before its day, in the practice's morning; none for one due at once."""
    zone = ZoneInfo(uow.get(PracticeRow, row.practice_id).time_zone)
    days = policies.current(uow, row.practice_id, Answering).remind_days
    at = datetime.combine(due_on - timedelta(days=days), _MORNING, zone)
    if at > uow.now + timedelta(days=1):
        outbox.later(
            uow, "message.reminder", f"message.reminder:{row.id.hex()}", {"conversation": row.id}, run_after=at,
            practice_id=row.practice_id,
        )  # fmt: skip


def notice(units: Units, parts: Parts, actor: Actor, conversation_id: bytes) -> None:
    """The job after the office wrote: a mail, unless the patient has read it, or was told within the hour."""
    with units.write(actor, "message:remind") as uow:
        row = uow.get(ConversationRow, conversation_id)
        told = row.noticed_at is not None and row.noticed_at + EVERY > uow.now
        if not told and unread(row):
            _mail(uow, parts, row)


def remind(units: Units, parts: Parts, actor: Actor, conversation_id: bytes) -> None:
    """The job before a task's day: a mail, unless it was answered or cancelled."""
    with units.write(actor, "message:remind") as uow:
        row = uow.get(ConversationRow, conversation_id)
        if row.kind == TASK and row.state == "WITH_PATIENT":
            _mail(uow, parts, row)


def unread(row: ConversationRow) -> bool:
    """Whether the office wrote something that nobody on the patient's side has opened."""
    wrote, read = row.office_wrote_at, row.patient_read_at
    return wrote is not None and (read is None or read < wrote)


def _mail(uow: UnitOfWork, parts: Parts, row: ConversationRow) -> None:
    patient = uow.get(PatientRow, row.patient_id)
    address = addresses.email_of(uow, patient)
    if address:
        name = uow.get(PracticeRow, row.practice_id).name
        outbox.mail(
            uow, "something_new", recipient=address, subject_id=patient.id, practice_id=row.practice_id,
            language=patient.language, parameters={"practice": name, "url": parts.public_url},
        )  # fmt: skip
        uow.derive(ConversationRow, ConversationRow.id == row.id, noticed_at=uow.now)

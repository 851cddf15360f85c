"""What the office does with conversations: answers, closes, notes, begins one, and asks patients for something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.domain.documents import UPLOADS
from portal.domain.errors import NotFound, Refused
from portal.domain.messages.life import CANCELLED, MESSAGE, NOTE, OFFICE, QUESTION, TASK, Answering
from portal.domain.messages.tasks import AGREEMENTS, DOCUMENT, SIGNATURE, TASKS
from portal.domain.texts import T_
from portal.domain.typed import one_line, plain
from portal.domain.work import day_of
from portal.models.base import Base
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.messages import ConversationRow
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services import account_holds, policies, queues
from portal.services.messages import notices, saying
from portal.services.messages.saying import MOST_TITLE, Said
from portal.services.unit_of_work.fields import row_id
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_MODELS: Mapping[str, type[Base]] = {
    "patient": PatientRow, "claim": ClaimRow, "denial": DenialRow, "item": QueueItemRow,
}  # fmt: skip
_MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class About:
    """Whom the office writes to, and what waits for the answer: a table and id, or none."""

    patient_id: bytes
    table: str | None = None
    id: bytes | None = None
    encounter_id: bytes | None = None
    """The visit that it is about, so that whoever must not know of the visit hears of neither."""


def about_of(uow: UnitOfWork, about: str, about_id: bytes) -> About:
    """Whom an account, claim, denial or item of a queue is about; raises NotFound, also for an item about nobody."""
    model = _MODELS.get(about)
    if model is None:
        raise NotFound(ABSENT, code="not-found")
    row: Any = uow.get(model, about_id)
    if about == "patient":
        return About(row_id(row))
    if about == "item":
        if row.patient_id is None:
            raise NotFound(ABSENT, code="not-found")
        return About(row.patient_id, row.subject_table, row.subject_id, _visit(uow, row.subject_table, row.subject_id))
    return About(row.patient_id, about, about_id, _visit(uow, about, about_id))


def _visit(uow: UnitOfWork, table: str, id_: bytes) -> bytes | None:
    if table == "encounter":
        return id_
    found = None
    if table == "claim":
        found = uow.value(uow.select(ClaimRow.encounter_id).where(ClaimRow.id == id_))
    if table == "denial":
        wanted = uow.select(ClaimRow.encounter_id).join(DenialRow, DenialRow.claim_id == ClaimRow.id)
        found = uow.value(wanted.where(DenialRow.id == id_, uow.within(DenialRow)))
    visit: bytes | None = found
    return visit


def write_first(uow: UnitOfWork, patient_id: bytes, title: str, words: str, *, key: str) -> Said:
    """Begin a conversation with a patient; the same form twice is one."""
    patient = uow.get(PatientRow, patient_id)
    before = saying.standing(uow, patient.practice_id, key)
    if before is not None:
        return before
    subject = one_line(title, "title", MOST_TITLE)
    if subject is None:
        raise Refused(T_("Say in a few words what it is about."), code="title")
    kept = saying.words_of(words)
    row = saying.begin(
        uow, OFFICE, practice_id=patient.practice_id, patient_id=patient.id, kind=MESSAGE, title_sealed=subject, key=key
    )
    saying.keep(uow, row, OFFICE, key, words=kept)
    return Said(row.id)


def ask(uow: UnitOfWork, about: About, task: str, given: Mapping[str, str], *, key: str) -> Said:
    """Ask a patient for something; what waits for it in a queue is put off until then, never past its own day.

    Raises Refused whose code names the field. The same form twice is one task.
    """
    patient = uow.get(PatientRow, about.patient_id)
    before = saying.standing(uow, patient.practice_id, key)
    if before is not None:
        return before
    if task not in TASKS:
        raise Refused(T_("Choose what you need."), code="task")
    asks = _asks(task, given)
    typed = given.get("words", "")
    words = saying.words_of(typed) if task == DOCUMENT else plain(typed, "words", saying.MOST_WORDS)
    due_on = _due(uow, given.get("due_on", ""))
    row = saying.begin(
        uow, OFFICE, practice_id=patient.practice_id, patient_id=patient.id, kind=TASK, task=task, asks=asks,
        about_table=about.table, about_id=about.id, encounter_id=about.encounter_id, due_on=due_on, key=key,
    )  # fmt: skip
    saying.keep(uow, row, OFFICE, key, words=words)
    notices.ask_reminder(uow, row, due_on)
    if about.table is not None and about.id is not None:
        queues.put_off(uow, about.table, about.id, due_on)
    return Said(row.id)


def _asks(task: str, given: Mapping[str, str]) -> str | None:
    if task == SIGNATURE:
        found = given.get("agreement", "")
        if found not in AGREEMENTS:
            raise Refused(T_("Choose what is to be signed."), code="agreement")
        return found
    if task == DOCUMENT:
        found = given.get("kind", "")
        if found not in UPLOADS:
            raise Refused(T_("Choose what kind of document it is."), code="kind")
        return found
    return None


def _due(uow: UnitOfWork, typed: str) -> date:
    today = uow.today()
    if not typed.strip():
        return today + timedelta(days=policies.current(uow, uow.practice_id, Answering).task_days)
    day = day_of(typed)
    if day is None or not today < day <= today + timedelta(days=_MOST_DAYS):
        raise Refused(T_("Choose a day after today, within {n} days.", n=_MOST_DAYS), code="due_on")
    return day


def answer(uow: UnitOfWork, conversation_id: bytes, words: str, *, key: str, close_as: str = "") -> Said:
    """Write to the patient, and close the conversation with a reason where one is given.

    The same form twice is one answer. Raises Refused, `guard:reopening` for one that was closed long ago.
    """
    row = uow.get(ConversationRow, conversation_id)
    if saying.said_before(uow, row, key):
        return Said(row.id, new=False)
    kept = saying.words_of(words)
    if row.kind == TASK:
        raise Refused(T_("A task is answered by the patient. Begin a message instead."), code="words")
    saying.keep(uow, row, OFFICE, key, words=kept)
    if close_as and row.state != "CLOSED":
        saying.close(uow, row, OFFICE, close_as)
    else:
        saying.to_patient(uow, row, reason="office-wrote")
        saying.stop_clock(uow, row)
    return Said(row.id)


def close(uow: UnitOfWork, conversation_id: bytes, reason: str, *, expected_version: int) -> None:
    """Close a conversation with a reason; a task that is cancelled lets what waited for it be worked again.

    Raises Conflict when something came meanwhile, Refused `guard:closing` for a question without an answer.
    """
    row = uow.get(ConversationRow, conversation_id)
    uow.change(row, expected_version=expected_version)
    saying.close(uow, row, OFFICE, reason)
    if row.kind == TASK and reason == CANCELLED and row.about_table and row.about_id:
        text = T_("The patient is asked no longer")
        queues.answered(uow, row.about_table, row.about_id, reason="task-cancelled", text=text)
    if row.kind == TASK:
        saying.mark(uow, row, "patient_read_at")  # nothing is new about what is not asked any more


def note(uow: UnitOfWork, conversation_id: bytes, words: str, *, key: str) -> Said:
    """Keep a note that only the office sees."""
    row = uow.get(ConversationRow, conversation_id)
    if saying.said_before(uow, row, key):
        return Said(row.id, new=False)
    saying.keep(uow, row, NOTE, key, words=saying.words_of(words))
    return Said(row.id)


def turn(uow: UnitOfWork, conversation_id: bytes, *, expected_version: int) -> str:
    """Make a question of a message, so that nobody asks for the money meanwhile, or a message of a question.

    Returns what it is now. Raises Conflict, Refused `kind` for a task or one that is closed.
    """
    row = uow.get(ConversationRow, conversation_id)
    if row.kind == TASK or row.state == "CLOSED":
        raise Refused(T_("Only an open message or question can be turned into the other."), code="kind")
    if row.kind == MESSAGE:
        uow.change(row, expected_version=expected_version, kind=QUESTION, wrong=row.wrong or "other")
        saying.stop_clock(uow, row)
    else:
        account_holds.end_about(uow, row, reason="no-question")
        uow.change(row, expected_version=expected_version, kind=MESSAGE)
    for item in queues.items_of(uow, row):
        saying.name(uow, row, item)
    return row.kind


def seen(uow: UnitOfWork, conversation_id: bytes) -> None:
    """Somebody of the office has it open."""
    saying.mark(uow, uow.get(ConversationRow, conversation_id), "office_read_at")

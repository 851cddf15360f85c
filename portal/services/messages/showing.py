"""Conversations as patients see them: the list, one with what comes next, the form to ask about a bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_

from portal.domain.documents import KINDS as DOCUMENT_KINDS
from portal.domain.documents import MOST_BYTES
from portal.domain.messages.life import LIFE, PATIENT, REOPENED_DAYS, TASK, WRONG
from portal.domain.messages.tasks import ACCIDENTS, AGREEMENTS, DEMOGRAPHICS, DOCUMENT, WHY, Agreement, Told
from portal.domain.practices import address_lines, phone_written
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.messages import ConversationRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.services.messages import items, own, saying
from portal.services.messages.items import ConversationItem, FileItem
from portal.services.unit_of_work.work import UnitOfWork, new_id

LARGEST_MB = MOST_BYTES // 1024 // 1024
_MOST = 100


@dataclass(frozen=True, slots=True)
class ListPage:
    """See `templates/patient/messages.html`: what waits for the patient, what is open else, what is closed."""

    patient_id: str
    waiting: tuple[ConversationItem, ...]
    open: tuple[ConversationItem, ...]
    closed: tuple[ConversationItem, ...]


@dataclass(frozen=True, slots=True)
class NewPage:
    """See `templates/patient/message_new.html`."""

    patient_id: str
    practice_name: str
    answer_by: date
    form_key: str
    largest_mb: int


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """See `templates/patient/question.html`; `title` is None for a whole visit."""

    encounter_id: str
    charge_id: str
    statement_id: str
    title: Text | str | None
    day: date
    answer_by: date
    choices: tuple[tuple[str, Text], ...]
    form_key: str
    largest_mb: int


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """One message as the patient reads it: `mine` is what this very sign-in wrote, `ours` what the office did."""

    ours: bool
    mine: bool
    at: datetime
    words: str | None
    told: Told
    files: tuple[FileItem, ...]


@dataclass(frozen=True, slots=True)
class TaskForm:
    """What the form of a task needs beside its code."""

    task: str
    why: Text
    agreement: Agreement | None
    document: Text | None
    accidents: tuple[tuple[str, Text], ...]
    address: tuple[str, ...]
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """See `templates/patient/message.html`."""

    conversation_id: str
    version: int
    kind: str
    title: Text | str
    wrong: Text | None
    state: str
    closed: Text | None
    due_on: date | None
    practice_name: str
    encounter_id: str | None
    statement_id: str | None
    messages: tuple[OwnMessage, ...]
    task: TaskForm | None
    may_write: bool
    may_withdraw: bool
    form_key: str
    largest_mb: int


def unread(uow: UnitOfWork, patient_id: bytes) -> int:
    """How many conversations hold something of the office that nobody on the patient's side has opened."""
    row = ConversationRow
    new = or_(row.patient_read_at.is_(None), row.patient_read_at < row.office_wrote_at)
    wanted = uow.select(row.id).where(row.patient_id == patient_id, row.office_wrote_at.is_not(None), new)
    return uow.count(wanted)


def waiting(uow: UnitOfWork, patient_id: bytes) -> tuple[ConversationItem, ...]:
    """What the first page tells: tasks that wait for the patient, and what is new; the most pressing first."""
    page = list_page(uow, patient_id)
    return (*page.waiting, *(each for each in (*page.open, *page.closed) if each.new))


def list_page(uow: UnitOfWork, patient_id: bytes) -> ListPage:
    """A patient's conversations, those that wait for an answer first, then by when somebody wrote last."""
    row = ConversationRow
    wanted = uow.select(row).where(row.patient_id == patient_id).order_by(row.opened_at.desc(), row.id).limit(_MOST)
    rows = sorted(uow.entities(wanted), key=items.last_at, reverse=True)
    shown = items.conversations(uow, rows, office=False)
    mine = [each for each in shown if each.kind == TASK and each.state.code == "WITH_PATIENT"]
    mine.sort(key=lambda each: each.due_on or date.max)
    rest = [each for each in shown if each not in mine]
    return ListPage(
        patient_id.hex(), tuple(mine), tuple(each for each in rest if each.closed is None),
        tuple(each for each in rest if each.closed is not None),
    )  # fmt: skip


def new_page(uow: UnitOfWork, patient_id: bytes) -> NewPage:
    """The form of a new message."""
    practice_id = uow.get(PatientRow, patient_id).practice_id
    return NewPage(
        patient_id.hex(), _practice(uow, practice_id), saying.promised(uow, practice_id), new_id().hex(), LARGEST_MB
    )


def question_page(
    uow: UnitOfWork, encounter_id: bytes, charge_id: bytes | None, statement_id: bytes | None
) -> QuestionPage:
    """The form to ask about a visit or one line of its bill; raises NotFound."""
    visit = uow.get(EncounterRow, encounter_id)
    title: Text | str | None = own.title_of(uow, encounter_id, charge_id)
    if title is None and charge_id is not None:
        title = T_("Service {code}", code=uow.get(ChargeRow, charge_id).code)
    return QuestionPage(
        encounter_id.hex(), charge_id.hex() if charge_id else "", statement_id.hex() if statement_id else "", title,
        visit.service_from, saying.promised(uow, visit.practice_id), tuple(WRONG.items()), new_id().hex(), LARGEST_MB,
    )  # fmt: skip


def thread_page(uow: UnitOfWork, conversation_id: bytes) -> ThreadPage:
    """One conversation as the patient reads it; raises NotFound."""
    row = uow.get(ConversationRow, conversation_id)
    closed_days = (uow.now - row.closed_at).days if row.closed_at else 0
    is_task = row.kind == TASK
    return ThreadPage(
        conversation_id=row.id.hex(),
        version=row.version,
        kind=row.kind,
        title=items.title(uow, row, items.place_of(uow, row)),
        wrong=items.wrong_words(row),
        state=row.state,
        closed=items.closed_words(row),
        due_on=row.due_on,
        practice_name=_practice(uow, row.practice_id),
        encounter_id=row.encounter_id.hex() if row.encounter_id else None,
        statement_id=row.statement_id.hex() if row.statement_id else None,
        messages=tuple(
            OwnMessage(each.side != PATIENT, each.by == uow.actor.identity, each.at, each.words, each.told, each.files)
            for each in items.messages(uow, row)
        ),
        task=_task_form(uow, row) if is_task and row.state == "WITH_PATIENT" else None,
        may_write=not is_task and (row.state != "CLOSED" or closed_days <= REOPENED_DAYS),
        may_withdraw=not is_task and LIFE.allows(row.state, "CLOSED"),
        form_key=new_id().hex(),
        largest_mb=LARGEST_MB,
    )


def read(uow: UnitOfWork, conversation_id: bytes) -> None:
    """Somebody on the patient's side has it open."""
    saying.mark(uow, uow.get(ConversationRow, conversation_id), "patient_read_at")


def is_unread(uow: UnitOfWork, conversation_id: bytes) -> bool:
    """Whether it holds something of the office that nobody on the patient's side has opened."""
    return items.is_new(uow.get(ConversationRow, conversation_id), office=False)


def agreement_of(uow: UnitOfWork, conversation_id: bytes) -> Agreement | None:
    """The text that a task asks to sign; None for any other."""
    return AGREEMENTS.get(uow.get(ConversationRow, conversation_id).asks or "")


def _task_form(uow: UnitOfWork, row: ConversationRow) -> TaskForm:
    task = row.task or ""
    address: Any = None
    phone = None
    if task == DEMOGRAPHICS:
        patient = uow.get(PatientRow, row.patient_id)
        address, phone = uow.read(patient, PatientRow.address_sealed), uow.read(patient, PatientRow.phone_sealed)
    return TaskForm(
        task, WHY[task], AGREEMENTS.get(row.asks or ""),
        DOCUMENT_KINDS[row.asks] if task == DOCUMENT and row.asks else None, tuple(ACCIDENTS.items()),
        address_lines(address), phone_written(phone) if phone else None,
    )  # fmt: skip


def _practice(uow: UnitOfWork, practice_id: bytes) -> str:
    return str(uow.value(uow.select(PracticeRow.name).where(PracticeRow.id == practice_id)))

"""Conversations and their messages as both sides' pages show them: opened, named, with what came with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.messages.life import CLOSED_WORDS, LIFE, QUESTION, TASK, WRONG
from portal.domain.messages.tasks import TASKS, Told, told
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.messages import ConversationFileRow, ConversationMessageRow, ConversationRow
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Place:
    """The day of the visit that a conversation is about, and the code of its line; empty for all of it."""

    day: date
    code: str


@dataclass(frozen=True, slots=True)
class FileItem:
    """A file that came with a message; the office opens it by its document."""

    name: str
    document_id: str


@dataclass(frozen=True, slots=True)
class MessageItem:
    """One message: patient, office or note; `by` is whoever wrote it, hex or the system's job."""

    side: str
    at: datetime
    by: str
    words: str | None
    told: Told
    files: tuple[FileItem, ...]


@dataclass(frozen=True, slots=True)
class ConversationItem:
    """One conversation of a list; `new` is something that this side has not opened yet."""

    conversation_id: str
    kind: str
    title: Text | str
    state: State
    closed: Text | None
    at: datetime
    due_on: date | None
    new: bool
    told: Told
    """The answer, of a task that has one."""


def conversations(uow: UnitOfWork, rows: Sequence[ConversationRow], *, office: bool) -> tuple[ConversationItem, ...]:
    """Conversations as one side's list shows them, in the order given."""
    places = _places(uow, rows)
    answers = _answers(uow, [row for row in rows if row.kind == TASK])
    return tuple(
        ConversationItem(
            row.id.hex(), row.kind, title(uow, row, places.get(row.id)),
            State(row.state, LIFE.words[row.state]), closed_words(row), last_at(row), row.due_on,
            is_new(row, office=office), answers.get(row.id, ()),
        )
        for row in rows
    )  # fmt: skip


def title(uow: UnitOfWork, row: ConversationRow, place: Place | None) -> Text | str:
    """What a conversation is about, as a heading."""
    if row.kind == TASK and row.task:
        return TASKS[row.task]
    words = uow.read(row, ConversationRow.title_sealed)
    if place is None:
        return str(words or "-")
    if words or place.code:
        service = words or T_("Service {code}", code=place.code)
        return T_("{service} on {day}", service=service, day=place.day)
    return T_("Your visit of {day}", day=place.day)


def place_of(uow: UnitOfWork, row: ConversationRow) -> Place | None:
    """The visit and line that a conversation is about."""
    return _places(uow, [row]).get(row.id)


def closed_words(row: ConversationRow) -> Text | None:
    """Why it was closed; None while it is open."""
    return CLOSED_WORDS[row.closed_reason] if row.closed_reason else None


def wrong_words(row: ConversationRow) -> Text | None:
    """What looks wrong to the patient; None for what is no question."""
    return WRONG[row.wrong] if row.kind == QUESTION and row.wrong else None


def last_at(row: ConversationRow) -> datetime:
    """When somebody wrote last."""
    return max(each for each in (row.opened_at, row.patient_wrote_at, row.office_wrote_at) if each is not None)


def is_new(row: ConversationRow, *, office: bool) -> bool:
    """Whether the other side wrote something that nobody on this side has opened."""
    wrote, read = row.office_wrote_at, row.patient_read_at
    if office:
        wrote, read = row.patient_wrote_at, row.office_read_at
    return wrote is not None and (read is None or read < wrote)


def messages(uow: UnitOfWork, row: ConversationRow) -> tuple[MessageItem, ...]:
    """All messages of a conversation within reach, the oldest first."""
    model, file = ConversationMessageRow, ConversationFileRow
    files: dict[bytes, list[FileItem]] = {}
    for each in uow.entities(uow.select(file).where(file.conversation_id == row.id).order_by(file.id)):
        found = FileItem(uow.read(each, file.name_sealed), each.document_id.hex())
        files.setdefault(each.message_id, []).append(found)
    rows = uow.entities(
        uow.select(model).where(model.conversation_id == row.id).order_by(model.written_at, model.side, model.id)
    )
    return tuple(
        MessageItem(
            each.side, each.written_at, each.written_by, uow.read(each, model.words_sealed),
            told(uow.read(each, model.answer_sealed) or {}), tuple(files.get(each.id, ())),
        )
        for each in rows
    )  # fmt: skip


def _places(uow: UnitOfWork, rows: Sequence[ConversationRow]) -> dict[bytes, Place]:
    """The visits and lines that conversations are about, by conversation."""
    asked = {row.id: row for row in rows if row.encounter_id}
    if not asked:
        return {}
    visits, lines = {row.encounter_id for row in asked.values()}, {row.charge_id for row in asked.values()}
    found = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.service_from).where(EncounterRow.id.in_(sorted(filter(None, visits))))
    )
    days = {row.id: row.service_from for row in found}
    named = uow.rows(uow.select(ChargeRow.id, ChargeRow.code).where(ChargeRow.id.in_(sorted(filter(None, lines)))))
    codes = {row.id: row.code for row in named}
    return {
        row.id: Place(days[row.encounter_id], codes.get(row.charge_id or b"", ""))
        for row in asked.values()
        if row.encounter_id in days
    }


def _answers(uow: UnitOfWork, rows: Sequence[ConversationRow]) -> dict[bytes, Told]:
    model = ConversationMessageRow
    if not rows:
        return {}
    found = uow.entities(
        uow.select(model)
        .where(model.conversation_id.in_(sorted(row.id for row in rows)), model.answer_sealed.is_not(None))
        .order_by(model.written_at)
    )
    return {each.conversation_id: told(uow.read(each, model.answer_sealed)) for each in found}

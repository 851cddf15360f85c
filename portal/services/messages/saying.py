"""What both sides of a conversation do alike: a message is kept once, the turn passes, queue and mail follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.domain.errors import Refused
from portal.domain.messages.life import (
    CLOSINGS,
    NOTE,
    OFFICE,
    PATIENT,
    QUESTION,
    TASK,
    WRONG,
    Answering,
    ConversationFacts,
)
from portal.domain.messages.tasks import TASKS, Answer
from portal.domain.texts import T_, Text, to_json
from portal.domain.typed import plain
from portal.models.ledger import LedgerLineRow
from portal.models.messages import ConversationFileRow, ConversationMessageRow, ConversationRow
from portal.models.queues import QueueItemRow
from portal.services import account_holds, documents, ledger, outbox, policies, queues
from portal.services.messages import notices
from portal.services.unit_of_work.work import UnitOfWork

MOST_WORDS = 4_000
MOST_TITLE = 120
_QUEUE = "patient-messages"
SILENCE_DAYS = 14
"""So long a question waits for the patient before the office looks at it again."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, not looked at yet."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What a form led to; not `new` when the same form came before."""

    conversation_id: bytes
    new: bool = True


def standing(uow: UnitOfWork, practice_id: bytes, key: str) -> Said | None:
    """The conversation that the same form began before, if it did."""
    row = uow.row(
        uow.select(ConversationRow.id).where(ConversationRow.practice_id == practice_id, ConversationRow.key == key)
    )
    return None if row is None else Said(row.id, new=False)


def said_before(uow: UnitOfWork, row: ConversationRow, key: str) -> bool:
    """Whether the same form kept a message here before."""
    model = ConversationMessageRow
    found = uow.row(uow.select(model.id).where(model.practice_id == row.practice_id, model.key == key))
    return found is not None


def words_of(typed: str, field: str = "words", most: int = MOST_WORDS) -> str:
    """Typed words as they are kept; raises Refused for none, too many, and signs that no keyboard has."""
    found = plain(typed, field, most)
    if found is None:
        raise Refused(T_("Write a few words, so that we know what you mean."), code=field)
    return found


def begin(uow: UnitOfWork, side: str, **values: Any) -> ConversationRow:
    """A new conversation: with the other side now."""
    row = uow.new(
        ConversationRow, state="WITH_OFFICE" if side == PATIENT else "WITH_PATIENT", opened_by=uow.actor.identity,
        opened_at=uow.now, **values,
    )  # fmt: skip
    uow.flush()
    uow.begin(row)
    return row


def keep(
    uow: UnitOfWork,
    row: ConversationRow,
    side: str,
    key: str,
    *,
    words: str | None,
    answer: Answer | None = None,
    file: Upload | None = None,
    file_kind: str = "other",
) -> ConversationMessageRow:
    """Keep one message with its file; whoever writes has read what came before. A note touches nobody's marks."""
    said = uow.new(
        ConversationMessageRow, practice_id=row.practice_id, patient_id=row.patient_id, conversation_id=row.id,
        side=side, words_sealed=words, answer_sealed=None if answer is None else dict(answer),
        written_by=uow.actor.identity, written_at=uow.now, key=key,
    )  # fmt: skip
    uow.flush()
    if file is not None:
        _take(uow, row, said, file, file_kind)
    if side != NOTE:
        marks = ("patient_wrote_at", "patient_read_at") if side == PATIENT else ("office_wrote_at", "office_read_at")
        mark(uow, row, *marks)
    if side == OFFICE:
        notices.ask(uow, row, said.id)
    return said


def mark(uow: UnitOfWork, row: ConversationRow, *names: str) -> None:
    """Set marks of writing and reading to now."""
    uow.derive(
        ConversationRow, ConversationRow.id == row.id, uow.within(ConversationRow), **dict.fromkeys(names, uow.now)
    )


def _take(uow: UnitOfWork, row: ConversationRow, said: ConversationMessageRow, file: Upload, kind: str) -> None:
    document = documents.receive(
        uow, practice_id=row.practice_id, patient_id=row.patient_id, kind=kind, name=file.name, body=file.body
    )
    uow.flush()
    about, about_id = ("encounter", row.encounter_id) if row.encounter_id else ("patient", row.patient_id)
    documents.file_with(uow, document, about, about_id)
    uow.new(
        ConversationFileRow, practice_id=row.practice_id, patient_id=row.patient_id, conversation_id=row.id,
        message_id=said.id, document_id=document.id, name_sealed=documents.tidy(file.name),
    )  # fmt: skip
    outbox.later(
        uow, "document.pages", f"document.pages:{document.id.hex()}", {"document": document.id},
        practice_id=row.practice_id,
    )  # fmt: skip


def to_office(uow: UnitOfWork, row: ConversationRow, *, reason: str, text: Text | None = None) -> None:
    """The conversation is the office's to answer, by the day that the practice promises; it lies in the queue."""
    day = policies.current(uow, row.practice_id, Answering).answer_by(uow.today(row.practice_id))
    if row.state != "WITH_OFFICE":
        uow.move(row, "WITH_OFFICE", facts(uow, row, PATIENT), reason=reason)
        uow.change(row, due_on=day, closed_at=None, closed_reason=None)
    else:  # a second word of the patient does not put off the day that was promised
        day = row.due_on or day
        uow.change(row, due_on=day)
    detail = {"text": to_json(text or title_of_queue(row))}
    if row.kind == TASK:
        detail["todo"] = to_json(T_("Use the answer, then close it"))
    queues.put(
        uow, _QUEUE, row, reason=reason, detail=detail,
        at_risk_cents=asked_cents(uow, row), due_on=day,
    )  # fmt: skip


def to_patient(uow: UnitOfWork, row: ConversationRow, *, reason: str) -> None:
    """The office has written: it waits for the patient, and lies in no queue.

    A question stays, put off: its bill waits as long as it is open, so somebody looks again when no answer comes.
    """
    if row.state != "WITH_PATIENT":
        uow.move(row, "WITH_PATIENT", facts(uow, row, OFFICE), reason=reason)
        uow.change(row, due_on=None, closed_at=None, closed_reason=None)
    if row.kind != QUESTION:
        queues.done(uow, row)
        return
    day = uow.today() + timedelta(days=SILENCE_DAYS)
    item = queues.put(
        uow, _QUEUE, row, reason="patient-silent", detail={"text": to_json(T_("The patient has not answered yet"))},
        at_risk_cents=asked_cents(uow, row), due_on=day,
    )  # fmt: skip
    uow.change(item, put_off_until=day)


def close(uow: UnitOfWork, row: ConversationRow, side: str, reason: str) -> None:
    """It is over: no queue has it, and the clock of its bill goes on. Raises Refused `guard:closing`."""
    if side == OFFICE and reason not in CLOSINGS[row.kind]:
        raise Refused(T_("Choose why it is closed."), code="reason")
    uow.move(row, "CLOSED", facts(uow, row, side, reason), reason=reason)
    uow.change(row, closed_at=uow.now, closed_reason=reason, due_on=None)
    queues.done(uow, row)
    if row.kind == QUESTION:
        account_holds.end_about(uow, row, reason=reason)


def stop_clock(uow: UnitOfWork, row: ConversationRow) -> None:
    """While a question is open, nobody asks for the money on that account (workflows 5)."""
    if row.kind == QUESTION:
        account_holds.hold(uow, row.patient_id, "DISPUTED", about=row)


def facts(uow: UnitOfWork, row: ConversationRow, side: str, reason: str = "") -> ConversationFacts:
    """What the guards of a conversation may know."""
    closed = 0 if row.closed_at is None else (uow.now - row.closed_at).days
    return ConversationFacts(side, row.kind, reason, answered=answered(uow, row), days_closed=closed)


def answered(uow: UnitOfWork, row: ConversationRow) -> bool:
    """Whether the office wrote to the patient after the patient's last message."""
    model = ConversationMessageRow
    rows = uow.rows(
        uow.select(model.side, model.written_at)
        .where(model.conversation_id == row.id, model.side != NOTE)
        .order_by(model.written_at)
    )
    theirs = max((each.written_at for each in rows if each.side == PATIENT), default=None)
    return any(each.side == OFFICE and (theirs is None or each.written_at >= theirs) for each in rows)


def asked_cents(uow: UnitOfWork, row: ConversationRow) -> int:
    """What the patient owes on what a question is about, in cents: its line, its visit, else the whole account."""
    if row.kind != QUESTION:
        return 0
    line = LedgerLineRow
    about = line.patient_id == row.patient_id
    if row.charge_id is not None:
        about = line.charge_id == row.charge_id
    elif row.encounter_id is not None:
        about = line.encounter_id == row.encounter_id
    return max(0, ledger.balance(uow, about, line.account == "receivable:patient"))


def title_of_queue(row: ConversationRow) -> Text:
    """Why it lies in the queue; it stands open there, so it names what was chosen and nothing that was written."""
    if row.kind == QUESTION and row.wrong:
        return T_("Question about a bill: {wrong}", wrong=WRONG[row.wrong])
    if row.kind == TASK and row.task:
        return T_("The patient answered: {task}", task=TASKS[row.task])
    return T_("A message from a patient")


def name(uow: UnitOfWork, row: ConversationRow, item: QueueItemRow) -> None:
    """Why an item lies in the queue follows what its conversation is now."""
    uow.change(item, detail={"text": to_json(title_of_queue(row))}, at_risk_cents=asked_cents(uow, row))


def promised(uow: UnitOfWork, practice_id: bytes) -> date:
    """The day by which the office answers what is asked today."""
    return policies.current(uow, practice_id, Answering).answer_by(uow.today(practice_id))

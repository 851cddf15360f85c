"""What patients do with conversations: begin one, ask about a bill, answer, send a file, take back what they asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from portal.domain.errors import NotFound, Refused
from portal.domain.messages.life import ANSWERED, MESSAGE, PATIENT, QUESTION, TASK, WITHDRAWN, WRONG
from portal.domain.messages.tasks import AGREEMENTS, DOCUMENT, SIGNATURE, TASKS, read
from portal.domain.texts import T_
from portal.domain.typed import one_line
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.messages import ConversationRow, SignedAgreementRow
from portal.models.patients import PatientRow
from portal.models.statements import StatementRow
from portal.services import codes, queues
from portal.services.messages import saying
from portal.services.messages.saying import MOST_TITLE, Said, Upload
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork


def write_first(
    uow: UnitOfWork, patient_id: bytes, title: str, words: str, *, key: str, file: Upload | None = None
) -> Said:
    """Begin a conversation about anything; the same form twice is one. Raises Refused, NotFound."""
    practice_id = uow.get(PatientRow, patient_id).practice_id
    before = saying.standing(uow, practice_id, key)
    if before is not None:
        return before
    subject = one_line(title, "title", MOST_TITLE)
    if subject is None:
        raise Refused(T_("Say in a few words what it is about."), code="title")
    kept = saying.words_of(words)
    row = saying.begin(
        uow, PATIENT, practice_id=practice_id, patient_id=patient_id, kind=MESSAGE, title_sealed=subject, key=key
    )
    saying.keep(uow, row, PATIENT, key, words=kept, file=file)
    saying.to_office(uow, row, reason="new-message")
    return Said(row.id)


def ask(
    uow: UnitOfWork,
    encounter_id: bytes,
    wrong: str,
    words: str,
    *,
    key: str,
    charge_id: bytes | None = None,
    statement_id: bytes | None = None,
    file: Upload | None = None,
) -> Said:
    """Ask about a visit, or one line of its bill: the account is not asked for money until the office has answered.

    The same form twice is one question. Raises Refused, NotFound for what is not theirs.
    """
    visit = uow.get(EncounterRow, encounter_id)
    title = title_of(uow, visit.id, charge_id)
    if statement_id is not None and uow.get(StatementRow, statement_id).practice_id != visit.practice_id:
        raise NotFound(ABSENT, code="not-found")
    before = saying.standing(uow, visit.practice_id, key)
    if before is not None:
        return before
    if wrong not in WRONG:
        raise Refused(T_("Choose what looks wrong."), code="wrong")
    kept = saying.words_of(words)
    row = saying.begin(
        uow, PATIENT, practice_id=visit.practice_id, patient_id=visit.patient_id, kind=QUESTION, title_sealed=title,
        wrong=wrong, encounter_id=visit.id, charge_id=charge_id, statement_id=statement_id, key=key,
    )  # fmt: skip
    saying.keep(uow, row, PATIENT, key, words=kept, file=file)
    saying.stop_clock(uow, row)
    saying.to_office(uow, row, reason="new-question")
    return Said(row.id)


def title_of(uow: UnitOfWork, encounter_id: bytes, charge_id: bytes | None) -> str | None:
    """The service that a question is about, in words; None for a whole visit, and where no words are loaded.

    Raises NotFound for a line of another visit.
    """
    if charge_id is None:
        return None
    charge = uow.get(ChargeRow, charge_id)
    if charge.encounter_id != encounter_id:
        raise NotFound(ABSENT, code="not-found")
    words = codes.describe(uow, [charge.code]).get(charge.code)
    return words[:MOST_TITLE] if words else None


def write(uow: UnitOfWork, conversation_id: bytes, words: str, *, key: str, file: Upload | None = None) -> Said:
    """Write in a conversation; one that was closed lately goes on. The same form twice is one message.

    Raises Refused `task` for a task, which has a form of its own, and `guard:reopening` for one closed long ago.
    """
    row = uow.get(ConversationRow, conversation_id)
    if saying.said_before(uow, row, key):
        return Said(row.id, new=False)
    if row.kind == TASK:
        raise Refused(T_("Use the form of the task, or begin a message."), code="task")
    kept = saying.words_of(words)
    reopened = row.state == "CLOSED"
    saying.to_office(uow, row, reason="reopened" if reopened else "patient-wrote")
    saying.keep(uow, row, PATIENT, key, words=kept, file=file)
    saying.stop_clock(uow, row)
    return Said(row.id)


def withdraw(uow: UnitOfWork, conversation_id: bytes, *, expected_version: int) -> None:
    """Take back a message or question; what was held for it goes on. Raises Conflict, Refused `guard:closing`."""
    row = uow.get(ConversationRow, conversation_id)
    if row.state == "CLOSED" and row.closed_reason == WITHDRAWN:
        return
    uow.change(row, expected_version=expected_version)
    saying.close(uow, row, PATIENT, WITHDRAWN)


def answer(
    uow: UnitOfWork,
    conversation_id: bytes,
    given: Mapping[str, str],
    *,
    key: str,
    file: Upload | None = None,
    shown: tuple[str, str] = ("", ""),
) -> Said:
    """Answer a task. What waited for it in a queue is worked again and the task is closed; else it goes to the office.

    `shown` are the language and the words of what is signed, as the page shows them. Raises Refused whose code names
    the field, or `task` for one that is over.
    """
    row = uow.get(ConversationRow, conversation_id)
    if saying.said_before(uow, row, key):
        return Said(row.id, new=False)
    if row.kind != TASK or row.task is None or row.state != "WITH_PATIENT":
        raise Refused(T_("This task is over. Nothing more is to be done."), code="task")
    today = uow.today(row.practice_id)
    found = dict(read(row.task, given, today))
    if row.task == DOCUMENT and file is None:
        raise Refused(T_("Choose the file to send."), code="file")
    if row.task == SIGNATURE:
        found = {"agreement": row.asks or ""} | found
    words = given.get("words", "").strip()
    kept = saying.words_of(words) if words else None
    kind = row.asks if row.task == DOCUMENT and row.asks else "other"
    saying.keep(uow, row, PATIENT, key, words=kept, answer=found, file=file, file_kind=kind)
    if row.task == SIGNATURE:
        _sign(uow, row, found, shown)
    text = T_("The patient answered: {task}", task=TASKS[row.task])
    waited = row.about_table is not None and row.about_id is not None
    if waited and queues.answered(
        uow, row.about_table or "", row.about_id or b"", reason="patient-answered", text=text
    ):
        saying.close(uow, row, PATIENT, ANSWERED)
    else:
        saying.to_office(uow, row, reason="patient-answered", text=text)
    return Said(row.id)


def _sign(uow: UnitOfWork, row: ConversationRow, found: Mapping[str, str], shown: tuple[str, str]) -> None:
    language, words = shown
    uow.new(
        SignedAgreementRow, practice_id=row.practice_id, patient_id=row.patient_id, conversation_id=row.id,
        agreement=row.asks, agreement_version=AGREEMENTS[row.asks or ""].version, language=language, words=words,
        digest=hashlib.sha256(words.encode()).digest(), name_sealed=found["name"], signed_on=uow.today(row.practice_id),
        signed_by=uow.actor.identity, signed_at=uow.now,
    )  # fmt: skip

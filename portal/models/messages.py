"""Conversations between patients and the office, what came with them, and what patients signed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, LargeBinary, UniqueConstraint, and_
from sqlalchemy.orm import Mapped

from portal.access.reaches import OWN, STANDS_FOR, Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class ConversationRow(Base):
    """One conversation; its life is `domain.messages.life.LIFE`.

    The last instants and the marks of reading are derived: they change with every look, and stand in no digest.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("practice_id", "key"),
        Index(None, "patient_id", "opened_at"),
        Index(None, "about_id"),
    )
    table_code = 134
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    kind: Mapped[str] = clear(4)
    """message, question or task."""
    state: Mapped[str] = clear(5)
    title_sealed: Mapped[Box | None] = sealed(6, bucket=128)
    """What it is about in the writer's words, where they gave any."""
    wrong: Mapped[str | None] = clear(7)
    """What looks wrong, of a question: a key of `domain.messages.life.WRONG`."""
    encounter_id: Mapped[bytes | None] = ref(8, "encounter.id")
    charge_id: Mapped[bytes | None] = ref(9, "charge.id")
    statement_id: Mapped[bytes | None] = ref(10, "statement.id")
    task: Mapped[str | None] = clear(11)
    """What is asked of the patient: a key of `domain.messages.tasks.TASKS`."""
    asks: Mapped[str | None] = clear(12)
    """Which text to sign, or which kind of document to send."""
    about_table: Mapped[str | None] = clear(13)
    about_id: Mapped[bytes | None] = clear(14, LargeBinary(16))
    """What waits for the answer: a claim, a denial, or whatever else lies in a queue."""
    due_on: Mapped[date | None] = clear(15)
    """With the office: by when it answers. A task with the patient: by when it is needed."""
    opened_by: Mapped[str] = clear(16)
    opened_at: Mapped[datetime] = clear(17)
    key: Mapped[str] = clear(18)
    """Of the form that it came by: the same form twice is one conversation."""
    closed_at: Mapped[datetime | None] = clear(19)
    closed_reason: Mapped[str | None] = clear(20)
    version: Mapped[int] = clear(21)
    patient_wrote_at: Mapped[datetime | None] = clear(22, derived=True)
    office_wrote_at: Mapped[datetime | None] = clear(23, derived=True)
    patient_read_at: Mapped[datetime | None] = clear(24, derived=True)
    office_read_at: Mapped[datetime | None] = clear(25, derived=True)
    noticed_at: Mapped[datetime | None] = clear(26, derived=True)
    """When a mail said last that there is something new."""


class ConversationMessageRow(Base):
    """One message of a conversation, the answer to a task, or a note of the office's own. Never changed."""

    __tablename__ = "conversation_message"
    __table_args__ = (UniqueConstraint("practice_id", "key"), Index(None, "conversation_id", "written_at"))
    table_code = 135
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    conversation_id: Mapped[bytes] = ref(4, "conversation.id")
    side: Mapped[str] = clear(5)
    """patient, office or note."""
    words_sealed: Mapped[Box | None] = sealed(6, bucket=1024)
    answer_sealed: Mapped[Box | None] = sealed(7, kind="json", bucket=1024)
    """The answer to a task, as `domain.messages.tasks.read` reads it."""
    written_by: Mapped[str] = clear(8)
    written_at: Mapped[datetime] = clear(9)
    key: Mapped[str] = clear(10)

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """Patients reach what was said to them and by them; notes are the office's own."""
        clause = super().within(reach)
        return and_(clause, cls.side != "note") if reach.kind in {OWN, STANDS_FOR} else clause


class ConversationFileRow(Base):
    """A file that came with a patient's message: its name for the patient, and the office's document."""

    __tablename__ = "conversation_file"
    __table_args__ = (Index(None, "conversation_id"),)
    table_code = 136
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    conversation_id: Mapped[bytes] = ref(4, "conversation.id")
    message_id: Mapped[bytes] = ref(5, "conversation_message.id")
    document_id: Mapped[bytes] = ref(6, "document.id")
    name_sealed: Mapped[Box] = sealed(7, bucket=128)


class SignedAgreementRow(Base):
    """A text that a patient, or who stands for them, agreed to: the very words, who signed and when. Never changed."""

    __tablename__ = "signed_agreement"
    __table_args__ = (UniqueConstraint("conversation_id"), Index(None, "patient_id", "agreement"))
    table_code = 137
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    conversation_id: Mapped[bytes] = ref(4, "conversation.id")
    agreement: Mapped[str] = clear(5)
    """A key of `domain.messages.tasks.AGREEMENTS`."""
    agreement_version: Mapped[str] = clear(6)
    language: Mapped[str] = clear(7)
    words: Mapped[str] = clear(8)
    """The text as it stood on the page, in that language; the same for everybody."""
    digest: Mapped[bytes] = clear(9)
    """SHA-256 of those words in UTF-8."""
    name_sealed: Mapped[Box] = sealed(10, bucket=128)
    signed_on: Mapped[date] = clear(11)
    signed_by: Mapped[str] = clear(12)
    signed_at: Mapped[datetime] = clear(13)

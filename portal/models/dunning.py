"""Following up on bills: the notices that went, calls, and promises to pay."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class NoticeRow(Base):
    """One notice of one step of one bill by one way; every one is kept, also what did not go and why."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("statement_id", "step", "channel"),
        Index(None, "practice_id", "state"),
    )
    table_code = 146
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    """The anchor of the account."""
    statement_id: Mapped[bytes] = ref(4, "statement.id")
    step: Mapped[str] = clear(5)
    """The state of the bill that it is of."""
    channel: Mapped[str] = clear(6)
    state: Mapped[str] = clear(7)
    why: Mapped[str | None] = clear(8)
    """Why it did not go: a code of `domain.notices.WHY`."""
    planned_for: Mapped[datetime] = clear(9)
    sent_at: Mapped[datetime | None] = clear(10)
    template: Mapped[str] = clear(11)
    language: Mapped[str] = clear(12)
    recipient_sealed: Mapped[Box | None] = sealed(13, bucket=128)
    """Where it went."""
    body_sealed: Mapped[Box | None] = sealed(14, kind="json", bucket=1024)
    """What a letter says, as the paper takes it."""
    text_digest: Mapped[bytes | None] = clear(15)
    """SHA-256 of the words or the paper that went."""
    stop_digest: Mapped[bytes | None] = clear(16, LargeBinary(32), unique=True)
    """SHA-256 of the token in its link, with which the reader stops such messages."""
    document_id: Mapped[bytes | None] = ref(17, "document.id")
    created_at: Mapped[datetime] = clear(18)
    version: Mapped[int] = clear(19)


class CallRow(Base):
    """One call to an account about one bill, and what came of it; never changed."""

    __tablename__ = "account_call"
    __table_args__ = (UniqueConstraint("practice_id", "key"),)
    table_code = 148
    reached_by = ReachedBy(patient=None)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    statement_id: Mapped[bytes] = ref(4, "statement.id")
    outcome: Mapped[str] = clear(5)
    """A code of `domain.calls.OUTCOMES`."""
    words_sealed: Mapped[Box | None] = sealed(6, bucket=1024)
    next_on: Mapped[date | None] = clear(7)
    made_by: Mapped[str] = clear(8)
    made_at: Mapped[datetime] = clear(9)
    key: Mapped[str] = clear(10)
    """Of the form: the same form twice is one call."""


class PromiseRow(Base):
    """A promise to pay a sum by a day, which stops the clock until then."""

    __tablename__ = "payment_promise"
    __table_args__ = (Index(None, "practice_id", "state", "pay_by"),)
    table_code = 149
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    statement_id: Mapped[bytes] = ref(4, "statement.id")
    call_id: Mapped[bytes | None] = ref(5, "account_call.id")
    amount_cents: Mapped[int] = clear(6)
    owed_cents: Mapped[int] = clear(7)
    """What the account still owed on the bill when it was promised."""
    pay_by: Mapped[date] = clear(8)
    state: Mapped[str] = clear(9)
    made_by: Mapped[str] = clear(10)
    made_at: Mapped[datetime] = clear(11)
    version: Mapped[int] = clear(12)

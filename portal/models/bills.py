"""Bills verified before coding, and questions to the practice with their answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class BillCheckRow(Base):
    """One answer of a person to one question about a bill; the newest of a question counts. Never changed."""

    __tablename__ = "bill_check"
    __table_args__ = (Index(None, "encounter_id", "at"),)
    table_code = 82
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    encounter_version: Mapped[int] = clear(5)
    """The version of the visit that was looked at; orders answers of one moment."""
    point: Mapped[str] = clear(6)
    """A key of `domain.bills.CHECKLIST`."""
    answer: Mapped[str] = clear(7)
    actor: Mapped[str] = clear(8)
    at: Mapped[datetime] = clear(9)


class QuestionRow(Base):
    """One question to the practice about a bill or its coding, and the answer to it."""

    __tablename__ = "question"
    __table_args__ = (Index(None, "encounter_id", "asked_at"),)
    table_code = 83
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    provider_id: Mapped[bytes | None] = ref(5, "provider.id")
    """Whom it goes to; None is the practice itself."""
    topic: Mapped[str] = clear(6)
    state: Mapped[str] = clear(7)
    """OPEN, ANSWERED or TAKEN_BACK."""
    words_sealed: Mapped[Box] = sealed(8, bucket=1024)
    asked_by: Mapped[str] = clear(9)
    asked_at: Mapped[datetime] = clear(10)
    answer_sealed: Mapped[Box | None] = sealed(11, bucket=1024)
    channel: Mapped[str | None] = clear(12)
    """How the answer came: a key of `domain.bills.CHANNELS`."""
    answered_by: Mapped[str | None] = clear(13)
    answered_at: Mapped[datetime | None] = clear(14)
    version: Mapped[int] = clear(15)

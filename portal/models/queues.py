"""Work that waits for a person, how each thing moved, and who waived a duty. An item lies in one queue at a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class QueueItemRow(Base):
    """One thing waiting: what, why, with whom, due when. The patient, else the practice, is the subject."""

    __tablename__ = "queue_item"
    __table_args__ = (
        Index(None, "practice_id", "queue", "state", "due_on", "id"),
        Index(None, "subject_table", "subject_id"),
    )
    table_code = 26
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    queue: Mapped[str] = clear(3)
    state: Mapped[str] = clear(4)
    """OPEN or DONE."""
    subject_table: Mapped[str] = clear(5)
    subject_id: Mapped[bytes] = clear(6)
    patient_id: Mapped[bytes | None] = ref(7, "patient.id", index=True)
    payer_id: Mapped[bytes | None] = ref(8, "payer.id")
    reason: Mapped[str] = clear(9)
    """A short code; its words are the domain's."""
    detail: Mapped[dict[str, Any]] = clear(10, JSON)
    """What the words need and is open: codes, amounts, positions."""
    at_risk_cents: Mapped[int] = clear(11)
    priority: Mapped[int] = clear(12)
    due_on: Mapped[date] = clear(13)
    """Never empty: pages go on by it, and the engines order what is empty differently."""
    holder_id: Mapped[bytes | None] = ref(14, "user.id", index=True)
    note_sealed: Mapped[Box | None] = sealed(15, bucket=1024)
    created_at: Mapped[datetime] = clear(16)
    done_at: Mapped[datetime | None] = clear(17)
    version: Mapped[int] = clear(18)


class TransitionRow(Base):
    """One move of one thing: from, to, who, when, why, and the version it acted on."""

    __tablename__ = "transition"
    __table_args__ = (Index(None, "subject_table", "subject_id"),)
    table_code = 27
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = clear(3)
    payer_id: Mapped[bytes | None] = clear(4)
    subject_table: Mapped[str] = clear(5)
    subject_id: Mapped[bytes] = clear(6)
    from_state: Mapped[str | None] = clear(7)
    to_state: Mapped[str] = clear(8)
    permission: Mapped[str] = clear(9)
    actor: Mapped[str] = clear(10)
    at: Mapped[datetime] = clear(11)
    reason: Mapped[str] = clear(12)
    subject_version: Mapped[int] = clear(13)
    note_sealed: Mapped[Box | None] = sealed(14, bucket=1024)
    """Free words with the move; the patient, else the practice, is the subject."""


class DutyWaiverRow(Base):
    """In a one-person office, a recorded, reviewed exception from one pair of duties."""

    __tablename__ = "duty_waiver"
    table_code = 28

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    earlier: Mapped[str] = clear(3)
    later: Mapped[str] = clear(4)
    reason: Mapped[str] = clear(5)
    granted_by: Mapped[str] = clear(6)
    valid_from: Mapped[date] = clear(7)
    valid_to: Mapped[date] = clear(8)
    reviewed_by: Mapped[str | None] = clear(9)
    reviewed_at: Mapped[datetime | None] = clear(10)

"""What payers were asked about claims: one question each, by its trace; the answers are acknowledgements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref

_OPEN = "state = 'ASKED'"


class StatusQuestionRow(Base):
    """One claim asked about in one 276; at most one question of a claim waits for its answer."""

    __tablename__ = "status_question"
    __table_args__ = (
        Index(None, "claim_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        Index(None, "claim_id", "asked_at"),
        Index(None, "practice_id", "state", "asked_at"),
    )
    table_code = 101
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    claim_id: Mapped[bytes] = ref(5, "claim.id")
    control: Mapped[str] = clear(6)
    """CLM01 of the version asked about, REF*EJ."""
    trace: Mapped[str] = clear(7, unique=True)
    """TRN02."""
    reference: Mapped[str] = clear(8)
    """BHT03 of its set, by which a payer refuses all of it."""
    state: Mapped[str] = clear(9)
    """ASKED, ANSWERED, LAPSED (nobody answered in time), FAILED (its file was refused)."""
    reason: Mapped[str] = clear(10)
    """silent or hand."""
    interchange_id: Mapped[bytes] = ref(11, "interchange.id", index=True)
    asked_at: Mapped[datetime] = clear(12)
    asked_by: Mapped[str] = clear(13)
    version: Mapped[int] = clear(14)

"""By which ways patients agreed to be reached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref


class ContactChoiceRow(Base):
    """What a patient chose for one way: allowed or not, in which words, how, since when and until when."""

    __tablename__ = "contact_choice"
    __table_args__ = (Index(None, "patient_id", "channel", "ended_at"),)
    table_code = 147
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    channel: Mapped[str] = clear(4)
    """email, sms or paperless."""
    allowed: Mapped[bool] = clear(5)
    wording_version: Mapped[int] = clear(6)
    words: Mapped[str] = clear(7)
    """What was agreed to, as it was read."""
    language: Mapped[str] = clear(8)
    by: Mapped[str] = clear(9)
    """How it came: a code of `domain.consents.BY`."""
    recorded_by: Mapped[str] = clear(10)
    began_at: Mapped[datetime] = clear(11)
    ended_at: Mapped[datetime | None] = clear(12)
    version: Mapped[int] = clear(13)

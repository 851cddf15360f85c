"""Legal holds: whose records and whose part of the log must not go, however old they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class LegalHoldRow(Base):
    """A hold on one subject, in force until it is lifted."""

    __tablename__ = "legal_hold"
    table_code = 63
    sealed_under = ("subject_id",)
    reached_by = ReachedBy(practice=None)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes | None] = ref(2, "practice.id")
    subject_id: Mapped[bytes] = clear(3, LargeBinary(16), index=True)
    """A patient or user, whose key seals the reason."""
    reason_sealed: Mapped[Box] = sealed(4, bucket=1024)
    placed_at: Mapped[datetime] = clear(5)
    lifted_at: Mapped[datetime | None] = clear(6)

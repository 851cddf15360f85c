"""Holds on accounts: why their bills' clocks stand still."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class AccountHoldRow(Base):
    """One reason for which an account is not asked for money; it stands until its last day or until it is ended."""

    __tablename__ = "account_hold"
    __table_args__ = (Index(None, "account_id", "ended_at"), Index(None, "about_id"))
    table_code = 128
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    """Whose it is about, who need not be the one on whose account they are billed."""
    account_id: Mapped[bytes] = clear(4, LargeBinary(16))
    """The patient on whose account the money is asked."""
    kind: Mapped[str] = clear(5)
    """A key of `domain.statements.holds.KINDS`."""
    about_table: Mapped[str | None] = clear(6)
    about_id: Mapped[bytes | None] = clear(7, LargeBinary(16))
    """What brought it and ends it: a conversation, plan, application, promise; None where a person did."""
    since: Mapped[date] = clear(8)
    until: Mapped[date | None] = clear(9)
    words_sealed: Mapped[Box | None] = sealed(10, bucket=1024)
    opened_by: Mapped[str] = clear(11)
    opened_at: Mapped[datetime] = clear(12)
    ended_by: Mapped[str | None] = clear(13)
    ended_at: Mapped[datetime | None] = clear(14)
    reason: Mapped[str | None] = clear(15)
    """Why it ended, a code."""
    version: Mapped[int] = clear(16)

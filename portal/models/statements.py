"""Statements: what a patient was asked for, sealed as it was shown."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class StatementRow(Base):
    """One statement: frozen content, and the balances proved against the ledger when it was made."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("practice_id", "number"), UniqueConstraint("patient_id", "run_key"))
    table_code = 30
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    number: Mapped[str] = clear(4)
    run_key: Mapped[str] = clear(5)
    """Names the run, so that a run repeated or resumed makes no statement twice."""
    state: Mapped[str] = clear(6)
    opening_cents: Mapped[int] = clear(7)
    closing_cents: Mapped[int] = clear(8)
    made_on: Mapped[date] = clear(9)
    due_on: Mapped[date] = clear(10)
    content_sealed: Mapped[Box] = sealed(11, kind="json", bucket=2048)
    document_id: Mapped[bytes | None] = ref(12, "document.id")
    """The PDF, once its job has made it."""
    version: Mapped[int] = clear(13)
    created_at: Mapped[datetime] = clear(14)

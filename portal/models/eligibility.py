"""What payers were asked about coverage, what they said, and how often a practice asks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class EligibilityQuestionRow(Base):
    """One coverage asked about for one day, in one 270."""

    __tablename__ = "eligibility_question"
    __table_args__ = (Index(None, "coverage_id", "asked_at"), Index(None, "practice_id", "state", "asked_at"))
    table_code = 70
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    coverage_id: Mapped[bytes] = ref(5, "coverage.id")
    on_date: Mapped[date] = clear(6)
    """The day asked for, DTP*291."""
    service_types: Mapped[list[Any]] = clear(7, JSON)
    """EQ01."""
    trace: Mapped[str] = clear(8, unique=True)
    """TRN02."""
    reference: Mapped[str] = clear(9)
    """BHT03 of its set, by which a payer refuses all of it."""
    state: Mapped[str] = clear(10)
    """ASKED, ANSWERED, FAILED (its file was refused)."""
    reason: Mapped[str] = clear(11)
    """night or hand."""
    interchange_id: Mapped[bytes] = ref(12, "interchange.id", index=True)
    asked_at: Mapped[datetime] = clear(13)
    asked_by: Mapped[str] = clear(14)
    version: Mapped[int] = clear(15)


class EligibilityAnswerRow(Base):
    """What a payer said to one question; several when it refused first and answered later."""

    __tablename__ = "eligibility_answer"
    __table_args__ = (UniqueConstraint("question_id", "number"), Index(None, "coverage_id", "asked_at"))
    table_code = 71
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    coverage_id: Mapped[bytes] = ref(5, "coverage.id")
    question_id: Mapped[bytes] = ref(6, "eligibility_question.id")
    number: Mapped[int] = clear(7)
    """1 for the first answer to its question."""
    on_date: Mapped[date] = clear(8)
    """The day asked for."""
    asked_at: Mapped[datetime] = clear(9)
    state: Mapped[str] = clear(10)
    """active, inactive, unknown or rejected."""
    reasons: Mapped[list[Any]] = clear(11, JSON)
    """AAA03 of what was refused."""
    other_payer: Mapped[bool] = clear(12)
    """Whether the payer named another one."""
    body_sealed: Mapped[Box] = sealed(13, kind="json", bucket=1024)
    """Plan, dates, benefits, parties, refusals."""
    interchange_id: Mapped[bytes] = ref(14, "interchange.id", index=True)
    received_at: Mapped[datetime] = clear(15)


class EligibilityRuleRow(Base):
    """After how many days a practice asks again; without a payer for all that have no rule of their own."""

    __tablename__ = "eligibility_rule"
    __table_args__ = (UniqueConstraint("practice_id", "payer_id"),)
    table_code = 72

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payer_id: Mapped[bytes | None] = ref(3, "payer.id")
    recheck_days: Mapped[int] = clear(4)
    version: Mapped[int] = clear(5)

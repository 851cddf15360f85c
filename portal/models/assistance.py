"""Help with bills: poverty guidelines by year, applications with what came with them, and discounts that were given."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box

_UNDER_WAY: Final = text("state IN ('DRAFT', 'SUBMITTED', 'INCOMPLETE', 'REVIEWED', 'APPEALED')")


class PovertyLevelRow(Base):
    """HHS's poverty guidelines of a year for a region, in whole dollars a year."""

    __tablename__ = "poverty_level"
    __table_args__ = (UniqueConstraint("year", "region"),)
    table_code = 170
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    year: Mapped[int] = clear(2)
    region: Mapped[str] = clear(3)
    """A key of `domain.assistance.levels.REGIONS`."""
    dollars: Mapped[list[Any]] = clear(4, JSON)
    """For households of 1 to 8."""
    extra: Mapped[int] = clear(5)
    """For each further person."""


class AssistanceRow(Base):
    """An application for help; its life is `domain.assistance.life.LIFE`. One at a time is under way for a patient."""

    __tablename__ = "assistance"
    __table_args__ = (
        Index(None, "patient_id", "state"),
        Index("ix_assistance_under_way", "patient_id", unique=True, sqlite_where=_UNDER_WAY,
              postgresql_where=_UNDER_WAY),
        Index(None, "practice_id", "state"),
    )  # fmt: skip
    table_code = 171
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    state: Mapped[str] = clear(4)
    household_sealed: Mapped[Box] = sealed(5, kind="json", bucket=1024)
    """Size, incomes and words, as `domain.assistance.incomes.dump` writes them."""
    begun_by: Mapped[str] = clear(6)
    begun_at: Mapped[datetime] = clear(7)
    submitted_on: Mapped[date | None] = clear(8)
    due_on: Mapped[date | None] = clear(9)
    """By when the office decides, or by when what is missing should be here."""
    finding_sealed: Mapped[Box | None] = sealed(10, kind="json", bucket=1024)
    """What was worked out when it was prepared or decided: guideline, income, percent, the band of the rules."""
    percent: Mapped[int | None] = clear(11)
    """Off what is open: proposed, then granted."""
    government: Mapped[bool | None] = clear(12)
    """Whether what a government plan asks of its member is in it, by a manager's own reason."""
    cents: Mapped[int | None] = clear(13)
    """What was written off on the day of the decision."""
    decided_on: Mapped[date | None] = clear(14)
    valid_until: Mapped[date | None] = clear(15)
    reason: Mapped[str | None] = clear(16)
    """A key of `domain.assistance.life.REASONS`: of the decision, or of what is missing."""
    words_sealed: Mapped[Box | None] = sealed(17, bucket=1024)
    """What the office writes to the patient beside it."""
    document_id: Mapped[bytes | None] = ref(18, "document.id")
    """The letter with the decision."""
    mailed_on: Mapped[date | None] = clear(19)
    version: Mapped[int] = clear(20)


class AssistanceFileRow(Base):
    """A paper that came with an application: its name for the patient, and the office's document."""

    __tablename__ = "assistance_file"
    __table_args__ = (Index(None, "assistance_id"),)
    table_code = 172
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    assistance_id: Mapped[bytes] = ref(4, "assistance.id")
    document_id: Mapped[bytes] = ref(5, "document.id")
    name_sealed: Mapped[Box] = sealed(6, bucket=128)
    came_at: Mapped[datetime] = clear(7)


class DiscountRow(Base):
    """A discount that was given, by rule or by hand: for paying a bill at once, or for a visit without coverage."""

    __tablename__ = "discount"
    __table_args__ = (UniqueConstraint("practice_id", "key"), Index(None, "encounter_id"))
    table_code = 173
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    kind: Mapped[str] = clear(4)
    """prompt-pay or self-pay."""
    statement_id: Mapped[bytes | None] = ref(5, "statement.id")
    encounter_id: Mapped[bytes | None] = ref(6, "encounter.id")
    percent: Mapped[int] = clear(7)
    cents: Mapped[int] = clear(8)
    reason: Mapped[str] = clear(9)
    """by-rule, or why a person gave it: a key of `domain.assistance.policy.WHY`."""
    words_sealed: Mapped[Box | None] = sealed(10, bucket=1024)
    given_by: Mapped[str] = clear(11)
    given_on: Mapped[date] = clear(12)
    key: Mapped[str] = clear(13)
    ended_on: Mapped[date | None] = clear(14)
    """When it was taken back, because a coverage turned up."""
    version: Mapped[int] = clear(15)

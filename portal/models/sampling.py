"""Which visits are checked a second time, and what the checks found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref


class SampleRuleRow(Base):
    """One sampling rule of a practice (`domain.sampling.Rule`); one that ended is kept."""

    __tablename__ = "sample_rule"
    __table_args__ = (Index(None, "practice_id", "check_kind", "ended_at"),)
    table_code = 84

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    check_kind: Mapped[str] = clear(3)
    """coding or charges."""
    kind: Mapped[str] = clear(4)
    percent: Mapped[int] = clear(5)
    worker_id: Mapped[bytes | None] = ref(6, "user.id")
    code: Mapped[str] = clear(7)
    cents: Mapped[int] = clear(8)
    made_by: Mapped[str] = clear(9)
    made_at: Mapped[datetime] = clear(10)
    ended_by: Mapped[str | None] = clear(11)
    ended_at: Mapped[datetime | None] = clear(12)
    version: Mapped[int] = clear(13)


class SampleChangeRow(Base):
    """A change of the sampling rules that somebody proposed (`domain.sampling.CHANGE_LIFE`), and what became of it."""

    __tablename__ = "sample_change"
    __table_args__ = (Index(None, "practice_id", "check_kind", "state"),)
    table_code = 106

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    check_kind: Mapped[str] = clear(3)
    rule_id: Mapped[bytes | None] = ref(4, "sample_rule.id")
    """The rule that is to end; of a rule that is to be added, the one it became when it was agreed to."""
    ends: Mapped[bool] = clear(5)
    kind: Mapped[str] = clear(6)
    percent: Mapped[int] = clear(7)
    worker_id: Mapped[bytes | None] = ref(8, "user.id")
    code: Mapped[str] = clear(9)
    cents: Mapped[int] = clear(10)
    state: Mapped[str] = clear(11)
    proposed_by: Mapped[str] = clear(12)
    proposed_at: Mapped[datetime] = clear(13)
    decided_by: Mapped[str | None] = clear(14)
    decided_at: Mapped[datetime | None] = clear(15)
    visits: Mapped[int] = clear(16)
    """On how many of the last visits it was tried."""
    checked_before: Mapped[int] = clear(17)
    """How many of them the rules that hold would have checked."""
    checked_after: Mapped[int] = clear(18)
    """How many of them would have been checked with the change."""
    trials: Mapped[int] = clear(19)
    """How often it was tried: anew whenever other changes took effect, so that nobody agrees to figures of before."""
    version: Mapped[int] = clear(20)


class CheckResultRow(Base):
    """What one check of a visit found. Never changed."""

    __tablename__ = "check_result"
    __table_args__ = (
        UniqueConstraint("encounter_id", "check_kind", "number"),
        Index(None, "practice_id", "check_kind", "at"),
    )
    table_code = 97
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    check_kind: Mapped[str] = clear(5)
    number: Mapped[int] = clear(6)
    """1 for the first check of the visit, which alone counts for the accuracy."""
    worker_id: Mapped[bytes | None] = clear(7, LargeBinary(16))
    """Whose work was checked; the store need not know them as a user."""
    checker: Mapped[str] = clear(8)
    outcome: Mapped[str] = clear(9)
    """PASSED or RETURNED."""
    items: Mapped[int] = clear(10)
    found: Mapped[dict[str, Any]] = clear(11, JSON)
    """How often each error category was found."""
    at: Mapped[datetime] = clear(12)


class CheckSettingRow(Base):
    """What a practice has set for a kind of check; made with its first rule or setting."""

    __tablename__ = "check_setting"
    __table_args__ = (UniqueConstraint("practice_id", "check_kind"),)
    table_code = 99

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    check_kind: Mapped[str] = clear(3)
    seed: Mapped[bytes] = clear(4, LargeBinary(16))
    """Random, so that nobody can tell beforehand which visits are drawn; shown nowhere and never changed."""
    late_after_days: Mapped[int] = clear(5)
    version: Mapped[int] = clear(6)

"""Coverage: which payer covers a patient, in which rank, from when to when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.types import Box


class CoverageRow(Base):
    """One coverage of one patient; the patient is the subject."""

    __tablename__ = "coverage"
    __table_args__ = (Index(None, "patient_id", "payer_id"),)
    table_code = 13
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id", index=True)
    rank: Mapped[str] = clear(5)
    """SBR01: P, S or T."""
    relationship: Mapped[str] = clear(6)
    """18 self, else PAT01."""
    filing_code: Mapped[str] = clear(7)
    member_id_sealed: Mapped[Box] = sealed(8)
    group_number_sealed: Mapped[Box | None] = sealed(9)
    group_name_sealed: Mapped[Box | None] = sealed(10, bucket=128)
    subscriber_sealed: Mapped[Box | None] = sealed(11, kind="json", bucket=128)
    """The subscriber as registered, when it is not the patient."""
    valid_from: Mapped[date | None] = clear(12)
    valid_to: Mapped[date | None] = clear(13)
    version: Mapped[int] = clear(14)
    member_id_index: Mapped[bytes] = index(15, "member-id", "member_id_sealed")
    insurance_type: Mapped[str | None] = clear(16)
    """SBR05 as the file said it: why Medicare pays second."""

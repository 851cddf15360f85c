"""What a patient paid in full and asked to keep from the plan (45 CFR 164.522(a)(1)(vi))."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, exists, text
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref

_STANDS = "lifted_at IS NULL"


class RestrictionRow(Base):
    """One visit that its plan must not hear of; it stands until the patient takes the wish back."""

    __tablename__ = "restriction"
    __table_args__ = (
        Index(None, "encounter_id", unique=True, sqlite_where=text(_STANDS), postgresql_where=text(_STANDS)),
    )
    table_code = 90
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    asked_on: Mapped[date] = clear(5)
    kept_by: Mapped[str] = clear(6)
    kept_at: Mapped[datetime] = clear(7)
    lifted_on: Mapped[date | None] = clear(8)
    lifted_by: Mapped[str | None] = clear(9)
    lifted_at: Mapped[datetime | None] = clear(10)
    version: Mapped[int] = clear(11)

    @classmethod
    def keeps(cls, encounter_id: Any) -> ColumnElement[bool]:
        """Whether the visit in a column of another table is kept from its plan now."""
        return exists().where(cls.encounter_id == encounter_id, cls.lifted_at.is_(None))

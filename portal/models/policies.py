"""What practices decide about billing their patients, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, UniqueConstraint, select
from sqlalchemy.orm import Mapped

from portal.access.reaches import OWN, STANDS_FOR, Reach
from portal.models.base import Base
from portal.models.columns import clear, key, ref
from portal.models.patients import PatientRow


class PracticePolicyRow(Base):
    """One version of one policy; the newest holds, and none is changed once it is written."""

    __tablename__ = "practice_policy"
    __table_args__ = (UniqueConstraint("practice_id", "kind", "number"),)
    table_code = 129

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    kind: Mapped[str] = clear(3)
    number: Mapped[int] = clear(4)
    body: Mapped[dict[str, Any]] = clear(5, JSON)
    kept_by: Mapped[str] = clear(6)
    kept_at: Mapped[datetime] = clear(7)

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """What a practice decided is no secret from its patients: a page tells them how long an answer takes."""
        if reach.kind in {OWN, STANDS_FOR}:
            return cls.practice_id.in_(select(PatientRow.practice_id).where(PatientRow.id.in_(sorted(reach.patients))))
        return super().within(reach)

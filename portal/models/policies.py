"""What practices decide about billing their patients, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref


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

"""Documents: each under a key of its own, whether we made it or it came in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class DocumentRow(Base):
    """A document under its own key (the document is the subject): a statement's PDF, a letter, a receipt."""

    __tablename__ = "document"
    __table_args__ = (Index(None, "patient_id", "kind"),)
    table_code = 31
    sealed_under = ("id",)
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = ref(3, "patient.id")
    kind: Mapped[str] = clear(4)
    media_type: Mapped[str] = clear(5)
    size_bytes: Mapped[int] = clear(6)
    name_sealed: Mapped[Box] = sealed(7, bucket=128)
    body_sealed: Mapped[Box] = sealed(8, kind="bytes", bucket=2048)
    created_at: Mapped[datetime] = clear(9)

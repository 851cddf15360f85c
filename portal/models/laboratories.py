"""Certificates of a practice's laboratories (CLIA)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref


class CertificateRow(Base):
    """One certificate of one place of service, or of all; numbers of certificates are public (CMS)."""

    __tablename__ = "laboratory_certificate"
    table_code = 120

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    place: Mapped[str] = clear(3)
    """Two digits; empty for every place."""
    number: Mapped[str] = clear(4)
    kind: Mapped[str] = clear(5)
    """A key of `domain.laboratories.KINDS`."""
    valid_from: Mapped[date] = clear(6)
    valid_to: Mapped[date | None] = clear(7)
    kept_by: Mapped[str] = clear(8)
    kept_at: Mapped[datetime] = clear(9)
    version: Mapped[int] = clear(10)

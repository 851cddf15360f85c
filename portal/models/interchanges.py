"""Files in and out: the original sealed, what was found in it, how far it got."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class InterchangeRow(Base):
    """One file; its own document key (the interchange is the subject). The digest recognises a repeated file."""

    __tablename__ = "interchange"
    __table_args__ = (UniqueConstraint("practice_id", "direction", "digest"),)
    table_code = 19
    sealed_under = ("id",)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    direction: Mapped[str] = clear(3)
    """in or out."""
    kind: Mapped[str] = clear(4)
    """837P, 835, 999, TA1, 277CA; "mixed" when it holds several, "" when unreadable."""
    digest: Mapped[bytes] = clear(5)
    """SHA-256 of the file's bytes."""
    name_sealed: Mapped[Box] = sealed(6, bucket=128)
    body_sealed: Mapped[Box] = sealed(7, kind="bytes", bucket=2048)
    findings_sealed: Mapped[Box | None] = sealed(8, kind="json", bucket=1024)
    """List of {"segment", "code", "text", "parameters"}."""
    state: Mapped[str] = clear(9)
    """RECEIVED, READ, APPLIED, PARTLY, REFUSED, SPLIT, KEPT; out: WRITTEN, LAID, SENT, ANSWERED."""
    control: Mapped[str] = clear(10)
    """ISA13."""
    group_control: Mapped[str] = clear(11)
    partner_id: Mapped[bytes | None] = ref(12, "partner.id")
    items: Mapped[int] = clear(13)
    """Claims, payments or answers in it."""
    applied: Mapped[int] = clear(14)
    """How many of them changed something."""
    finding_count: Mapped[int] = clear(15)
    size_bytes: Mapped[int] = clear(16)
    created_at: Mapped[datetime] = clear(17)
    version: Mapped[int] = clear(18)
    created_by: Mapped[str] = clear(19)
    tried_at: Mapped[datetime | None] = clear(20)
    """When somebody last set out to bring it to the partner and has not said yet what came of it."""


class InterchangePartRow(Base):
    """That a file holds another: one of several kinds is kept whole, and each part is a file that its import reads."""

    __tablename__ = "interchange_part"
    __table_args__ = (UniqueConstraint("whole_id", "number"),)
    table_code = 96

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    whole_id: Mapped[bytes] = ref(3, "interchange.id")
    part_id: Mapped[bytes] = ref(4, "interchange.id", index=True)
    number: Mapped[int] = clear(5)
    first_segment: Mapped[int] = clear(6)
    """Where its interchange begins in the whole file, from 1 = the first ISA."""
    last_segment: Mapped[int] = clear(7)

"""Denial cases: what an adjudication opened because a payer did not pay for a reason that nobody owes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class DenialRow(Base):
    """One denied line or claim; its life is `domain.denials.LIFE`. The amount stays in receivable:payer."""

    __tablename__ = "denial"
    __table_args__ = (UniqueConstraint("remittance_claim_id", "position"),)
    table_code = 29
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    claim_id: Mapped[bytes] = ref(5, "claim.id", index=True)
    charge_id: Mapped[bytes | None] = ref(6, "charge.id")
    remittance_claim_id: Mapped[bytes] = ref(7, "remittance_claim.id")
    position: Mapped[int] = clear(8)
    kind: Mapped[str] = clear(9)
    """denial or underpayment."""
    state: Mapped[str] = clear(10)
    group_code: Mapped[str] = clear(11)
    reason: Mapped[str] = clear(12)
    """The CARC."""
    amount_cents: Mapped[int] = clear(13)
    appeal_due: Mapped[date | None] = clear(14)
    note_sealed: Mapped[Box | None] = sealed(15, bucket=1024)
    version: Mapped[int] = clear(16)
    created_at: Mapped[datetime] = clear(17)

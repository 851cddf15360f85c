"""Fee schedules: what a payer allows a practice for a service."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref


class FeeScheduleRow(Base):
    """One loaded file of fees of a payer: from when, from which file, by whom."""

    __tablename__ = "fee_schedule"
    table_code = 67

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    payer_id: Mapped[bytes] = ref(3, "payer.id")
    effective: Mapped[date] = clear(4)
    file_name: Mapped[str] = clear(5)
    digest: Mapped[bytes] = clear(6)
    loaded_by: Mapped[str] = clear(7)
    loaded_at: Mapped[datetime] = clear(8)
    fee_count: Mapped[int] = clear(9)
    whole: Mapped[bool | None] = clear(10)
    """False for a file of changes; None where it was loaded before this was kept."""


class FeeRow(Base):
    """What a payer allows for one service, with one modifier or none, in a setting and a locality."""

    __tablename__ = "fee"
    __table_args__ = (
        UniqueConstraint(
            "practice_id", "payer_id", "code", "modifier", "setting", "locality", "valid_from", name="uq_fee_service"
        ),
    )
    table_code = 68
    digested = False

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payer_id: Mapped[bytes] = ref(3, "payer.id")
    code: Mapped[str] = clear(4)
    modifier: Mapped[str] = clear(5)
    """Empty for none."""
    setting: Mapped[str] = clear(6)
    """facility, non-facility, or empty for both."""
    locality: Mapped[str] = clear(7)
    """The payer's own; CMS's is the carrier's number, a hyphen, and the locality's. Empty for everywhere."""
    amount_cents: Mapped[int] = clear(8)
    valid_from: Mapped[date] = clear(9)
    valid_to: Mapped[date | None] = clear(10)

"""Contracts with payers: their days, each version of which is kept."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref


class ContractRow(Base):
    """One version of what a practice and a payer agreed for services from a day on; never changed once written.

    Of the versions of a day the one of the highest number holds; `withdrawn` ones say that nothing was agreed after
    all. A contract that begins later ends those before it.
    """

    __tablename__ = "contract"
    __table_args__ = (UniqueConstraint("practice_id", "payer_id", "valid_from", "number"),)
    table_code = 89

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payer_id: Mapped[bytes] = ref(3, "payer.id")
    valid_from: Mapped[date] = clear(4)
    number: Mapped[int] = clear(5)
    valid_to: Mapped[date | None] = clear(6)
    filing_days: Mapped[int] = clear(7)
    filing_from: Mapped[str] = clear(8)
    """service or discharge (`domain.contracts.BASES`)."""
    secondary_days: Mapped[int | None] = clear(9)
    replacement_days: Mapped[int | None] = clear(10)
    appeal_days: Mapped[int | None] = clear(11)
    withdrawn: Mapped[bool] = clear(12)
    kept_by: Mapped[str] = clear(13)
    kept_at: Mapped[datetime] = clear(14)

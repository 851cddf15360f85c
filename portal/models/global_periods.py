"""How long a surgeon's payment covers what comes after a procedure, as CMS publishes it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key


class GlobalPeriodRow(Base):
    """The global period of one service, and from when to when it is that."""

    __tablename__ = "global_period"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)
    table_code = 121
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    code: Mapped[str] = clear(2)
    period: Mapped[str] = clear(3)
    """000, 010 or 090 days (`domain.global_periods.PROCEDURES`)."""
    valid_from: Mapped[date] = clear(4)
    valid_to: Mapped[date | None] = clear(5)

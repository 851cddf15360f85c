"""For which diagnoses payers cover a service (CMS's LCD and NCD, and those of other payers), as a user loads them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key


class CoveragePolicyRow(Base):
    """What one policy of one payer covers one service for."""

    __tablename__ = "coverage_policy"
    __table_args__ = (UniqueConstraint("payer", "policy", "code", "valid_from"), Index(None, "code"))
    table_code = 122
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    payer: Mapped[str] = clear(2)
    """A payer's code, or `domain.coverage_policies.MEDICARE`."""
    policy: Mapped[str] = clear(3)
    code: Mapped[str] = clear(4)
    """The service."""
    packed: Mapped[bytes] = clear(5)
    """As `services.coverage_policies` packs them: a policy covers thousands of diagnoses."""
    valid_from: Mapped[date] = clear(6)
    valid_to: Mapped[date | None] = clear(7)

"""Claim edits that a practice writes itself, each version a row of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref

_ON = "state = 'ON'"


class EditRuleRow(Base):
    """One version of a rule: its content never changes, its state does (`domain.edits.own.LIFE`). One is on at most."""

    __tablename__ = "edit_rule"
    __table_args__ = (
        UniqueConstraint("practice_id", "rule_id", "number"),
        Index(None, "rule_id", unique=True, sqlite_where=text(_ON), postgresql_where=text(_ON)),
    )
    table_code = 91

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    rule_id: Mapped[bytes] = clear(3, LargeBinary(16))
    """The same for all versions."""
    number: Mapped[int] = clear(4)
    state: Mapped[str] = clear(5)
    name: Mapped[str] = clear(6)
    severity: Mapped[str] = clear(7)
    """block or warn."""
    conditions: Mapped[list[Any]] = clear(8, JSON)
    """[{"field", "comparison", "value"}], all of which must be met."""
    reason: Mapped[str] = clear(9)
    todo: Mapped[str] = clear(10)
    tried: Mapped[int | None] = clear(11)
    """On how many past claims it was tried last."""
    stopped: Mapped[int | None] = clear(12)
    """How many of them it would have stopped or warned about."""
    tried_at: Mapped[datetime | None] = clear(13)
    kept_by: Mapped[str] = clear(14)
    kept_at: Mapped[datetime] = clear(15)
    version: Mapped[int] = clear(16)

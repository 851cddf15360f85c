"""Payers: insurers and agencies, shared by all practices of the installation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key


class PayerRow(Base):
    """A payer: its id on claims, filing limit in days from service, and levels of appeal as data."""

    __tablename__ = "payer"
    table_code = 6
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    code: Mapped[str] = clear(2, unique=True)
    """NM109 of loop 2010BB."""
    name: Mapped[str] = clear(3)
    kind: Mapped[str] = clear(4)
    """SBR09: CI, MB, MC, BL …"""
    filing_limit_days: Mapped[int] = clear(5)
    appeal_levels: Mapped[list[Any]] = clear(6, JSON)
    address: Mapped[dict[str, Any] | None] = clear(7, JSON)
    remittance_ids: Mapped[list[Any]] = clear(8, JSON)
    """TRN03 values (1 + tax id) under which the payer sends remittances."""
    version: Mapped[int] = clear(9)

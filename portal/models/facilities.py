"""Facilities besides a practice's own address where its clinicians work."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, key, ref


class ServiceFacilityRow(Base):
    """One facility of a practice's list; names, NPIs and addresses of facilities are public (NPPES)."""

    __tablename__ = "service_facility"
    table_code = 127

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    name: Mapped[str] = clear(3)
    npi: Mapped[str] = clear(4)
    address: Mapped[dict[str, Any]] = clear(5, JSON)
    places: Mapped[list[Any]] = clear(6, JSON)
    """Places of service, two digits each."""
    valid_from: Mapped[date] = clear(7)
    valid_to: Mapped[date | None] = clear(8)
    kept_by: Mapped[str] = clear(9)
    kept_at: Mapped[datetime] = clear(10)
    version: Mapped[int] = clear(11)

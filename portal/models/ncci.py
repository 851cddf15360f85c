"""CMS's National Correct Coding Initiative: pairs of services that are not billed together, and the most units."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key


class NcciPairsRow(Base):
    """Every pair that one column 1 code begins, with its days and modifier indicator.

    A quarter has three million pairs of some thirteen thousand column 1 codes. They come ordered so and are asked for
    so; packed they take a twentieth of what rows of their own would, and a new quarter changes few of these rows.
    """

    __tablename__ = "ncci_pairs"
    table_code = 65
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    column_one: Mapped[str] = clear(2, unique=True)
    pair_count: Mapped[int] = clear(3)
    packed: Mapped[bytes] = clear(4)
    """As `services.ncci` packs them."""


class MueRow(Base):
    """A medically unlikely edit: the most units of a service on a day or line, and from when to when."""

    __tablename__ = "mue"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)
    table_code = 66
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    code: Mapped[str] = clear(2)
    units: Mapped[int] = clear(3)
    indicator: Mapped[str] = clear(4)
    """1 a line, 2 a day and absolute, 3 a day."""
    rationale: Mapped[str] = clear(5)
    valid_from: Mapped[date] = clear(6)
    valid_to: Mapped[date | None] = clear(7)

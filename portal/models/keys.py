"""Wrapped keys (SECURITY 2.2): per tenant and generation, and per subject and version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key


class KekRow(Base):
    """A tenant's wrapped key of one purpose (1 field, 2 index, 3 audit) and generation."""

    __tablename__ = "kek"
    table_code = 60
    digested = False
    reached_by = ReachedBy(practice=None)

    tenant: Mapped[bytes] = clear(1, LargeBinary(16), primary_key=True)
    purpose: Mapped[int] = clear(2, primary_key=True)
    generation: Mapped[int] = clear(3, primary_key=True)
    state: Mapped[str] = clear(4)
    wrapped: Mapped[bytes] = clear(5)
    created_at: Mapped[datetime] = clear(6)
    changed_at: Mapped[datetime] = clear(7)


class SubjectKeyRow(Base):
    """A subject's wrapped data key of one version, with its commitment."""

    __tablename__ = "subject_key"
    __mapper_args__ = {"version_id_col": None}  # noqa: RUF012 - SQLAlchemy's form; `version` is the key's, not the row's
    table_code = 61
    digested = False
    reached_by = ReachedBy(practice=None)

    subject: Mapped[bytes] = clear(1, LargeBinary(16), primary_key=True)
    version: Mapped[int] = clear(2, primary_key=True)
    tenant: Mapped[bytes] = clear(3, LargeBinary(16))
    state: Mapped[str] = clear(4)
    """active, or decrypt-only after a new version was made."""
    kek_generation: Mapped[int] = clear(5, index=True)
    wrapped: Mapped[bytes] = clear(6)
    commitment: Mapped[bytes] = clear(7)
    created_at: Mapped[datetime] = clear(8)


class InstallationRow(Base):
    """The one row that says which installation this is; origin of the audit log's checkpoints."""

    __tablename__ = "installation"
    table_code = 62
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    mode: Mapped[str] = clear(2)
    created_at: Mapped[datetime] = clear(3)

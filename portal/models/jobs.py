"""Machine work: the leased job table of SQLite, the key table of both engines, and mail out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class JobKeyRow(Base):
    """A key that runs once for ever, on both engines."""

    __tablename__ = "job_key"
    table_code = 50
    digested = False
    reached_by = ReachedBy(practice=None)

    id: Mapped[bytes] = key()
    key: Mapped[str] = clear(2, unique=True)
    name: Mapped[str] = clear(3)
    created_at: Mapped[datetime] = clear(4)


class JobRow(Base):
    """One job of the embedded engine: WAITING, RUNNING under a lease, DONE or DEAD. Arguments are ids only."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "run_after"),)
    table_code = 51
    digested = False
    reached_by = ReachedBy(practice=None)

    id: Mapped[bytes] = key()
    name: Mapped[str] = clear(2)
    key: Mapped[str] = clear(3, unique=True)
    practice_id: Mapped[bytes | None] = clear(4)
    arguments: Mapped[dict[str, Any]] = clear(5, JSON)
    state: Mapped[str] = clear(6)
    attempts: Mapped[int] = clear(7)
    run_after: Mapped[datetime] = clear(8)
    lease_until: Mapped[datetime | None] = clear(9)
    leased_by: Mapped[str | None] = clear(10)
    error: Mapped[str | None] = clear(11)
    """The class of the last error only; its words might be protected."""
    created_at: Mapped[datetime] = clear(12)
    done_at: Mapped[datetime | None] = clear(13)


class MailRow(Base):
    """One mail, written before it is sent: WAITING, SENDING, SENT, FAILED or UNCERTAIN (not repeated by itself)."""

    __tablename__ = "mail"
    table_code = 52
    sealed_under = ("subject_id",)
    reached_by = ReachedBy(practice=None)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes | None] = ref(2, "practice.id")
    subject_id: Mapped[bytes] = clear(3)
    """Whose key sealed it: a patient or a user."""
    template: Mapped[str] = clear(4)
    language: Mapped[str] = clear(5)
    recipient_sealed: Mapped[Box] = sealed(6, bucket=128)
    parameters_sealed: Mapped[Box] = sealed(7, kind="json", bucket=1024)
    state: Mapped[str] = clear(8)
    created_at: Mapped[datetime] = clear(9)
    sent_at: Mapped[datetime | None] = clear(10)

"""Users, what they may, how they prove who they are, and their sessions; all belong to the installation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped

from portal.access.reaches import OWN, PRACTICE, STANDS_FOR, Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.types import Box


class UserRow(Base):
    """One person's sign-in; the user is the subject. State INVITED, ACTIVE, LOCKED, DISABLED."""

    __tablename__ = "user"
    table_code = 40
    sealed_under = ("id",)
    reached_by = ReachedBy(practice=None, user="id")

    id: Mapped[bytes] = key()
    email_sealed: Mapped[Box] = sealed(2, bucket=128)
    name_sealed: Mapped[Box] = sealed(3, bucket=128)
    password_hash: Mapped[str | None] = clear(4)
    state: Mapped[str] = clear(5)
    language: Mapped[str] = clear(6)
    failures: Mapped[int] = clear(7, derived=True)
    last_failure_at: Mapped[datetime | None] = clear(8, derived=True)
    version: Mapped[int] = clear(9)
    created_at: Mapped[datetime] = clear(10)
    email_index: Mapped[bytes] = index(11, "e-mail", "email_sealed", unique=True)
    signed_in_at: Mapped[datetime | None] = clear(12, derived=True)
    signed_in_before_at: Mapped[datetime | None] = clear(13, derived=True)
    """The sign-in before the present one: what happened since is new to them."""

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """A practice's people: those with a role in it, those who are its patients, those of its patients' payers.

        Patients reach the people of their practices and payers: they may know who looked at their record.
        """
        if reach.kind == PRACTICE:
            practices = sorted(reach.practices)
            works = exists().where(GrantRow.user_id == cls.id, GrantRow.practice_id.in_(practices))
            comes = exists().where(PatientLinkRow.user_id == cls.id, PatientLinkRow.practice_id.in_(practices))
            covers = select(CoverageRow.payer_id).where(CoverageRow.practice_id.in_(practices))
            return works | comes | exists().where(GrantRow.user_id == cls.id, GrantRow.payer_id.in_(covers))
        if reach.kind in {OWN, STANDS_FOR}:
            patients = sorted(reach.patients)
            theirs = select(PatientRow.practice_id).where(PatientRow.id.in_(patients))
            plans = select(CoverageRow.payer_id).where(CoverageRow.patient_id.in_(patients))
            works = exists().where(
                GrantRow.user_id == cls.id, GrantRow.practice_id.in_(theirs) | GrantRow.payer_id.in_(plans)
            )
            comes = exists().where(PatientLinkRow.user_id == cls.id, PatientLinkRow.patient_id.in_(patients))
            return works | comes
        return super().within(reach)


class GrantRow(Base):
    """A role held in a practice, for a payer, or in the installation."""

    __tablename__ = "grant"
    __table_args__ = (UniqueConstraint("user_id", "role", "practice_id", "payer_id"),)
    table_code = 41
    reached_by = ReachedBy(practice="practice_id", payer="payer_id", user="user_id")

    id: Mapped[bytes] = key()
    user_id: Mapped[bytes] = ref(2, "user.id", index=True)
    role: Mapped[str] = clear(3)
    practice_id: Mapped[bytes | None] = ref(4, "practice.id")
    payer_id: Mapped[bytes | None] = ref(5, "payer.id")
    granted_by: Mapped[str] = clear(6)
    granted_at: Mapped[datetime] = clear(7)
    ended_at: Mapped[datetime | None] = clear(8)


class FactorRow(Base):
    """A second factor: a TOTP secret, or one recovery code (digest only)."""

    __tablename__ = "factor"
    table_code = 42
    sealed_under = ("user_id",)
    reached_by = ReachedBy(practice=None, user="user_id")

    id: Mapped[bytes] = key()
    user_id: Mapped[bytes] = ref(2, "user.id", index=True)
    kind: Mapped[str] = clear(3)
    """totp, recovery."""
    state: Mapped[str] = clear(4)
    """PENDING until proved once, ACTIVE, USED."""
    secret_sealed: Mapped[Box | None] = sealed(5, kind="bytes")
    digest: Mapped[bytes | None] = clear(6)
    last_step: Mapped[int | None] = clear(7, derived=True)
    """The TOTP step used last: a code works once."""
    created_at: Mapped[datetime] = clear(8)
    used_at: Mapped[datetime | None] = clear(9)


class SessionRow(Base):
    """A session by the SHA-256 of its token; rotated at each change of level. Before sign-in it has no user."""

    __tablename__ = "session"
    table_code = 43
    digested = False
    reached_by = ReachedBy(practice=None, user="user_id")

    id: Mapped[bytes] = key()
    token_digest: Mapped[bytes] = clear(2, unique=True)
    user_id: Mapped[bytes | None] = ref(3, "user.id", index=True)
    hat: Mapped[str] = clear(4)
    practice_id: Mapped[bytes | None] = ref(5, "practice.id")
    assurance: Mapped[str] = clear(6)
    method: Mapped[str] = clear(7)
    authenticated_at: Mapped[datetime | None] = clear(8)
    created_at: Mapped[datetime] = clear(9)
    last_active_at: Mapped[datetime] = clear(10)
    expires_at: Mapped[datetime] = clear(11)
    address: Mapped[str] = clear(12)
    agent_digest: Mapped[bytes] = clear(13)
    data: Mapped[dict[str, Any]] = clear(14, JSON)
    """CSRF secret, notice to show once, where to go after sign-in; nothing protected."""
    browser: Mapped[str] = clear(15)
    """A short name from `domain.devices`, or empty; so for the system."""
    system: Mapped[str] = clear(16)


class InvitationRow(Base):
    """A one-time link: to join with a role, or to set a new password. Only the digest of its token is kept."""

    __tablename__ = "invitation"
    table_code = 44
    reached_by = ReachedBy(practice=None)

    id: Mapped[bytes] = key()
    kind: Mapped[str] = clear(2)
    """join or reset."""
    token_digest: Mapped[bytes] = clear(3, unique=True)
    user_id: Mapped[bytes] = ref(4, "user.id", index=True)
    expires_at: Mapped[datetime] = clear(5)
    used_at: Mapped[datetime | None] = clear(6)
    created_by: Mapped[str] = clear(7)
    created_at: Mapped[datetime] = clear(8)


class ThrottleRow(Base):
    """Failed tries from one source (an address, an account) in a window, so that guessing slows down."""

    __tablename__ = "throttle"
    __table_args__ = (UniqueConstraint("kind", "source"), Index(None, "until"))
    table_code = 45
    digested = False
    reached_by = ReachedBy(practice=None)

    id: Mapped[bytes] = key()
    kind: Mapped[str] = clear(2)
    source: Mapped[bytes] = clear(3)
    """SHA-256 of the address or account."""
    failures: Mapped[int] = clear(4)
    until: Mapped[datetime] = clear(5)

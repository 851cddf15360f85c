"""Who was asked to stand for a patient, what stays with the patient alone, and that a patient has died."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from portal.access.reaches import Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class ProxyInvitationRow(Base):
    """Somebody asked to stand or to pay for a patient, until they accept: of the code its HMAC, for five tries."""

    __tablename__ = "proxy_invitation"
    table_code = 152
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    relation: Mapped[str] = clear(4)
    """A key of `domain.people.RELATIONS`."""
    scope: Mapped[str] = clear(5)
    """all or billing."""
    valid_from: Mapped[date] = clear(6)
    valid_to: Mapped[date | None] = clear(7)
    name_sealed: Mapped[Box] = sealed(8, bucket=128)
    email_sealed: Mapped[Box | None] = sealed(9, bucket=128)
    words_sealed: Mapped[Box | None] = sealed(10, bucket=1024)
    """What the office was shown as evidence."""
    document_id: Mapped[bytes | None] = ref(11, "document.id")
    code_digest: Mapped[bytes] = clear(12, unique=True)
    expires_at: Mapped[datetime] = clear(13)
    wrong_tries: Mapped[int] = clear(14, derived=True)
    invited_by: Mapped[str] = clear(15)
    by_patient: Mapped[bool] = clear(16)
    created_at: Mapped[datetime] = clear(17)
    ended_at: Mapped[datetime | None] = clear(18)
    reason: Mapped[str | None] = clear(19)
    """accepted, withdrawn, tries or deceased; None while it stands until it expires."""
    version: Mapped[int] = clear(20)

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """Nobody who stands for a patient learns of it: it is the patient's own."""
        return cls.patient_id.in_(sorted(reach.shut))


class ConfidentialStatementRow(Base):
    """A bill, written before, that names a visit which stays with the patient: nobody else is shown it any more."""

    __tablename__ = "confidential_statement"
    __table_args__ = (UniqueConstraint("statement_id", "encounter_id"), Index(None, "encounter_id"))
    table_code = 153
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    statement_id: Mapped[bytes] = ref(5, "statement.id")


class ConfidentialContactRow(Base):
    """Where else a patient wants to be reached (45 CFR 164.522(b)). Its life is `domain.people.CONTACT_LIFE`."""

    __tablename__ = "confidential_contact"
    __table_args__ = (
        Index(
            None, "patient_id", unique=True, sqlite_where=text("state IN ('ASKED', 'AGREED')"),
            postgresql_where=text("state IN ('ASKED', 'AGREED')"),
        ),
    )  # fmt: skip
    table_code = 154
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    state: Mapped[str] = clear(4)
    address_sealed: Mapped[Box | None] = sealed(5, kind="json", bucket=128)
    phone_sealed: Mapped[Box | None] = sealed(6)
    email_sealed: Mapped[Box | None] = sealed(7, bucket=128)
    since: Mapped[date] = clear(8)
    until: Mapped[date | None] = clear(9)
    words_sealed: Mapped[Box | None] = sealed(10, bucket=1024)
    """What the patient said besides."""
    asked_at: Mapped[datetime] = clear(11)
    version: Mapped[int] = clear(12)

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """Nobody who stands for a patient learns of it: it is the patient's own."""
        return cls.patient_id.in_(sorted(reach.shut))


class DeathRow(Base):
    """That a patient has died, as the office was told; taken back only when it was a mistake."""

    __tablename__ = "death"
    __table_args__ = (
        Index(
            None, "patient_id", unique=True, sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )  # fmt: skip
    table_code = 155
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    died_on: Mapped[date | None] = clear(4)
    """None where nobody could say."""
    evidence: Mapped[str] = clear(5)
    """A key of `domain.people.EVIDENCE_OF_DEATH`."""
    told_sealed: Mapped[Box] = sealed(6, bucket=1024)
    """Who told, and what they said."""
    document_id: Mapped[bytes | None] = ref(7, "document.id")
    recorded_by: Mapped[str] = clear(8)
    recorded_at: Mapped[datetime] = clear(9)
    withdrawn_by: Mapped[str | None] = clear(10)
    withdrawn_at: Mapped[datetime | None] = clear(11)

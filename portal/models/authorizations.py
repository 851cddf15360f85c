"""What payers were asked for in advance, what they granted, what was used of it, and what has to be asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class AuthorizationRow(Base):
    """One request to one payer and what became of it; its life is `domain.granting.LIFE`."""

    __tablename__ = "authorization"
    __table_args__ = (
        Index(None, "practice_id", "state", "created_at", "id"),
        Index(None, "payer_id", "asked_at", "id"),
        Index(None, "patient_id", "payer_id"),
    )
    table_code = 73
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    coverage_id: Mapped[bytes] = ref(5, "coverage.id")
    encounter_id: Mapped[bytes | None] = ref(6, "encounter.id", index=True)
    """The visit it was asked for, when there was one already."""
    provider_id: Mapped[bytes | None] = ref(7, "provider.id")
    """Who is to give the care."""
    previous_id: Mapped[bytes | None] = ref(8, "authorization.id")
    """The one that it extends."""
    state: Mapped[str] = clear(9)
    granted_as: Mapped[str | None] = clear(10)
    """APPROVED, PARTIAL or MODIFIED, to which it goes back when nothing of it is used any more."""
    certification: Mapped[str] = clear(11)
    """UM02: I initial, 4 extension."""
    place: Mapped[str] = clear(12)
    """Place of service."""
    urgency: Mapped[str] = clear(13)
    """standard or expedited."""
    channel: Mapped[str] = clear(14)
    """How it was asked for: 278, phone, portal, letter."""
    from_date: Mapped[date] = clear(15)
    to_date: Mapped[date | None] = clear(16)
    """The days asked for."""
    retroactive: Mapped[str] = clear(17)
    """Why it is asked for after the service, a code of RETROACTIVE; empty for one in advance."""
    valid_from: Mapped[date | None] = clear(18)
    valid_to: Mapped[date | None] = clear(19)
    """The days granted."""
    trace: Mapped[str] = clear(20, unique=True)
    """TRN02 without the number of the asking."""
    asked: Mapped[int] = clear(21)
    """How often it was sent; TRN02 ends with it, so that an answer tells which asking it is about."""
    reference: Mapped[str | None] = clear(22)
    """BHT03 of its set, by which a payer refuses all of it."""
    interchange_id: Mapped[bytes | None] = ref(23, "interchange.id", index=True)
    """The file in which it went last."""
    asked_at: Mapped[datetime | None] = clear(24)
    due_on: Mapped[date | None] = clear(25)
    """When the payer has to have decided."""
    decided_at: Mapped[datetime | None] = clear(26)
    reasons: Mapped[list[Any]] = clear(27, JSON)
    """Why it was not granted: HCR03 or AAA03 of the payer, or codes of REASONS."""
    warned: Mapped[str] = clear(28)
    """expiring or exhausted, once somebody was told."""
    created_at: Mapped[datetime] = clear(29)
    created_by: Mapped[str] = clear(30)
    version: Mapped[int] = clear(31)
    number_sealed: Mapped[Box | None] = sealed(32)
    """The payer's number, REF*G1 of the claim."""
    diagnoses_sealed: Mapped[Box] = sealed(33, kind="json", bucket=128)
    message_sealed: Mapped[Box | None] = sealed(34, bucket=1024)
    """What the payer is told with it."""
    limits: Mapped[list[Any] | None] = clear(35, JSON)
    """What limits all its services together: HSD01 to HSD06, `domain.limits.kept`."""


class AuthorizationLineRow(Base):
    """One service asked for, and how much of it was granted."""

    __tablename__ = "authorization_line"
    __table_args__ = (UniqueConstraint("authorization_id", "position"),)
    table_code = 74
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    authorization_id: Mapped[bytes] = ref(5, "authorization.id")
    position: Mapped[int] = clear(6)
    code: Mapped[str] = clear(7)
    modifiers: Mapped[list[Any]] = clear(8, JSON)
    asked_thousandths: Mapped[int] = clear(9)
    """Units of service times 1,000."""
    granted_thousandths: Mapped[int | None] = clear(10)
    """None until it is granted, and where the payer set no limit."""
    granted: Mapped[bool] = clear(11)
    """Whether this service was granted."""
    limits: Mapped[list[Any] | None] = clear(12, JSON)
    """What limits it besides units: HSD01 to HSD06, `domain.limits.kept`."""


class AuthorizationUseRow(Base):
    """Units that a line of a claim took, or with a sign turned gave back; what is left is always their sum."""

    __tablename__ = "authorization_use"
    __table_args__ = (Index(None, "line_id"), Index(None, "claim_id"))
    table_code = 86
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    authorization_id: Mapped[bytes] = ref(5, "authorization.id", index=True)
    line_id: Mapped[bytes] = ref(6, "authorization_line.id")
    claim_id: Mapped[bytes] = ref(7, "claim.id")
    control: Mapped[str] = clear(8)
    """REF*6R of the claim's line."""
    thousandths: Mapped[int] = clear(9)
    """Units times 1,000; below nought where they were given back."""
    at: Mapped[datetime] = clear(10)
    served_from: Mapped[date | None] = clear(11)
    served_to: Mapped[date | None] = clear(12)
    """The days of the service; None where it was counted before they were kept."""
    stay_from: Mapped[date | None] = clear(13)
    stay_to: Mapped[date | None] = clear(14)
    """The days that count of the inpatient stay that it belongs to."""


class AuthorizationRuleRow(Base):
    """Whether a payer wants to be asked before services: `domain.requirements.Requirement`."""

    __tablename__ = "authorization_rule"
    __table_args__ = (Index(None, "practice_id", "payer_id", "code_first"),)
    table_code = 87

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payer_id: Mapped[bytes | None] = ref(3, "payer.id")
    """None for every payer."""
    code_first: Mapped[str] = clear(4)
    code_last: Mapped[str] = clear(5)
    place: Mapped[str] = clear(6)
    """Empty for every place."""
    needed: Mapped[bool] = clear(7)
    valid_from: Mapped[date] = clear(8)
    valid_to: Mapped[date | None] = clear(9)
    source: Mapped[str] = clear(10)
    """The file it came in; empty for one typed in."""
    changed_by: Mapped[str] = clear(11)
    changed_at: Mapped[datetime] = clear(12)
    version: Mapped[int] = clear(13)


class AuthorizationAnswerRow(Base):
    """One thing that a payer said to a request, by file, by hand or in its own portal. Never changed."""

    __tablename__ = "authorization_answer"
    __table_args__ = (UniqueConstraint("authorization_id", "number"),)
    table_code = 88
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    authorization_id: Mapped[bytes] = ref(5, "authorization.id")
    number: Mapped[int] = clear(6)
    """1 for the first answer."""
    asked: Mapped[int] = clear(7)
    """Which asking it answers."""
    action: Mapped[str] = clear(8)
    """`domain.authorizations.Action`, or rejected for a request that the payer refused to read."""
    channel: Mapped[str] = clear(9)
    reasons: Mapped[list[Any]] = clear(10, JSON)
    valid_from: Mapped[date | None] = clear(11)
    valid_to: Mapped[date | None] = clear(12)
    body_sealed: Mapped[Box] = sealed(13, kind="json", bucket=1024)
    """{"number", "units": {position: thousandths or null}, "said": [Text as JSON], "note"}."""
    interchange_id: Mapped[bytes | None] = ref(14, "interchange.id", index=True)
    received_at: Mapped[datetime] = clear(15)
    received_by: Mapped[str] = clear(16)

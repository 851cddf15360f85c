"""Claims, their immutable versions, and what was answered about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.types import Box

_OPEN = "state IN ('REQUESTED', 'OPEN', 'READY')"


class ClaimRow(Base):
    """One claim to one payer for one encounter; its life is `domain.claims.LIFE`."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("control"),
        Index(None, "practice_id", "state", "filing_due", "id"),
        Index(None, "practice_id", "filing_due", "id"),
        Index(None, "practice_id", "state", "payer_id", "charge_cents"),
        Index(None, "payer_id", "submitted_at", "id"),
    )
    table_code = 16
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    encounter_id: Mapped[bytes] = ref(4, "encounter.id", index=True)
    coverage_id: Mapped[bytes] = ref(5, "coverage.id")
    payer_id: Mapped[bytes] = ref(6, "payer.id")
    control: Mapped[str] = clear(7)
    """CLM01 of the newest version; at most 20 characters, ours and random."""
    state: Mapped[str] = clear(8)
    held_from: Mapped[str | None] = clear(9)
    hold_reason: Mapped[str | None] = clear(10)
    rank: Mapped[str] = clear(11)
    frequency: Mapped[str] = clear(12)
    charge_cents: Mapped[int] = clear(13)
    service_from: Mapped[date] = clear(14)
    filing_due: Mapped[date] = clear(15)
    submitted_at: Mapped[datetime | None] = clear(16)
    accepted_at: Mapped[datetime | None] = clear(17)
    adjudicated_at: Mapped[datetime | None] = clear(18)
    versions: Mapped[int] = clear(19)
    edits: Mapped[list[Any]] = clear(20, JSON)
    """The edits that fired last: [{"code", "severity", "line", "text", "todo"}], both Texts as JSON, with no values."""
    state_before_remittance: Mapped[str | None] = clear(21)
    payer_control_sealed: Mapped[Box | None] = sealed(22)
    note_sealed: Mapped[Box | None] = sealed(23, bucket=1024)
    version: Mapped[int] = clear(24)
    created_at: Mapped[datetime] = clear(25)
    payer_control_index: Mapped[bytes | None] = index(26, "payer-control", "payer_control_sealed")


class ClaimVersionRow(Base):
    """One submission: the 837 of this claim as it went, sealed and immutable."""

    __tablename__ = "claim_version"
    __table_args__ = (UniqueConstraint("claim_id", "number"), UniqueConstraint("control"))
    table_code = 17
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    claim_id: Mapped[bytes] = ref(5, "claim.id")
    number: Mapped[int] = clear(6)
    control: Mapped[str] = clear(7)
    interchange_id: Mapped[bytes | None] = ref(8, "interchange.id", index=True)
    set_control: Mapped[str] = clear(9)
    body_sealed: Mapped[Box] = sealed(10, kind="bytes", bucket=2048)
    submitted_at: Mapped[datetime] = clear(11)


class CorrectionRow(Base):
    """A claim going again as a replacement or void; its life is `domain.corrections.LIFE`. One is open at a time."""

    __tablename__ = "claim_correction"
    __table_args__ = (Index(None, "claim_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),)
    table_code = 85
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    claim_id: Mapped[bytes] = ref(5, "claim.id")
    frequency: Mapped[str] = clear(6)
    """7 or 8."""
    frequency_before: Mapped[str] = clear(7)
    reason: Mapped[str] = clear(8)
    state: Mapped[str] = clear(9)
    claim_state: Mapped[str] = clear(10)
    """Where the claim stood, for a void that the payer refuses or that is given up."""
    requested_by: Mapped[bytes | None] = clear(11, LargeBinary(16))
    """The user who asked for it."""
    created_at: Mapped[datetime] = clear(12)
    version: Mapped[int] = clear(13)
    sent_version: Mapped[int | None] = clear(14)
    """The number of the claim's version as which it went."""


class AcknowledgementRow(Base):
    """One answer about a claim or a file we sent; all are kept, the latest by time decides."""

    __tablename__ = "acknowledgement"
    table_code = 18
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = ref(3, "patient.id")
    payer_id: Mapped[bytes | None] = ref(4, "payer.id")
    claim_id: Mapped[bytes | None] = ref(5, "claim.id", index=True)
    interchange_id: Mapped[bytes] = ref(6, "interchange.id", index=True)
    about_interchange_id: Mapped[bytes | None] = ref(7, "interchange.id", index=True)
    kind: Mapped[str] = clear(8)
    outcome: Mapped[str] = clear(9)
    category: Mapped[str] = clear(10)
    codes: Mapped[list[Any]] = clear(11, JSON)
    received_at: Mapped[datetime] = clear(12)
    answered_on: Mapped[date | None] = clear(13)
    message_sealed: Mapped[Box | None] = sealed(14, kind="json", bucket=1024)
    """{"reasons": [Text as JSON, ...], "message": what the partner wrote}."""
    payer_control_sealed: Mapped[Box | None] = sealed(15)
    made_at: Mapped[datetime] = clear(16)
    """When the partner made the file (ISA09, ISA10), in the partner's own time though stored as UTC: for order only."""

"""Remittances: payments as the payer sent them, claim by claim and line by line, with where each was posted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.types import Box


class RemittanceRow(Base):
    """One ST of an 835, one payment. State POSTED, HELD (does not balance or cannot be read) or RECORDED (no money)."""

    __tablename__ = "remittance"
    __table_args__ = (UniqueConstraint("practice_id", "payment_key"),)
    table_code = 20
    sealed_under = ("practice_id",)
    reached_by = ReachedBy(payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    interchange_id: Mapped[bytes] = ref(3, "interchange.id", index=True)
    payer_id: Mapped[bytes | None] = ref(4, "payer.id", index=True)
    deposit_id: Mapped[bytes | None] = ref(5, "deposit.id")
    payment_key: Mapped[str] = clear(6)
    state: Mapped[str] = clear(7)
    trace: Mapped[str] = clear(8)
    payer_name: Mapped[str] = clear(9)
    payer_tax: Mapped[str] = clear(10)
    method: Mapped[str] = clear(11)
    amount_cents: Mapped[int] = clear(12)
    paid_on: Mapped[date | None] = clear(13)
    claim_count: Mapped[int] = clear(14)
    matched_count: Mapped[int] = clear(15)
    charge_cents: Mapped[int] = clear(16)
    claims_paid_cents: Mapped[int] = clear(17)
    adjustment_cents: Mapped[int] = clear(18)
    """Sum of the PLB amounts as signed in the file."""
    findings_sealed: Mapped[Box | None] = sealed(19, kind="json", bucket=1024)
    """Why it is held, with segment positions; the practice is the subject."""
    set_control: Mapped[str] = clear(20)
    created_at: Mapped[datetime] = clear(21)
    version: Mapped[int] = clear(22)


class RemittanceClaimRow(Base):
    """One CLP. Patient and claim are empty until it is matched; unmatched ones have the practice as subject."""

    __tablename__ = "remittance_claim"
    __table_args__ = (UniqueConstraint("remittance_id", "position"),)
    table_code = 21
    sealed_under = ("subject_id",)
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    remittance_id: Mapped[bytes] = ref(3, "remittance.id")
    payer_id: Mapped[bytes | None] = ref(4, "payer.id")
    patient_id: Mapped[bytes | None] = ref(5, "patient.id", index=True)
    claim_id: Mapped[bytes | None] = ref(6, "claim.id", index=True)
    position: Mapped[int] = clear(7)
    state: Mapped[str] = clear(8)
    """MATCHED, UNMATCHED, RECORDED (information only)."""
    status: Mapped[str] = clear(9)
    charge_cents: Mapped[int] = clear(10)
    paid_cents: Mapped[int] = clear(11)
    patient_cents: Mapped[int] = clear(12)
    adjustments: Mapped[list[Any]] = clear(13, JSON)
    """Claim level: [{"group", "reason", "cents"}]."""
    remarks: Mapped[list[Any]] = clear(14, JSON)
    service_from: Mapped[date | None] = clear(15)
    control_sealed: Mapped[Box] = sealed(16)
    payer_control_sealed: Mapped[Box | None] = sealed(17)
    patient_name_sealed: Mapped[Box | None] = sealed(18, kind="json", bucket=128)
    corrected_sealed: Mapped[Box | None] = sealed(19, kind="json", bucket=128)
    """Name or member id as the payer corrects them: proposed, never overwritten silently."""
    entry_id: Mapped[bytes | None] = clear(20)
    subject_id: Mapped[bytes] = clear(21)
    """Whose key sealed this row: the patient, or the practice while unmatched."""
    segment: Mapped[int] = clear(22)
    payer_control_index: Mapped[bytes | None] = index(23, "payer-control", "payer_control_sealed")
    crossover: Mapped[str | None] = clear(24)
    """The carrier to which the payer sent the claim on, as it names it (NM1*TT)."""
    adjudication: Mapped[dict[str, Any] | None] = clear(25, JSON)
    """{"MIA": […], "MOA": […]} as the payer wrote them, where they say more than remarks."""


class RemittanceLineRow(Base):
    """One SVC with its adjustments; digested with its claim."""

    __tablename__ = "remittance_line"
    __table_args__ = (UniqueConstraint("remittance_claim_id", "position"),)
    table_code = 22
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")
    group = ("remittance_claim", "remittance_claim_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    remittance_claim_id: Mapped[bytes] = ref(3, "remittance_claim.id")
    patient_id: Mapped[bytes | None] = ref(4, "patient.id")
    payer_id: Mapped[bytes | None] = ref(5, "payer.id")
    charge_id: Mapped[bytes | None] = ref(6, "charge.id", index=True)
    position: Mapped[int] = clear(7)
    code: Mapped[str] = clear(8)
    modifiers: Mapped[list[Any]] = clear(9, JSON)
    charge_cents: Mapped[int] = clear(10)
    paid_cents: Mapped[int] = clear(11)
    allowed_cents: Mapped[int | None] = clear(12)
    units_thousandths: Mapped[int | None] = clear(13)
    billed_code: Mapped[str] = clear(14)
    adjustments: Mapped[list[Any]] = clear(15, JSON)
    """[{"group", "reason", "cents"}]."""
    remarks: Mapped[list[Any]] = clear(16, JSON)
    service_from: Mapped[date | None] = clear(17)


class DepositRow(Base):
    """Money that arrived, or should have: one check or transfer, with the payer's provider-level adjustments."""

    __tablename__ = "deposit"
    __table_args__ = (UniqueConstraint("practice_id", "reference", "payer_tax", "amount_cents"),)
    table_code = 23
    reached_by = ReachedBy(payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payer_id: Mapped[bytes | None] = ref(3, "payer.id")
    method: Mapped[str] = clear(4)
    reference: Mapped[str] = clear(5)
    payer_tax: Mapped[str] = clear(6)
    amount_cents: Mapped[int] = clear(7)
    arrived_on: Mapped[date | None] = clear(8)
    adjustments: Mapped[list[Any]] = clear(9, JSON)
    """PLB pairs: [{"reason", "reference", "cents"}] as signed in the file."""
    created_at: Mapped[datetime] = clear(10)

"""Encounters and charges: what was done, as the provider proposed it and as it was coded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, UniqueConstraint, exists
from sqlalchemy.orm import Mapped

from portal.access.reaches import PAYER, Reach
from portal.models.base import Base, ReachedBy
from portal.models.claims import ClaimRow
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.types import Box


class EncounterRow(Base):
    """One visit; its life is `domain.encounters.LIFE`."""

    __tablename__ = "encounter"
    __table_args__ = (
        UniqueConstraint("practice_id", "source_index"),
        Index(None, "practice_id", "state", "service_from", "id"),
    )
    table_code = 14
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    coverage_id: Mapped[bytes | None] = ref(4, "coverage.id")
    provider_id: Mapped[bytes | None] = ref(5, "provider.id")
    state: Mapped[str] = clear(6)
    place: Mapped[str] = clear(7)
    service_from: Mapped[date] = clear(8)
    service_to: Mapped[date] = clear(9)
    charge_cents: Mapped[int] = clear(10)
    diagnoses_sealed: Mapped[Box] = sealed(11, kind="json", bucket=128)
    """List of ICD codes without dots, the principal first."""
    proposal_sealed: Mapped[Box] = sealed(12, kind="json", bucket=1024)
    """The provider's codes as they came in: {"diagnoses": […], "lines": […]}; never changed."""
    note_sealed: Mapped[Box | None] = sealed(13, bucket=1024)
    code_qualifier: Mapped[str] = clear(14)
    source_sealed: Mapped[Box] = sealed(15, kind="bytes")
    """SHA-256 of what makes a visit the same visit in another file; makes imports idempotent by its index."""
    source_control_sealed: Mapped[Box] = sealed(16)
    """CLM01 of the file it came in, for the office to find it; practices put account numbers there."""
    interchange_id: Mapped[bytes | None] = ref(17, "interchange.id", index=True)
    version: Mapped[int] = clear(18)
    created_at: Mapped[datetime] = clear(19)
    kind: Mapped[str | None] = clear(22)
    """837I for a facility's visit, 837D for a dentist's; empty for a professional one."""
    details_sealed: Mapped[Box | None] = sealed(23, kind="json", bucket=1024)
    """What the office corrected of a facility's or dentist's details, beside the proposal; see `intake.kinds`."""
    confidential: Mapped[str | None] = clear(24)
    """Why it stays with the patient: a key of `domain.people.CONFIDENTIAL`; None for a visit that does not."""
    source_index: Mapped[bytes] = index(21, "visit-source", "source_sealed")
    source_control_index: Mapped[bytes | None] = index(20, "claim-control", "source_control_sealed")

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """A payer reaches the encounters that were billed to it."""
        if reach.kind == PAYER:
            billed = exists().where(ClaimRow.encounter_id == cls.id, ClaimRow.payer_id.in_(sorted(reach.payers)))
            return billed.correlate(cls)
        return super().within(reach)

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """A confidential visit of somebody else."""
        return cls.confidential.is_not(None) & cls.patient_id.in_(sorted(reach.shut))


class ChargeRow(Base):
    """One service line of an encounter, with its price."""

    __tablename__ = "charge"
    __table_args__ = (UniqueConstraint("encounter_id", "position"),)
    table_code = 15
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    position: Mapped[int] = clear(5)
    control: Mapped[str] = clear(6, unique=True)
    """REF*6R: comes back on the remittance."""
    code: Mapped[str] = clear(7)
    modifiers: Mapped[list[Any]] = clear(8, JSON)
    units_thousandths: Mapped[int] = clear(9)
    """Units of service times 1,000: whole numbers keep digests and sums exact."""
    unit: Mapped[str] = clear(10)
    pointers: Mapped[list[Any]] = clear(11, JSON)
    charge_cents: Mapped[int] = clear(12)
    service_from: Mapped[date] = clear(13)
    service_to: Mapped[date] = clear(14)
    place: Mapped[str] = clear(15)
    qualifier: Mapped[str] = clear(16)
    posted: Mapped[bool] = clear(17)
    """Entered into the account: the ledger has its entry."""
    active: Mapped[bool] = clear(18)
    """False for a line that coding took out; kept, because the difference is kept."""
    stood: Mapped[bool | None] = clear(20)
    """Of a visit that was set aside: whether it was `active` until then."""
    details_sealed: Mapped[Box | None] = sealed(19, kind="json", bucket=128)
    """What was said of the line beside the proposal, later: its drug, its laboratory; see `intake.line_details`."""

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """A payer reaches the lines that were billed to it."""
        if reach.kind == PAYER:
            billed = exists().where(
                ClaimRow.encounter_id == cls.encounter_id, ClaimRow.payer_id.in_(sorted(reach.payers))
            )
            return billed.correlate(cls)
        return super().within(reach)


class ChargeFindingRow(Base):
    """What was found when charges were entered, and what the clerk said to it. Never changed."""

    __tablename__ = "charge_finding"
    __table_args__ = (Index(None, "encounter_id", "at"), Index(None, "practice_id", "kind", "at"))
    table_code = 98
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id")
    encounter_id: Mapped[bytes] = ref(4, "encounter.id")
    kind: Mapped[str] = clear(5)
    """late, duplicate, or added: by the clerk, released by no coder until then."""
    charge_id: Mapped[bytes] = ref(6, "charge.id")
    other_charge_id: Mapped[bytes | None] = ref(7, "charge.id")
    """The charge that it looks like."""
    days: Mapped[int] = clear(8)
    """The charge lag of a late one, else 0."""
    reason: Mapped[str] = clear(9)
    """A key of `domain.charges.LATE` or `TWICE`; empty where nothing was said."""
    actor: Mapped[str] = clear(10)
    at: Mapped[datetime] = clear(11)

"""Payments by patients, and the processor's events as they came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class PaymentRow(Base):
    """One intention to pay; the processor knows it by its opaque id only. Its life is `domain.payments.LIFE`."""

    __tablename__ = "payment"
    table_code = 32
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    user_id: Mapped[bytes | None] = ref(4, "user.id")
    state: Mapped[str] = clear(5)
    amount_cents: Mapped[int] = clear(6)
    fee_cents: Mapped[int | None] = clear(7)
    form_key: Mapped[str] = clear(8, unique=True)
    """Random, made with the form: a double click is one payment."""
    checkout_id: Mapped[str | None] = clear(9, unique=True)
    checkout_url: Mapped[str | None] = clear(10)
    intent_id: Mapped[str | None] = clear(11, unique=True)
    receipt_number: Mapped[str | None] = clear(12, unique=True)
    note_sealed: Mapped[Box | None] = sealed(13, bucket=1024)
    created_at: Mapped[datetime] = clear(14)
    expires_at: Mapped[datetime] = clear(15)
    settled_at: Mapped[datetime | None] = clear(16)
    version: Mapped[int] = clear(17)
    encounter_id: Mapped[bytes | None] = ref(18, "encounter.id")
    """The visit that the patient chose to pay first; None for the oldest first."""


class CardEventRow(Base):
    """One event of the processor: unique, so that it is taken once however often and in whatever order it comes."""

    __tablename__ = "card_event"
    table_code = 33
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    event_id: Mapped[str] = clear(2, unique=True)
    kind: Mapped[str] = clear(3)
    payment_id: Mapped[bytes | None] = clear(4)
    outcome: Mapped[str] = clear(5)
    received_at: Mapped[datetime] = clear(6)

"""Payments by patients, and the processor's events as they came."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, LargeBinary, UniqueConstraint, exists, or_
from sqlalchemy.orm import Mapped

from portal.access.reaches import Reach
from portal.models.base import Base, ReachedBy, hidden_visit
from portal.models.columns import clear, key, ref, sealed
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.types import Box, Hexed


class PaymentRow(Base):
    """One intention to pay; the processor knows it by its opaque id only. Its life is `domain.payments.LIFE`."""

    __tablename__ = "payment"
    table_code = 32
    reached_by = ReachedBy(patient="patient_id", money=True)

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
    """The visit that the patient chose to pay first; None for the oldest first. Newer rows have shares instead."""
    means: Mapped[str | None] = clear(19)
    """card or bank, once the processor has said."""
    back_cents: Mapped[int | None] = clear(20)
    """How much of it has gone back in all, by refunds, disputes and returns; None for nothing yet."""
    returned_on: Mapped[date | None] = clear(21)
    """The day on which we learnt that the bank took a settled debit back."""
    statement_id: Mapped[bytes | None] = clear(22, LargeBinary(16))
    """The bill whose code a guest paid with; None for who signed in."""
    locale: Mapped[str | None] = clear(23)
    """The language of the receipt, where nobody signed in to pay."""
    document_id: Mapped[bytes | None] = clear(24, LargeBinary(16))
    """The receipt as a PDF, once its job has made it."""

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """A payment chosen for a confidential visit of somebody else, or of which anything went to one."""
        entry, line = LedgerEntryRow, LedgerLineRow
        went = exists().where(
            entry.practice_id == cls.practice_id,
            entry.key == "card:" + Hexed(cls.id),
            line.entry_id == entry.id,
            hidden_visit(line.encounter_id, reach).correlate(line),
        )
        share = PaymentShareRow
        chosen = exists().where(share.payment_id == cls.id, hidden_visit(share.encounter_id, reach).correlate(share))
        return or_(hidden_visit(cls.encounter_id, reach).correlate(cls), chosen.correlate(cls), went.correlate(cls))


class PaymentShareRow(Base):
    """One patient of an account, or one visit of theirs, that a payment was meant for; the first is paid first."""

    __tablename__ = "payment_share"
    __table_args__ = (UniqueConstraint("payment_id", "position"),)
    table_code = 140
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payment_id: Mapped[bytes] = ref(3, "payment.id")
    patient_id: Mapped[bytes] = ref(4, "patient.id", index=True)
    encounter_id: Mapped[bytes | None] = ref(5, "encounter.id")
    """None for all that this patient owes, the oldest first."""
    position: Mapped[int] = clear(6)


class CardRefundRow(Base):
    """One refund of a payment as the processor tells it. Its life is `domain.refunds.LIFE`."""

    __tablename__ = "card_refund"
    table_code = 141
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payment_id: Mapped[bytes] = ref(4, "payment.id", index=True)
    refund_id: Mapped[str] = clear(5, unique=True)
    state: Mapped[str] = clear(6)
    amount_cents: Mapped[int] = clear(7)
    told_at: Mapped[datetime] = clear(8)
    """When we first heard of it."""
    ended_at: Mapped[datetime | None] = clear(9)
    version: Mapped[int] = clear(10)


class CardDisputeRow(Base):
    """One dispute of a payment as the processor tells it. Its life is `domain.disputes.LIFE`."""

    __tablename__ = "card_dispute"
    table_code = 142
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payment_id: Mapped[bytes] = ref(4, "payment.id", index=True)
    dispute_id: Mapped[str] = clear(5, unique=True)
    state: Mapped[str] = clear(6)
    amount_cents: Mapped[int] = clear(7)
    reason: Mapped[str] = clear(8)
    evidence_due: Mapped[date | None] = clear(9)
    """The last day on which the processor takes an answer, in the practice's time zone."""
    moves: Mapped[dict[str, Any]] = clear(10, JSON)
    """[cents, fee in cents] by the processor's id of each movement of money; negative for what was taken."""
    told_at: Mapped[datetime] = clear(11)
    version: Mapped[int] = clear(12)


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
    intent_id: Mapped[str | None] = clear(7, index=True)
    detail: Mapped[dict[str, Any] | None] = clear(8, JSON)
    """What a refund or dispute said, where its payment was not known yet: it is taken when it is."""

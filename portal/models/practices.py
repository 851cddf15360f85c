"""Practices, their providers and prices, and the partners they trade files with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, UniqueConstraint, true
from sqlalchemy.orm import Mapped

from portal.access.reaches import PRACTICE, Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


class _Named(Base):
    """What patients and payers may know of any practice they deal with: its letterhead and its clinicians."""

    __abstract__ = True

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """Staff reach their own practices; whoever comes through a patient or payer row may read the letterhead."""
        return super().within(reach) if reach.kind == PRACTICE else true()


class PracticeRow(_Named):
    """A practice: the tenant of its patients' keys."""

    __tablename__ = "practice"
    table_code = 1
    reached_by = ReachedBy(practice="id")

    id: Mapped[bytes] = key()
    code: Mapped[str] = clear(2, unique=True)
    name: Mapped[str] = clear(3)
    npi: Mapped[str] = clear(4)
    ein: Mapped[str] = clear(5)
    taxonomy: Mapped[str] = clear(6)
    phone: Mapped[str] = clear(7)
    address: Mapped[dict[str, Any]] = clear(8, JSON)
    remit_to: Mapped[dict[str, Any] | None] = clear(9, JSON)
    time_zone: Mapped[str] = clear(10)
    version: Mapped[int] = clear(11)
    created_at: Mapped[datetime] = clear(12)


class ProviderRow(_Named):
    """A clinician who renders services."""

    __tablename__ = "provider"
    __table_args__ = (UniqueConstraint("practice_id", "npi"),)
    table_code = 2

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    npi: Mapped[str] = clear(3)
    last_name: Mapped[str] = clear(4)
    first_name: Mapped[str] = clear(5)
    taxonomy: Mapped[str] = clear(6)


class PriceRow(Base):
    """What the practice charges for a code from a date on."""

    __tablename__ = "price"
    __table_args__ = (UniqueConstraint("practice_id", "code", "modifier", "valid_from"),)
    table_code = 3

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    code: Mapped[str] = clear(3)
    modifier: Mapped[str] = clear(4)
    amount_cents: Mapped[int] = clear(5)
    valid_from: Mapped[date] = clear(6)


class PartnerRow(Base):
    """A trading partner: the envelope's ids, the submitter, production or test, and the folder it is reached by."""

    __tablename__ = "partner"
    __table_args__ = (UniqueConstraint("practice_id", "code"),)
    table_code = 4

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    code: Mapped[str] = clear(3)
    name: Mapped[str] = clear(4)
    sender_qualifier: Mapped[str] = clear(5)
    sender_id: Mapped[str] = clear(6)
    receiver_qualifier: Mapped[str] = clear(7)
    receiver_id: Mapped[str] = clear(8)
    group_sender: Mapped[str] = clear(9)
    group_receiver: Mapped[str] = clear(10)
    usage: Mapped[str] = clear(11)
    submitter_name: Mapped[str] = clear(12)
    submitter_contact: Mapped[str] = clear(13)
    submitter_phone: Mapped[str] = clear(14)
    folder: Mapped[str] = clear(15)
    version: Mapped[int] = clear(16)


class ControlNumberRow(Base):
    """The next control number of a kind for a partner; counted up in the transaction that stores the file."""

    __tablename__ = "control_number"
    __table_args__ = (UniqueConstraint("partner_id", "kind"),)
    table_code = 5
    digested = False

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    partner_id: Mapped[bytes] = ref(3, "partner.id")
    kind: Mapped[str] = clear(4)
    following: Mapped[int] = clear(5)


class PartnerServerRow(Base):
    """The SFTP server of a partner; one without a row is reached by its folder. The key that signs in is no column."""

    __tablename__ = "partner_server"
    table_code = 94

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    partner_id: Mapped[bytes] = ref(3, "partner.id", unique=True)
    host: Mapped[str] = clear(4)
    port: Mapped[int] = clear(5)
    user_name: Mapped[str] = clear(6)
    host_key: Mapped[str] = clear(7)
    """The one host key that is believed, "ssh-ed25519 BASE64"."""
    inbox: Mapped[str] = clear(8)
    outbox: Mapped[str] = clear(9)
    done: Mapped[str] = clear(10)
    """Where files go that were taken in; empty: they are removed there."""
    version: Mapped[int] = clear(11)


class PartnerServiceRow(Base):
    """The service of a partner that answers questions while one waits, beside its folder or server."""

    __tablename__ = "partner_service"
    table_code = 102

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    partner_id: Mapped[bytes] = ref(3, "partner.id", unique=True)
    url: Mapped[str] = clear(4)
    user_name: Mapped[str] = clear(5)
    sender: Mapped[str] = clear(6)
    receiver: Mapped[str] = clear(7)
    password_sealed: Mapped[Box] = sealed(8)
    """Opened by the machine only."""
    version: Mapped[int] = clear(9)


class PartnerTroubleRow(Base):
    """That a partner cannot be reached: how often in a row, why, and when it is tried again."""

    __tablename__ = "partner_trouble"
    table_code = 95
    digested = False

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    partner_id: Mapped[bytes] = ref(3, "partner.id", unique=True)
    failures: Mapped[int] = clear(4)
    """In a row; 0 after it was reached again."""
    code: Mapped[str] = clear(5)
    said: Mapped[dict[str, Any]] = clear(6, JSON)
    """What and where, as a Text."""
    since: Mapped[datetime] = clear(7)
    failed_at: Mapped[datetime] = clear(8)
    next_try_at: Mapped[datetime] = clear(9)
    version: Mapped[int] = clear(10)

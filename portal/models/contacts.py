"""Contacts with payers and agencies, the letters written to them, and how each department of a payer is reached.

Patients and payers reach none of these: they are the office's own notes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.types import Box


class ContactRow(Base):
    """One contact: who, when, what was said, what comes next. Never changed: another one corrects it.

    Sealed under the patient's key where it is about a claim or an authorization, else under the practice's.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("practice_id", "key"),
        Index(None, "practice_id", "payer_id", "day", "recorded_at", "id"),
        Index(None, "about_id"),
    )
    table_code = 103

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = ref(3, "patient.id", index=True)
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    about: Mapped[str] = clear(5)
    """claim, authorization or payer: the table of what it is about."""
    about_id: Mapped[bytes] = clear(6)
    channel: Mapped[str] = clear(7)
    direction: Mapped[str] = clear(8)
    """out: the office turned to the payer; in: the payer to the office."""
    day: Mapped[date] = clear(9)
    time: Mapped[str | None] = clear(10)
    """HH:MM on the practice's clock; None where nobody noted it."""
    person_sealed: Mapped[Box | None] = sealed(11, bucket=128)
    reference_sealed: Mapped[Box | None] = sealed(12, bucket=128)
    """The payer's number for the call or message."""
    words_sealed: Mapped[Box] = sealed(13, bucket=1024)
    next_step_sealed: Mapped[Box | None] = sealed(14, bucket=1024)
    next_on: Mapped[date | None] = clear(15)
    corrects_id: Mapped[bytes | None] = ref(16, "contact.id", unique=True)
    """The one that it takes the place of; each has one at most."""
    reason: Mapped[str | None] = clear(17)
    """Why that one was corrected: a code of `domain.contacts.CORRECTIONS`."""
    letter_id: Mapped[bytes | None] = ref(18, "letter.id")
    recorded_by: Mapped[str] = clear(19)
    recorded_at: Mapped[datetime] = clear(20)
    key: Mapped[str] = clear(21)
    """Of the form that it came by: the same form twice is one contact."""


class ContactReferenceRow(Base):
    """The reference of a contact once more, with the token that it is found by; sealed as the contact is.

    Contacts are never changed; a token is, with a new index root.
    """

    __tablename__ = "contact_reference"
    table_code = 126

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    patient_id: Mapped[bytes | None] = ref(3, "patient.id", index=True)
    contact_id: Mapped[bytes] = ref(4, "contact.id", unique=True)
    reference_sealed: Mapped[Box] = sealed(5, bucket=128)
    reference_index: Mapped[bytes | None] = index(6, "contact-reference", "reference_sealed")


class LetterRow(Base):
    """One letter to a payer about a claim or an authorization, as it was made; its PDF is made once by its job."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("practice_id", "key"), Index(None, "about_id"))
    table_code = 104

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    payer_id: Mapped[bytes] = ref(4, "payer.id")
    about: Mapped[str] = clear(5)
    about_id: Mapped[bytes] = clear(6)
    template: Mapped[str] = clear(7)
    channel: Mapped[str] = clear(8)
    body_sealed: Mapped[Box] = sealed(9, kind="json", bucket=2048)
    """What `domain.letters.dump` made."""
    document_id: Mapped[bytes | None] = ref(10, "document.id")
    """None until the paper is made."""
    made_by: Mapped[str] = clear(11)
    made_at: Mapped[datetime] = clear(12)
    key: Mapped[str] = clear(13)
    version: Mapped[int] = clear(14)


class PayerDeskRow(Base):
    """How a practice reaches a department of a payer; taken out, it is kept with who did so and when."""

    __tablename__ = "payer_desk"
    __table_args__ = (Index(None, "practice_id", "payer_id"),)
    table_code = 105

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    payer_id: Mapped[bytes] = ref(3, "payer.id")
    name: Mapped[str] = clear(4)
    phone: Mapped[str | None] = clear(5)
    fax: Mapped[str | None] = clear(6)
    address: Mapped[dict[str, Any] | None] = clear(7, JSON)
    added_by: Mapped[str] = clear(8)
    added_at: Mapped[datetime] = clear(9)
    ended_by: Mapped[str | None] = clear(10)
    ended_at: Mapped[datetime | None] = clear(11)
    version: Mapped[int] = clear(12)

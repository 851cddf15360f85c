"""Patients and who stands for them; a patient is a row per practice."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, LargeBinary, UniqueConstraint, exists, text
from sqlalchemy.orm import Mapped, validates
from sqlalchemy.orm.attributes import flag_modified

from portal.access.reaches import PAYER, Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.coverage import CoverageRow
from portal.models.types import Box


class PatientRow(Base):
    """A patient's account in a practice; the patient is the subject of the keys of all that is about them."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("practice_id", "mrn_index"),
        UniqueConstraint("practice_id", "account_index"),
        Index(None, "practice_id", "name_leaf_id", "id"),
    )
    table_code = 10
    sealed_under = ("id",)
    reached_by = ReachedBy(patient="id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    last_name_sealed: Mapped[Box] = sealed(3)
    first_name_sealed: Mapped[Box] = sealed(4)
    middle_name_sealed: Mapped[Box | None] = sealed(5)
    suffix_sealed: Mapped[Box | None] = sealed(6)
    birth_date_sealed: Mapped[Box] = sealed(7, kind="date")
    sex_sealed: Mapped[Box] = sealed(8)
    mrn_sealed: Mapped[Box] = sealed(9)
    account_number_sealed: Mapped[Box] = sealed(10)
    address_sealed: Mapped[Box | None] = sealed(11, kind="json", bucket=128)
    phone_sealed: Mapped[Box | None] = sealed(12)
    email_sealed: Mapped[Box | None] = sealed(13, bucket=128)
    guarantor_sealed: Mapped[Box | None] = sealed(14, kind="json", bucket=128)
    """Who is billed when it is not the patient: name and address."""
    language: Mapped[str] = clear(15)
    """en_US or es_US."""
    state: Mapped[str] = clear(16)
    """ACTIVE, INACTIVE, DECEASED."""
    version: Mapped[int] = clear(17)
    created_at: Mapped[datetime] = clear(18)
    mrn_index: Mapped[bytes] = index(20, "mrn", "mrn_sealed")
    account_index: Mapped[bytes] = index(21, "account", "account_number_sealed")
    name_birth_index: Mapped[bytes | None] = index(22, "name-birth", "last_name_sealed", "birth_date_sealed")
    phone_index: Mapped[bytes | None] = index(23, "phone", "phone_sealed")
    email_index: Mapped[bytes | None] = index(24, "e-mail", "email_sealed")
    name_leaf_id: Mapped[bytes | None] = clear(25, LargeBinary(16), derived=True)
    """The leaf that holds the name as it stands, see NameLeafRow; None until the next packing."""
    billed_with_id: Mapped[bytes | None] = clear(26, LargeBinary(16), index=True)
    """The patient on whose account this one is billed; None for their own (decision 0020)."""

    @validates("last_name_sealed", "first_name_sealed")
    def _renamed(self, _name: str, box: Box) -> Box:
        """A leaf holds the old name: the new one is in none, also where this row was read before it came into one."""
        self.name_leaf_id = None
        flag_modified(self, "name_leaf_id")
        return box

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """A payer reaches the patients that it covers."""
        if reach.kind == PAYER:
            covered = exists().where(CoverageRow.patient_id == cls.id, CoverageRow.payer_id.in_(sorted(reach.payers)))
            return covered.correlate(cls)
        return super().within(reach)


class NameLeafRow(Base):
    """The folded names of up to a thousand patients of a practice, which a search reads at once (decision 0016).

    A copy: what a leaf says is a candidate until the patient's own name has been opened.
    """

    __tablename__ = "name_leaf"
    table_code = 100
    sealed_under = ("practice_id",)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id", index=True)
    names_sealed: Mapped[Box] = sealed(3, bucket=4096)
    """Lines in their order: last name, tab, first name, tab, patient's id in hex."""
    names: Mapped[int] = clear(4)
    """Lines, of which some may be out of date."""
    made_at: Mapped[datetime] = clear(5)


class PatientLinkRow(Base):
    """A sign-in's relation to a patient, one at a time: in person, standing for them, or paying for them."""

    __tablename__ = "patient_link"
    __table_args__ = (
        Index(
            None, "user_id", "patient_id", unique=True, sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip
    table_code = 11
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    user_id: Mapped[bytes] = ref(3, "user.id", index=True)
    patient_id: Mapped[bytes] = ref(4, "patient.id", index=True)
    relation: Mapped[str] = clear(5)
    """self, or a key of `domain.people.RELATIONS`."""
    valid_from: Mapped[date] = clear(6)
    valid_to: Mapped[date | None] = clear(7)
    """Its last day, in the practice's time zone."""
    scope: Mapped[str | None] = clear(8)
    """billing: the money and nothing else; None for everything."""
    words_sealed: Mapped[Box | None] = sealed(9, bucket=1024)
    """What the office was shown as evidence."""
    document_id: Mapped[bytes | None] = ref(10, "document.id")
    made_by: Mapped[str | None] = clear(11)
    by_patient: Mapped[bool | None] = clear(12)
    """Whether the patient invited them."""
    ended_at: Mapped[datetime | None] = clear(13)
    ended_by: Mapped[str | None] = clear(14)
    reason: Mapped[str | None] = clear(15)
    """Why it ended: a key of `domain.people.ENDS`."""

    @classmethod
    def telling(cls, _reach: Reach, *_above: type[Base]) -> None:
        """A link tells of no visit, whatever its evidence is kept with."""


class RegistrationCodeRow(Base):
    """A mailed code with which a patient opens a sign-in: HMAC only, 21 days, one use, burnt after five wrong tries."""

    __tablename__ = "registration_code"
    table_code = 12
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    code_digest: Mapped[bytes] = clear(4, unique=True)
    expires_at: Mapped[datetime] = clear(5)
    used_at: Mapped[datetime | None] = clear(6)
    wrong_tries: Mapped[int] = clear(7, derived=True)

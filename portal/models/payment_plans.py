"""Plans to pay a balance in parts, what is enrolled in them, their parts, and what patients agreed to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, LargeBinary, UniqueConstraint, exists
from sqlalchemy.orm import Mapped

from portal.access.reaches import Reach
from portal.models.base import Base, ReachedBy, hidden_visit
from portal.models.columns import clear, key, ref


class PaymentPlanRow(Base):
    """One plan of an account. Its life is `domain.payment_plans.LIFE`; what is paid of it, the books say."""

    __tablename__ = "payment_plan"
    __table_args__ = (UniqueConstraint("practice_id", "form_key"), Index(None, "practice_id", "state"))
    table_code = 158
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    """The anchor of the account, or the one of it whom the proposer stands for."""
    state: Mapped[str] = clear(4)
    enrolled_cents: Mapped[int] = clear(5)
    count: Mapped[int] = clear(6)
    day: Mapped[int] = clear(7)
    """Of the month; in a month without it, the last."""
    form_key: Mapped[str] = clear(8)
    """Of the form: the same form twice is one plan."""
    replaces_id: Mapped[bytes | None] = clear(9, LargeBinary(16))
    """The plan that ends as modified when this one begins."""
    proposed_by: Mapped[str] = clear(10)
    proposed_at: Mapped[datetime] = clear(11)
    by_office: Mapped[bool] = clear(12)
    began_at: Mapped[datetime | None] = clear(13)
    noticed_at: Mapped[datetime | None] = clear(14)
    """When the patient was told that a payment is missing; None again once it came."""
    ended_at: Mapped[datetime | None] = clear(15)
    reason: Mapped[str | None] = clear(16)
    """Why it was paused or stopped, a code."""
    version: Mapped[int] = clear(17)

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """A plan in which a confidential visit of somebody else is enrolled: its sums would tell of it."""
        row = PlanChargeRow
        names = exists().where(row.plan_id == cls.id, hidden_visit(row.encounter_id, reach).correlate(row))
        return names.correlate(cls)


class PlanChargeRow(Base):
    """One service whose balance is enrolled in a plan, with what was owed on it then."""

    __tablename__ = "plan_charge"
    __table_args__ = (UniqueConstraint("plan_id", "charge_id"),)
    table_code = 159
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    plan_id: Mapped[bytes] = ref(3, "payment_plan.id")
    patient_id: Mapped[bytes] = ref(4, "patient.id", index=True)
    charge_id: Mapped[bytes] = ref(5, "charge.id", index=True)
    encounter_id: Mapped[bytes] = ref(6, "encounter.id")
    cents: Mapped[int] = clear(7)
    paid_cents: Mapped[int] = clear(8)
    """What its patient had paid on it before, less what went back; what is paid since then fills the plan."""


class PlanInstalmentRow(Base):
    """One part of a plan as agreed; `reminded_at` when its patient was told of its day."""

    __tablename__ = "plan_instalment"
    __table_args__ = (UniqueConstraint("plan_id", "position"),)
    table_code = 160
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    plan_id: Mapped[bytes] = ref(3, "payment_plan.id")
    patient_id: Mapped[bytes] = ref(4, "patient.id", index=True)
    position: Mapped[int] = clear(5)
    due_on: Mapped[date] = clear(6)
    cents: Mapped[int] = clear(7)
    reminded_at: Mapped[datetime | None] = clear(8)
    version: Mapped[int] = clear(9)


class PaymentConsentRow(Base):
    """The words that somebody agreed to about paying, as they read them; never changed."""

    __tablename__ = "payment_consent"
    __table_args__ = (UniqueConstraint("about_id", "kind"),)
    table_code = 161
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    kind: Mapped[str] = clear(4)
    """plan"""
    about_id: Mapped[bytes] = clear(5, LargeBinary(16))
    """What it is about: the plan."""
    language: Mapped[str] = clear(6)
    words: Mapped[str] = clear(7)
    digest: Mapped[bytes] = clear(8, LargeBinary(32))
    """SHA-256 of the words in UTF-8."""
    how: Mapped[str] = clear(9)
    """ticked on the screen, or told on the telephone or signed on paper to the office"""
    given_by: Mapped[str] = clear(10)
    given_at: Mapped[datetime] = clear(11)

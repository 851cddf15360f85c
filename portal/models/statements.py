"""Statements: what a patient was asked for, sealed as it was shown."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, LargeBinary, UniqueConstraint, and_, exists
from sqlalchemy.orm import Mapped

from portal.access.reaches import OWN, PAYS_FOR, STANDS_FOR, Reach
from portal.models.base import Base, ReachedBy, hidden_visit
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.people import ConfidentialStatementRow
from portal.models.types import Box


class StatementRow(Base):
    """One statement of an account: frozen content, and the balances proved against the ledger when it was made.

    `patient_id` is the account's anchor (decision 0020). Its state is the clock of what began to be asked on it.
    """

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("practice_id", "number"), UniqueConstraint("patient_id", "run_key"))
    table_code = 30
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    number: Mapped[str] = clear(4)
    run_key: Mapped[str] = clear(5)
    """Names the run, so that a run repeated or resumed makes no statement twice."""
    state: Mapped[str] = clear(6)
    opening_cents: Mapped[int] = clear(7)
    closing_cents: Mapped[int] = clear(8)
    made_on: Mapped[date] = clear(9)
    due_on: Mapped[date] = clear(10)
    content_sealed: Mapped[Box] = sealed(11, kind="json", bucket=2048)
    document_id: Mapped[bytes | None] = ref(12, "document.id")
    """The PDF, once its job has made it."""
    version: Mapped[int] = clear(13)
    created_at: Mapped[datetime] = clear(14)
    run_id: Mapped[bytes | None] = clear(15, LargeBinary(16), index=True)
    began_cents: Mapped[int | None] = clear(16)
    """What no earlier bill asked for; of nought, an older bill's clock runs for all of it and this one has none."""
    step_on: Mapped[date | None] = clear(17)
    """The day on which the present step of the clock began."""
    came_from: Mapped[str | None] = clear(18)
    """The step in which a side state stopped the clock."""
    days_run: Mapped[int | None] = clear(19)
    """How many days of that step were over then."""
    code_sealed: Mapped[Box | None] = sealed(20)
    """The code printed on the bill, with which anybody may pay it and learns nothing but the sum."""
    code_index: Mapped[bytes | None] = index(21, "pay-code", "code_sealed")
    released_by: Mapped[str | None] = clear(22)
    released_at: Mapped[datetime | None] = clear(23)
    printed_in: Mapped[bytes | None] = clear(24, LargeBinary(16), index=True)
    """The batch with which its paper went to the printer."""

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """Who pays reaches a statement only with everybody who is on it, and not before it is released."""
        if reach.kind not in {OWN, STANDS_FOR, PAYS_FOR}:
            return super().within(reach)
        person = StatementPersonRow
        others = exists().where(person.statement_id == cls.id, person.patient_id.not_in(sorted(reach.patients)))
        return and_(super().within(reach), cls.state != "READY", ~others.correlate(cls))

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """A bill that names a confidential visit of somebody else."""
        names = ConfidentialStatementRow
        told = exists().where(names.statement_id == cls.id, hidden_visit(names.encounter_id, reach).correlate(names))
        return told.correlate(cls)


class StatementPersonRow(Base):
    """One person on a statement, with what was theirs of it."""

    __tablename__ = "statement_person"
    __table_args__ = (UniqueConstraint("statement_id", "patient_id"),)
    table_code = 130
    reached_by = ReachedBy(patient="patient_id", money=True)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    statement_id: Mapped[bytes] = ref(3, "statement.id")
    patient_id: Mapped[bytes] = ref(4, "patient.id", index=True)
    closing_cents: Mapped[int] = clear(5)


class StatementRunRow(Base):
    """One run of bills of a practice: how many it was to write; how far it is, its statements tell."""

    __tablename__ = "statement_run"
    __table_args__ = (Index(None, "practice_id", "started_at"),)
    table_code = 131

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    run_on: Mapped[date] = clear(3)
    started_by: Mapped[str] = clear(4)
    started_at: Mapped[datetime] = clear(5)
    by_hand: Mapped[bool] = clear(6)
    """Whether a person releases what it writes."""
    asked: Mapped[int | None] = clear(7)
    """Accounts to bill; None until they were counted."""
    passed: Mapped[int] = clear(8, derived=True)
    """Of those, how many needed no bill any more when their turn came."""
    stopped_at: Mapped[datetime | None] = clear(9)
    version: Mapped[int] = clear(10)

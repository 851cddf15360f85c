"""The base of every table, and how a table states its code, its group and its reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, LargeBinary, MetaData, String, false, true
from sqlalchemy.orm import DeclarativeBase, declared_attr, registry

from portal.access.reaches import ALL, OWN, PAYER, PRACTICE, SELF, STANDS_FOR, Reach
from portal.models.types import Instant

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True, slots=True)
class ReachedBy:
    """The columns by which a table is reached; a reach whose column a table lacks is refused.

    `installation` tables belong to the whole installation and hold nothing protected: everyone within reaches all.
    """

    practice: str | None = "practice_id"
    patient: str | None = None
    payer: str | None = None
    user: str | None = None
    installation: bool = False


class NoReachError(Exception):
    """A table was asked for under a reach that it does not state: denied."""


class Base(DeclarativeBase):
    """All tables: `table_code` stands in row digests and field codes and is never reused."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            bytes: LargeBinary(),
            datetime: Instant(),
            date: Date(),
            str: String(),
            int: BigInteger(),
            bool: Boolean(),
        },
    )

    table_code: ClassVar[int]
    reached_by: ClassVar[ReachedBy] = ReachedBy()
    digested: ClassVar[bool] = True
    """Whether changes of rows put row digests into the audit log; False for what is not protected (jobs, sessions)."""
    sealed_under: ClassVar[tuple[str, ...]] = ("patient_id", "practice_id")
    """Columns that name whose key seals a row: the first that is filled."""
    group: ClassVar[tuple[str, str] | None] = None
    """(head table, column naming the head's id): rows that are digested together with their head (SECURITY 2.7.4)."""

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy's declared attributes take the class
        """A table with a `version` column refuses a change of a row that has moved on."""
        version = cls.__dict__.get("version")
        return {} if version is None else {"version_id_col": version}

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """The WHERE clause of a reach on this table; raises NoReachError where the table does not state it."""
        by = cls.reached_by
        if by.installation:
            return true()
        if reach.kind == ALL:
            return true()
        column, ids = {
            PRACTICE: (by.practice, reach.practices),
            OWN: (by.patient, reach.patients),
            STANDS_FOR: (by.patient, reach.patients),
            PAYER: (by.payer, reach.payers),
            SELF: (by.user, reach.users),
        }[reach.kind]
        if column is None:
            raise NoReachError(f"{cls.__name__} is not reached by {reach.kind}")
        if not ids:
            return false()
        attribute: Any = getattr(cls, column)
        # nearly every reach is of one, and a plain comparison costs less to build and to plan than a list of one
        clause: ColumnElement[bool] = attribute == next(iter(ids)) if len(ids) == 1 else attribute.in_(sorted(ids))
        return clause

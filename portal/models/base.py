"""The base of every table, and how a table states its code, its group and its reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Exists,
    LargeBinary,
    MetaData,
    String,
    column,
    exists,
    false,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.orm import DeclarativeBase, declared_attr, registry

from portal.access.reaches import ALL, OWN, PAYER, PAYS_FOR, PRACTICE, SELF, STANDS_FOR, Reach
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
    money: bool = False
    """Whether whoever answers for a patient's bills (PAYS_FOR) reaches it; any other table shows them no row."""


_VISIT = table("encounter", column("id"), column("patient_id"), column("confidential")).alias("hidden_visit")


def hidden_visit(visit_id: Any, reach: Reach) -> Exists:
    """That a column names a visit which stays with a patient whom a reach shows to somebody else."""
    return exists().where(
        _VISIT.c.id == visit_id, _VISIT.c.confidential.is_not(None), _VISIT.c.patient_id.in_(sorted(reach.shut))
    )


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
        if reach.kind == PAYS_FOR and not by.money:
            return false()
        column, ids = {
            PRACTICE: (by.practice, reach.practices),
            OWN: (by.patient, reach.patients),
            STANDS_FOR: (by.patient, reach.patients),
            PAYS_FOR: (by.patient, reach.patients),
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
        telling = cls.telling(reach) if reach.shut else None
        return clause if telling is None else clause & ~telling

    @classmethod
    def telling(cls, reach: Reach, *above: type[Base]) -> ColumnElement[bool] | None:
        """That a row tells of a confidential visit of somebody else: it names the visit, or a row that tells of it.

        Found by the columns themselves, so that no table can forget it; None for one that names no visit at all.
        """
        own: Any = cls
        if "encounter_id" in cls.__table__.columns:
            return hidden_visit(own.encounter_id, reach).correlate(cls)
        said: list[ColumnElement[bool]] = []
        for named in cls.__table__.columns:
            for target in (_model(key.column.table.name) for key in named.foreign_keys):
                if target is cls or target in above or target.reached_by.patient in {None, "id"}:
                    continue
                tells = target.telling(reach, cls, *above)
                if tells is not None:
                    there: Any = target
                    whose = getattr(there, str(target.reached_by.patient)).in_(sorted(reach.patients))
                    told = select(there.id).where(whose, tells).correlate(None)
                    ref: Any = getattr(own, named.name)
                    said.append(ref.is_not(None) & ref.in_(told))
        return or_(*said) if said else None


@cache
def _model(table_name: str) -> type[Base]:
    return next(each.class_ for each in Base.registry.mappers if each.class_.__tablename__ == table_name)

"""The reading half of the unit of work: rows within reach, sealed values opened, everything shown noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast, overload

from sqlalchemy import ColumnElement, Connection, Label, Select, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import InstrumentedAttribute, Session

from audit.event import Basis, Object
from portal.access.actors import Actor
from portal.access.policy import Decision
from portal.access.reaches import PRACTICE
from portal.crypto.keyring import Keyring
from portal.domain import dates
from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_
from portal.models.base import Base
from portal.models.practices import PracticeRow
from portal.models.types import Box
from portal.services.parts import Enqueue
from portal.services.unit_of_work import queries
from portal.services.unit_of_work.changes import Changes
from portal.services.unit_of_work.fields import field, row_id
from portal.services.unit_of_work.queries import Searched
from portal.services.unit_of_work.sealing import INSTALLATION, Sealer
from portal.services.unit_of_work.trail import Request, Trail

M = TypeVar("M", bound=Base)
Column = InstrumentedAttribute[Any]

ABSENT = T_("There is no such record, or it is not yours to see.")


class Reading:
    """What any unit of work can do without changing a row."""

    def __init__(
        self,
        session: Session,
        *,
        actor: Actor,
        decision: Decision,
        keyring: Keyring,
        now: datetime,
        request: Request | None = None,
        kind: str = "rest",
        basis: Basis | None = None,
        enqueue: Enqueue | None = None,
    ) -> None:
        self._session = session
        self.actor, self.decision, self.reach = actor, decision, decision.reach
        self.permission = decision.permission
        self.now, self.request, self.basis = now, request, basis
        self.enqueue = enqueue
        self.trail = Trail(kind)
        self.query: Searched | None = None
        self.sifted = 0
        self.keyring = keyring
        self._sealer = Sealer(session, keyring, self.trail, decision.role if actor.opens else "", now)
        self._changes = Changes(session, self.trail)
        self._zones: dict[bytes, str] = {}
        self._within: dict[type[Base], ColumnElement[bool]] = {}

    # Where and when

    @property
    def practice_id(self) -> bytes:
        """The one practice this unit of work is about; raises Refused where the reach names none or several."""
        found = self.practice_or_none()
        if found is not None:
            return found
        raise Refused(T_("Choose the practice first."), code="practice-needed")

    def practice_or_none(self) -> bytes | None:
        """The one practice this unit of work is about, if there is one."""
        return next(iter(self.reach.practices)) if len(self.reach.practices) == 1 else self.actor.practice_id

    def today(self, practice_id: bytes | None = None) -> date:
        """The practice's calendar day now."""
        id_ = practice_id or self.practice_id
        if id_ not in self._zones:  # asked once: lists ask for every row
            zone = self._session.execute(select(PracticeRow.time_zone).where(PracticeRow.id == id_)).scalar_one()
            self._zones[id_] = zone
        return dates.today(self.now, self._zones[id_])

    # Reading

    def within(self, model: type[Base]) -> ColumnElement[bool]:
        """The reach as a WHERE clause on a model, for joins and subqueries made by hand."""
        clause = self._within.get(model)
        if clause is None:  # asked for by every query, and the same while the unit lasts
            clause = self._within[model] = model.within(self.reach)
        return clause

    @overload
    def select(self, columns: type[M], /) -> Select[M]: ...
    @overload
    def select(self, *columns: Any) -> Select[Any]: ...
    def select(self, *columns: Any) -> Select[Any]:
        """A SELECT of models or columns with the reach on every model named; joins to others add `within`."""
        models = {_model_of(column) for column in columns}
        named = sorted((model for model in models if model is not None), key=lambda model: model.__name__)
        return select(*columns).where(*(self.within(model) for model in named))

    def rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Rows of columns; those with a `patient_id` count as shown about that patient."""
        found = self._session.execute(statement).all()
        if found:
            names = found[0]._fields
            if "patient_id" in names:
                self.saw(*(row.patient_id for row in found if row.patient_id is not None))
            if "practice_id" in names:
                self.trail.practices.update(row.practice_id for row in found if row.practice_id is not None)
        return found

    def row(self, statement: Select[Any]) -> Row[Any] | None:
        """The first row of columns, if any."""
        found = self.rows(statement.limit(1))
        return found[0] if found else None

    def value(self, statement: Select[Any]) -> Any:
        """One value, such as a sum; PostgreSQL's Decimal sums come back as the whole numbers they are."""
        found = self._session.execute(statement).scalar()
        return int(found) if isinstance(found, Decimal) else found

    def count(self, statement: Select[Any]) -> int:
        """How many rows a statement has."""
        return int(self._session.execute(select(func.count()).select_from(statement.subquery())).scalar_one())

    def get(self, model: type[M], id_: bytes) -> M:
        """One row for a change or a close look; raises NotFound alike for absent and out of reach."""
        self.trail.asked.add((model.table_code, id_))
        key: Any = cast("Any", model).id
        found = self.first(select(model).where(key == id_, self.within(model)))
        if found is None:
            raise NotFound(ABSENT, code="not-found")
        return found

    def first(self, statement: Select[M]) -> M | None:
        """The first entity of a statement built by `select`, if any."""
        found = self.entities(statement.limit(1))
        return found[0] if found else None

    def entities(self, statement: Select[M]) -> list[M]:
        """Entities, remembered with their digests so that a change of them is told."""
        found = list(self._session.execute(statement).scalars())
        for entity in found:
            self._changes.loaded(entity)
            self._about(entity)
        return found

    def saw(self, *patients: bytes) -> None:
        """These patients were shown; the event names them, and their keys come in one query when first needed."""
        self.trail.subjects.update(patients)
        self._sealer.expect(patients)

    # Opening and sealing

    def open(
        self, box: Box | None, column: Column, *, row: bytes, subject: bytes, practice: bytes | None = None
    ) -> Any:
        """Open one sealed value of a row: field set checked, access recorded. None stays None.

        `practice` is the tenant; left out, the one practice of this unit of work. Raises Refused, SealBroken.
        """
        if box is None:
            return None
        tenant = self.practice_id if practice is None else practice
        return self._sealer.open(field(column), box, tenant=tenant, subject=subject, row=row)

    def read(self, entity: Base, column: Column) -> Any:
        """Open one sealed value of an entity."""
        box: Box | None = getattr(entity, column.key)
        owner = owner_of(entity)
        return self.open(box, column, row=row_id(entity), subject=owner, practice=tenant_of(entity))

    def expect(self, *subjects: bytes) -> None:
        """Keys of these subjects (users, documents, practices) will be needed: fetch them together."""
        self._sealer.expect(subjects)

    def gone(self, subjects: Iterable[bytes]) -> set[bytes]:
        """Those of some subjects that were shredded, for pages that show others beside them."""
        return self._sealer.gone(subjects)

    def token(self, rule: str, *parts: Any, practice: bytes | None = None) -> bytes | None:
        """The blind index token to write for a value; None when nothing is left to index."""
        return self._sealer.token(rule, self.practice_id if practice is None else practice, *parts)

    def tokens(self, rule: str, *parts: Any, practice: bytes | None = None) -> frozenset[bytes]:
        """The blind index tokens to look a value up by, two while an index key is replaced; empty when none is left.

        A hit must be opened and compared before it is shown.
        """
        return self._sealer.tokens(rule, self.practice_id if practice is None else practice, *parts)

    def code_digests(self, tenant: bytes, owner: bytes, code: str) -> tuple[bytes, ...]:
        """The digests under which a one-time code may be kept, the one to write first; empty for what is no code."""
        return self._sealer.code_digests(tenant, owner, code)

    def seal(
        self, column: Column, value: Any, *, row: bytes, subject: bytes, practice: bytes | None = None
    ) -> Box | None:
        """Seal one value, for rows inserted in bulk; entities are sealed by `new` and `change`."""
        if value is None:
            return None
        tenant = self.practice_id if practice is None else practice
        return self._sealer.seal(field(column), value, tenant=tenant, subject=subject, row=row)

    def note(self, kind: str, ref: bytes | str) -> None:
        """Something touched that is no row (a hat, a file), named in the event by a word and an id."""
        self.trail.extra.append(Object(kind, ref))

    def sift(self, statement: Select[Any], column: Column, holds: Callable[[Any], bool]) -> tuple[list[Row[Any]], int]:
        """Rows of patients whose sealed value passes, and how many were opened to find them (SECURITY 2.6).

        The statement selects `id`, `practice_id` and the column. The event gets the number only, by `searched`, without
        which nothing is shown: what is then shown of the rows that passed is opened by `open`, as ever. Of a patient
        whose keys were shredded nothing is found.
        """
        found = self._session.execute(statement).all()
        self.sifted += len(found)
        values = self.carried(found, column)
        passed = [row for row, value in zip(found, values, strict=True) if value is not None and holds(value)]
        return passed, len(found)

    def carried(self, found: Sequence[Row[Any]], column: Column) -> list[Any]:
        """Values of rows (`id`, `practice_id`, the column) that nobody is shown: looked through, or sealed elsewhere.

        The rows are patients' own, or of a model that is sealed under its practice. None where the key was shredded.
        """
        own, sealed, peek = column.class_.sealed_under == ("id",), field(column), self._sealer.peek
        owners = [row.id if own else row.practice_id for row in found]
        self._sealer.expect(owners)
        return [peek(sealed, getattr(row, column.key), row, owner) for row, owner in zip(found, owners, strict=True)]

    def searched(self, words: str, *, scanned: int, shown: int) -> None:
        """What was searched for goes into the event, sealed, also where nothing was found; searches only read."""
        self.query = Searched(words, scanned, shown)
        if self.reach.kind == PRACTICE:
            self.trail.practices.update(self.reach.practices)

    def words_of(self, said: Mapping[str, Any]) -> str:
        """The words of the search that an event of the log carries; raises SealBroken."""
        if not queries.readable(self.keyring, said):
            self._sealer.reload()
        return queries.read(self.keyring, said)

    def log(self) -> Connection:
        """The transaction as a connection, for the tables of the log alone (`services.auditing`)."""
        return self._session.connection()

    def _about(self, entity: Base) -> None:
        patient = row_id(entity) if entity.__tablename__ == "patient" else getattr(entity, "patient_id", None)
        if patient is not None:
            self.saw(patient)
        practice = getattr(entity, "practice_id", None)
        if practice is not None:
            self.trail.practices.add(practice)


def _model_of(column: Any) -> Any:
    """The model that a column names, also under a label or within a function, so that none slips past the reach."""
    if isinstance(column, type):
        return column
    while isinstance(column, Label):
        column = column.element
    found = getattr(column, "class_", None)
    if found is None:  # count() and the like name no column
        found = getattr(column, "entity_namespace", None)
    return found if isinstance(found, type) and issubclass(found, Base) else None


def owner_of(entity: Base) -> bytes:
    """Whose key seals an entity."""
    for name in entity.sealed_under:
        found: bytes | None = getattr(entity, name, None)
        if found is not None:
            return found
    raise ValueError(f"{entity.__tablename__}: nobody's key seals this row")


def tenant_of(entity: Base) -> bytes:
    """Under which tenant's keys an entity is sealed: its practice's, else the installation's."""
    found: bytes | None = getattr(entity, "practice_id", None)
    return found or INSTALLATION

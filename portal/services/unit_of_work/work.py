"""The unit of work: rows are loaded within reach, values opened and sealed, states moved, and all of it told."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast, overload

from sqlalchemy import ColumnElement, Select, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.exc import StaleDataError

from audit.event import Basis
from portal.access.actors import Actor
from portal.access.policy import Decision
from portal.access.reaches import PRACTICE
from portal.crypto.keyring import Keyring, StoredKey
from portal.domain import dates
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.texts import T_
from portal.models.base import Base
from portal.models.keys import KekRow
from portal.models.practices import PracticeRow
from portal.models.queues import TransitionRow
from portal.models.types import Box
from portal.services.parts import Enqueue
from portal.services.unit_of_work import moves
from portal.services.unit_of_work.changes import Changes
from portal.services.unit_of_work.fields import digest_of_values, field, row_id, shape
from portal.services.unit_of_work.sealing import INSTALLATION, Sealer
from portal.services.unit_of_work.trail import Request, Trail

M = TypeVar("M", bound=Base)
Column = InstrumentedAttribute[Any]

_CHANGED = T_("Someone changed this while you worked on it. Nothing of yours was saved; look at the new state first.")
_ABSENT = T_("There is no such record, or it is not yours to see.")


def new_id() -> bytes:
    """16 random bytes: what appears in a URL must not be guessable (SECURITY 2.7)."""
    return secrets.token_bytes(16)


class UnitOfWork:
    """One actor, one permission, one reach, one transaction, one trail. Made by `Units`, never by services."""

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
        self._sealer = Sealer(session, keyring, self.trail, decision.role, now)
        self._changes = Changes(session, self.trail)

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
        where = PracticeRow.id == (practice_id or self.practice_id)
        return dates.today(self.now, self._session.execute(select(PracticeRow.time_zone).where(where)).scalar_one())

    # Reading

    def within(self, model: type[Base]) -> ColumnElement[bool]:
        """The reach as a WHERE clause on a model, for joins and subqueries made by hand."""
        return model.within(self.reach)

    @overload
    def select(self, columns: type[M], /) -> Select[M]: ...
    @overload
    def select(self, *columns: Any) -> Select[Any]: ...
    def select(self, *columns: Any) -> Select[Any]:
        """A SELECT of models or columns with the reach on every model named; joins to others add `within`."""
        models = {column if isinstance(column, type) else getattr(column, "class_", None) for column in columns}
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
            raise NotFound(_ABSENT, code="not-found")
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
        owner = _owner(entity)
        return self.open(box, column, row=row_id(entity), subject=owner, practice=_tenant(entity))

    def expect(self, *subjects: bytes) -> None:
        """Keys of these subjects (users, documents, practices) will be needed: fetch them together."""
        self._sealer.expect(subjects)

    def token(self, rule: str, *parts: Any, practice: bytes | None = None) -> bytes | None:
        """The blind index token to look a value up by; a hit must be opened and compared before it is shown."""
        return self._sealer.token(rule, self.practice_id if practice is None else practice, *parts)

    def code_key(self, tenant: bytes) -> bytes:
        """The key under which one-time codes are kept as digests."""
        return self._sealer.code_key(tenant)

    def seal(
        self, column: Column, value: Any, *, row: bytes, subject: bytes, practice: bytes | None = None
    ) -> Box | None:
        """Seal one value, for rows inserted in bulk; entities are sealed by `new` and `change`."""
        if value is None:
            return None
        tenant = self.practice_id if practice is None else practice
        return self._sealer.seal(field(column), value, tenant=tenant, subject=subject, row=row)

    # Changing

    def new(self, model: type[M], *, id_: bytes | None = None, **values: Any) -> M:
        """Make a row: plain values of sealed columns are sealed, their indexes computed, the practice filled in."""
        made, key = shape(model), id_ or new_id()
        if made.has_practice and "practice_id" not in values:
            values["practice_id"] = self.practice_id
        self._check_practice(values.get("practice_id"))
        tenant = values.get("practice_id") or INSTALLATION
        entity = model(id=key, **{name: value for name, value in values.items() if name not in made.sealed})
        plain = {name: values[name] for name in made.sealed if name in values}
        self._seal_into(entity, plain, tenant)
        self._session.add(entity)
        self._changes.made(entity)
        self._about(entity)
        return entity

    def change(self, entity: Base, *, expected_version: int | None = None, **values: Any) -> None:
        """Change columns of an entity loaded here; sealed ones take plain values and their indexes follow.

        With `expected_version`, the row version the person saw: raises Conflict when it has moved on.
        """
        if expected_version is not None and cast("Any", entity).version != expected_version:
            raise Conflict(_CHANGED, code="version")
        made = shape(type(entity))
        plain = {name: value for name, value in values.items() if name in made.sealed}
        for name, value in values.items():
            if name not in made.sealed:
                setattr(entity, name, value)
        for index in made.indexes:
            if plain.keys() & set(index.of):
                missing = set(index.of) - plain.keys()
                plain |= {name: self.read(entity, getattr(type(entity), name)) for name in missing}
        self._seal_into(entity, plain, _tenant(entity))

    def delete(self, entity: Base) -> None:
        """Delete a row that law lets go; its last digest stays in the log."""
        self._session.delete(entity)

    def insert(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in bulk, complete with ids and sealed values; raises Conflict on a unique key."""
        if not rows:
            return
        for values in rows:
            self._check_practice(values.get("practice_id"))
        self.flush()
        try:
            self._session.execute(insert(model), [dict(values) for values in rows])
        except IntegrityError as error:
            raise _unique(error) from error
        self._changes.inserted(model, rows)
        self.trail.subjects.update(values["patient_id"] for values in rows if values.get("patient_id"))
        self.trail.practices.update(values["practice_id"] for values in rows if values.get("practice_id"))

    def swap(self, model: type[Base], old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> None:
        """Change many whole rows by compare-and-swap on their version; raises Conflict if any has moved on.

        `old` and `new` are complete column values by name, in the same order; `new` carries the raised version.
        """
        table: Any = model.__table__
        for before, after in zip(old, new, strict=True):
            changed = {name: value for name, value in after.items() if before.get(name) is not value}
            done = self._session.connection().execute(
                table.update()
                .where(table.c.id == before["id"], table.c.version == before["version"])
                .values({name: value for name, value in changed.items() if name != "id"})
            )
            if done.rowcount != 1:
                raise Conflict(_CHANGED, code="version")
            self._changes.updated(model, before["id"], digest_of_values(model, before), digest_of_values(model, after))

    def move(self, entity: Base, to: str, facts: Any, *, reason: str = "", note: str | None = None) -> None:
        """The one way to change a state: table, guard, permission and two-person rule are checked, the move is kept.

        A move that follows from another step (`who` is not person) needs no permission of its own. Raises Refused.
        """
        moves.move(self, entity, to, facts, reason=reason, note=note)

    def begin(self, entity: Base, *, reason: str = "created") -> None:
        """Record how a thing with a life began."""
        moves.record(self, entity, None, cast("Any", entity).state, self.permission, reason, None)

    def last_actor(self, entity: Base, to: str) -> bytes | None:
        """The user who last moved a thing to a state; None for the system or never."""
        self.flush()
        found = self.rows(
            select(TransitionRow.actor)
            .where(
                TransitionRow.subject_table == entity.__tablename__,
                TransitionRow.subject_id == row_id(entity),
                TransitionRow.to_state == to,
            )
            .order_by(TransitionRow.at.desc(), TransitionRow.subject_version.desc())
            .limit(1)
        )
        return bytes.fromhex(found[0].actor) if found and len(found[0].actor) == 32 else None

    def waived(self, earlier: str, later: str) -> bool:
        """Whether a recorded exception lets one person take both steps in this practice today."""
        return moves.waived(self, earlier, later, self.practice_id)

    def claim_key(self, model: type[Base], key: str, **values: Any) -> bool:
        """Insert a row under a unique `key` unless it stands; whether it was new. For keys that work once for ever."""
        self.flush()
        made = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        done: Any = self._session.execute(
            made(cast("Any", model.__table__)).values(id=new_id(), key=key, **values).on_conflict_do_nothing()
        )
        return bool(done.rowcount == 1)

    def connection(self) -> Any:
        """The driver's own connection, for the job engine's enqueue within this transaction."""
        return self._session.connection().connection.driver_connection

    def store_key(self, key: StoredKey) -> None:
        """Store a new tenant key; part of making a practice or of a rotation."""
        self._session.add(
            KekRow(
                tenant=key.tenant, purpose=int(key.purpose), generation=key.generation, state=str(key.state),
                wrapped=key.wrapped, created_at=self.now, changed_at=self.now,
            )
        )  # fmt: skip
        self.flush()
        self._sealer.reload()

    def flush(self) -> None:
        """Send pending changes; a row that someone else changed in between raises Conflict."""
        try:
            self._session.flush()
        except StaleDataError:
            raise Conflict(_CHANGED, code="version") from None
        except IntegrityError as error:
            raise _unique(error) from error

    def finish(self) -> None:
        """Flush, and put the digests of all that changed into the trail. Called by Units before the event is told."""
        self.flush()
        self._changes.tell()

    # Inside

    def _seal_into(self, entity: Base, plain: Mapping[str, Any], tenant: bytes) -> None:
        made, owner = shape(type(entity)), _owner(entity) if plain else b""
        for name, value in plain.items():
            sealed = None
            if value is not None:
                sealed = self._sealer.seal(made.sealed[name], value, tenant=tenant, subject=owner, row=row_id(entity))
            setattr(entity, name, sealed)
        for name, token in self._sealer.indexes(type(entity), tenant, plain).items():
            setattr(entity, name, token)

    def _about(self, entity: Base) -> None:
        patient = row_id(entity) if entity.__tablename__ == "patient" else getattr(entity, "patient_id", None)
        if patient is not None:
            self.saw(patient)
        practice = getattr(entity, "practice_id", None)
        if practice is not None:
            self.trail.practices.add(practice)

    def _check_practice(self, practice: bytes | None) -> None:
        if practice is not None and self.reach.kind == PRACTICE and practice not in self.reach.practices:
            raise NotFound(_ABSENT, code="not-found")


def _owner(entity: Base) -> bytes:
    """Whose key seals an entity."""
    for name in entity.sealed_under:
        found: bytes | None = getattr(entity, name, None)
        if found is not None:
            return found
    raise ValueError(f"{entity.__tablename__}: nobody's key seals this row")


def _tenant(entity: Base) -> bytes:
    found: bytes | None = getattr(entity, "practice_id", None)
    return found or INSTALLATION


def _unique(error: IntegrityError) -> Exception:
    """A unique key met twice is a Conflict; anything else is a fault of ours and stays what it is."""
    text = str(error.orig).lower()
    taken = "unique" in text or "duplicate" in text or "its key is taken" in text
    return Conflict(_CHANGED, code="unique") if taken else error

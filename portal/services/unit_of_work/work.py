"""The unit of work: what `Reading` reads can be changed here, states moved, and all of it is told."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.access.reaches import OWN, PAYER, PRACTICE, SELF, STANDS_FOR
from portal.crypto.keyring import StoredKey
from portal.domain.errors import Conflict, NotFound
from portal.domain.texts import T_
from portal.models.base import Base
from portal.models.columns import DERIVED
from portal.models.keys import KekRow
from portal.models.queues import TransitionRow
from portal.services.unit_of_work import bulk, moves
from portal.services.unit_of_work.bulk import Batch
from portal.services.unit_of_work.fields import row_id, shape
from portal.services.unit_of_work.reading import ABSENT, Reading, owner_of, tenant_of
from portal.services.unit_of_work.sealing import INSTALLATION

M = TypeVar("M", bound=Base)

_CHANGED = T_("Someone changed this while you worked on it. Nothing of yours was saved; look at the new state first.")


def new_id() -> bytes:
    """16 random bytes: what appears in a URL must not be guessable (SECURITY 2.7)."""
    return secrets.token_bytes(16)


class UnitOfWork(Reading):
    """One actor, one permission, one reach, one transaction, one trail. Made by `Units`, never by services."""

    def new(self, model: type[M], *, id_: bytes | None = None, **values: Any) -> M:
        """Make a row: plain values of sealed columns are sealed, their indexes computed, the practice filled in."""
        made, key = shape(model), id_ or new_id()
        if made.has_practice and "practice_id" not in values:
            values["practice_id"] = self.practice_id
        self._check_reach(values)
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
        self._seal_into(entity, plain, tenant_of(entity))

    def delete(self, entity: Base) -> None:
        """Delete a row that law lets go; its last digest stays in the log."""
        self._session.delete(entity)

    def insert(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in bulk, complete with ids and sealed values; raises Conflict on a unique key."""
        if rows:
            self.put(self.ready(model, rows))

    def swap(self, model: type[Base], old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> None:
        """Change many whole rows by compare-and-swap on their version; raises Conflict if any has moved on.

        `old` and `new` are complete column values by name, in the same order; `new` carries the raised version.
        """
        if old:
            self.put(self.ready_swap(model, old, new))

    def ready(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Bind and digest new rows, in a reading unit of work too, so that `put` holds the lock for little."""
        for values in rows:
            self._check_reach(values)
        return bulk.inserting(self._session.get_bind().dialect, model, rows)

    def ready_swap(
        self, model: type[Base], old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
    ) -> Batch:
        """Bind and digest changes of whole rows, as `swap` takes them."""
        for values in new:
            self._check_reach(values)
        return bulk.swapping(self._session.get_bind().dialect, model, old, new)

    def put(self, batch: Batch) -> None:
        """Write what was made ready; raises Conflict on a unique key, or if any row to be changed has moved on."""
        if not batch.rows:
            return
        self.flush()
        try:
            done = self._session.connection().exec_driver_sql(batch.sql, list(batch.parameters))
        except IntegrityError as error:
            raise _unique(error) from error
        if batch.before and done.rowcount != len(batch.rows):
            raise Conflict(_CHANGED, code="version")
        self._changes.written(batch)
        self.trail.subjects.update(values["patient_id"] for values in batch.rows if values.get("patient_id"))
        self.trail.practices.update(values["practice_id"] for values in batch.rows if values.get("practice_id"))

    def move(self, entity: Base, to: str, facts: Any, *, reason: str = "", note: str | None = None) -> None:
        """The one way to change a state: table, guard, permission and two-person rule are checked, the move is kept.

        A move that follows from another step (`who` is not person) needs no permission of its own. Raises Refused.
        """
        moves.move(self, entity, to, facts, reason=reason, note=note)

    def begin(self, entity: Base, *, reason: str = "created", note: str | None = None) -> None:
        """Record how a thing with a life began."""
        moves.record(self, entity, None, cast("Any", entity).state, self.permission, reason, note)

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
        table = cast("Any", model.__table__)
        statement = made(table).values(id=new_id(), key=key, **values).on_conflict_do_nothing().returning(table.c.id)
        return self._session.execute(statement).first() is not None  # a row count is not told by every driver

    def connection(self) -> Any:
        """The driver's own connection, for the job engine's enqueue within this transaction."""
        return self._session.connection().connection.driver_connection

    def replace(self, model: type[Base], *where: Any, **values: Any) -> int:
        """Change columns of rows that are not digested (keys), by condition: compare-and-swap. How many met it."""
        _undigested(model)
        done: Any = self._session.execute(update(model).where(*where).values(**values))
        return int(done.rowcount)

    def derive(self, model: type[Base], *where: Any, **values: Any) -> int:
        """Change derived columns, which stand in no digest, without a new version of the row; how many rows."""
        if any(model.__table__.columns[name].info["class"] != DERIVED for name in values):
            raise RuntimeError(f"{model.__name__} is changed row by row, so that its digests are told")
        done: Any = self._session.execute(update(model).where(*where).values(**values))
        return int(done.rowcount)

    def erase(self, model: type[Base], *where: Any) -> int:
        """Delete rows that are not digested (keys), by condition; how many met it."""
        _undigested(model)
        done: Any = self._session.execute(delete(model).where(*where))
        return int(done.rowcount)

    def renew_key(self, tenant: bytes, subject: bytes) -> int:
        """Give a subject a new data key, under which `reseal` puts its rows; returns the new version."""
        return self._sealer.renew(tenant, subject)

    def reseal(self, entity: Base) -> None:
        """Seal every sealed value of an entity again under its subject's active key; told by its row digest."""
        for name, sealed in shape(type(entity)).sealed.items():
            box = getattr(entity, name)
            if box is not None:
                where = {"tenant": tenant_of(entity), "subject": owner_of(entity), "row": row_id(entity)}
                setattr(entity, name, self._sealer.reseal(sealed, box, **where))

    def retoken(self, entity: Base) -> None:
        """Make an entity's blind index tokens anew under the active index root; raises SealBroken."""
        tenant, owner = tenant_of(entity), owner_of(entity)
        for name, token in self._sealer.retokened(type(entity), entity, tenant=tenant, subject=owner).items():
            setattr(entity, name, token)

    def reload_keys(self) -> None:
        """Let the keyring know the tenant keys as they stand, after some were changed here."""
        self._sealer.reload()

    def store_key(self, key: StoredKey) -> None:
        """Store a new tenant key; part of making a practice or of a rotation."""
        self._session.add(
            KekRow(
                tenant=key.tenant, purpose=int(key.purpose), generation=key.generation, state=str(key.state),
                wrapped=key.wrapped, created_at=self.now, changed_at=self.now,
            )
        )  # fmt: skip
        self.note("key", f"{key.tenant.hex()}.{int(key.purpose)}.{key.generation}")
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
        made, owner = shape(type(entity)), owner_of(entity) if plain else b""
        for name, value in plain.items():
            sealed = None
            if value is not None:
                sealed = self._sealer.seal(made.sealed[name], value, tenant=tenant, subject=owner, row=row_id(entity))
            setattr(entity, name, sealed)
        for name, token in self._sealer.indexes(type(entity), tenant, plain).items():
            setattr(entity, name, token)
        self._check_unique(entity, tenant, plain)

    def _check_unique(self, entity: Base, tenant: bytes, plain: Mapping[str, Any]) -> None:
        """While an index key is replaced, a value may stand under the other one: the store's own check sees neither."""
        model: Any = type(entity)
        for index in shape(model).indexes:
            if not index.unique or not all(name in plain for name in index.of):
                continue
            column = getattr(model, index.attribute)
            others = self._sealer.tokens(index.rule, tenant, *(plain[name] for name in index.of))
            others -= {getattr(entity, index.attribute)}
            taken = select(model.id).where(column.in_(sorted(others)), model.id != row_id(entity)).limit(1)
            if others and self._session.execute(taken).first() is not None:
                raise Conflict(_CHANGED, code="unique")

    def _check_reach(self, values: Mapping[str, Any]) -> None:
        """What is written lies within reach too: of the practice, of the patients, of the user."""
        name, ids = {
            PRACTICE: ("practice_id", self.reach.practices),
            OWN: ("patient_id", self.reach.patients),
            STANDS_FOR: ("patient_id", self.reach.patients),
            PAYER: ("payer_id", self.reach.payers),
            SELF: ("user_id", self.reach.users),
        }.get(self.reach.kind, ("", frozenset()))
        if values.get(name) is not None and values[name] not in ids:
            raise NotFound(ABSENT, code="not-found")


def _undigested(model: type[Base]) -> None:
    if model.digested:
        raise RuntimeError(f"{model.__name__} is changed row by row, so that its digests are told")


def _unique(error: IntegrityError) -> Exception:
    """A unique key met twice is a Conflict; anything else is a fault of ours and stays what it is."""
    text = str(error.orig).lower()
    taken = "unique" in text or "duplicate" in text or "its key is taken" in text
    return Conflict(_CHANGED, code="unique") if taken else error

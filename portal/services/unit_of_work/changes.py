"""Row digests before and after: what a unit of work loaded, made and changed, alone or in groups (SECURITY 2.7.4)."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from portal.models.base import Base
from portal.services.unit_of_work.bulk import Batch
from portal.services.unit_of_work.fields import by_table, digest_of, row_id
from portal.services.unit_of_work.trail import Trail


@cache
def members_of(head_table: str) -> tuple[type[Base], ...]:
    """The models whose rows are digested with a row of this table."""
    return tuple(model for model in by_table().values() if model.group and model.group[0] == head_table)


def head_of(model: type[Base]) -> tuple[str, str] | None:
    """(head table, attribute with the head's id) for a grouped model or a head; None for a row that stands alone."""
    if model.group:
        return model.group
    return (model.__tablename__, "id") if members_of(model.__tablename__) else None


class Changes:
    """Remembers rows by their digests and writes what became of them into the trail."""

    def __init__(self, session: Session, trail: Trail) -> None:
        self._session, self._trail = session, trail
        self._loaded: dict[Base, bytes] = {}
        self._fresh: list[Base] = []

    def loaded(self, entity: Base) -> None:
        """An entity came out of the store."""
        if entity not in self._loaded and type(entity).digested:
            self._loaded[entity] = digest_of(entity)

    def made(self, entity: Base) -> None:
        """An entity was made here."""
        self._fresh.append(entity)

    def written(self, batch: Batch) -> None:
        """Rows were written in bulk, under the digests they were made ready with."""
        model = batch.model
        if not model.digested:
            return
        head = head_of(model) if not batch.before else None
        for at, values in enumerate(batch.rows):
            if head is not None:
                self._member(head[0], values[head[1]], model, values["id"], batch.after[at])
                continue
            key = (model.table_code, values["id"])
            if batch.before:
                self._trail.before[key] = batch.before[at]
            self._trail.after[key] = batch.after[at]

    def tell(self) -> None:
        """Write the digests of every row loaded or made here into the trail, after the last flush."""
        for entity, before in self._loaded.items():
            self._tell(entity, before)
        for entity in self._fresh:
            self._tell(entity, None)

    def _tell(self, entity: Base, before: bytes | None) -> None:
        model = type(entity)
        if not model.digested:
            return
        key = (model.table_code, row_id(entity))
        state = inspect(entity)
        if state.was_deleted or state.deleted:
            if before is not None:
                self._trail.before[key] = before
            return
        after = digest_of(entity)
        if after == before:
            return
        head = head_of(model)
        if head is not None:
            self._regroup(head, entity, after)
            return
        if before is not None:
            self._trail.before.setdefault(key, before)
        self._trail.after[key] = after

    def _regroup(self, head: tuple[str, str], entity: Base, digest: bytes) -> None:
        """A head or member changed: its group's digest is made anew from all that stands."""
        head_table, attribute = head
        head_id: bytes = getattr(entity, attribute)
        head_model = by_table()[head_table]
        standing: list[Base] = []
        found = self._session.get(head_model, head_id)
        if found is not None:
            standing.append(found)
        for model in members_of(head_table):
            column: Any = getattr(model, model.group[1]) if model.group else None
            standing += self._session.execute(select(model).where(column == head_id)).scalars()
        for each in standing:
            self._member(head_table, head_id, type(each), row_id(each), digest_of(each))
        self._member(head_table, head_id, type(entity), row_id(entity), digest)

    def _member(self, head_table: str, head_id: bytes, model: type[Base], id_: bytes, digest: bytes) -> None:
        members = self._trail.groups.setdefault((by_table()[head_table].table_code, head_id), {})
        members[model.table_code, id_] = digest

"""Rows bound and digested before any lock is taken, and written by one statement of the driver (MECHANISM 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, LargeBinary, bindparam
from sqlalchemy.sql.compiler import SQLCompiler

from portal.models.base import Base
from portal.services.unit_of_work.fields import digest_of_values

Bind = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Many rows of one model: the statement, its parameters, and what the log will say of each row."""

    model: type[Base]
    sql: str
    parameters: Sequence[Any]
    rows: Sequence[Mapping[str, Any]]
    after: Sequence[bytes]
    """Row digests once written."""
    before: Sequence[bytes] = ()
    """Row digests as they stood; empty for new rows."""


def inserting(dialect: Dialect, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> Batch:
    """Make new rows ready; each is complete with id and sealed values, a column left out is NULL."""
    table: Any = model.__table__
    names = [column.key for column in table.columns]
    compiled = table.insert().values({name: bindparam(name) for name in names}).compile(dialect=dialect)
    binds = {name: _bind(table.columns[name], dialect) for name in names}
    parameters = _bound(compiled, binds, ({name: values.get(name) for name in names} for values in rows))
    return Batch(model, str(compiled), parameters, rows, _digests(model, rows))


def swapping(
    dialect: Dialect, model: type[Base], old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> Batch:
    """Make changes of whole rows ready, each to be made only where its version still stands as in `old`."""
    table: Any = model.__table__
    names = sorted(
        {
            name
            for before, after in zip(old, new, strict=True)
            for name, value in after.items()
            if before.get(name) is not value
        }
        - {"id"}
    )
    compiled = (
        table.update()
        .where(table.c.id == bindparam("this_id"), table.c.version == bindparam("this_version"))
        .values({name: bindparam(f"new_{name}") for name in names})
        .compile(dialect=dialect)
    )
    binds = {f"new_{name}": _bind(table.columns[name], dialect) for name in names}
    pairs = (
        {"this_id": before["id"], "this_version": before["version"]} | {f"new_{name}": after[name] for name in names}
        for before, after in zip(old, new, strict=True)
    )
    parameters = _bound(compiled, binds, pairs)
    return Batch(model, str(compiled), parameters, new, _digests(model, new), _digests(model, old))


def _digests(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> Sequence[bytes]:
    return [digest_of_values(model, values) for values in rows] if model.digested else ()


def _bind(column: Any, dialect: Dialect) -> Bind:
    # Both drivers take bytes as they are; SQLAlchemy would wrap each in an object of the driver's.
    if isinstance(column.type, LargeBinary):
        return None
    found: Bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return found


def _bound(compiled: SQLCompiler, binds: Mapping[str, Bind], rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Each row as the driver takes it: a tuple in the statement's order, or a dict where it binds by name."""
    order = [str(name) for name in compiled.positiontup or ()]
    names = order or [str(name) for name in compiled.binds]
    ways = [(name, binds.get(name)) for name in names]
    if order:
        return [tuple(values[name] if way is None else way(values[name]) for name, way in ways) for values in rows]
    return [{name: values[name] if way is None else way(values[name]) for name, way in ways} for values in rows]

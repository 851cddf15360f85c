"""What the unit of work knows of columns: field codes, kinds, indexes, and which values count in row digests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import InstrumentedAttribute

from audit.digest import Value, row_digest
from portal.models import catalog
from portal.models.base import Base
from portal.models.columns import DERIVED, INDEX, SEALED
from portal.models.types import Box


@dataclass(frozen=True, slots=True)
class Field:
    """One sealed column: `code` is table code times 256 plus column code, as in the AAD (SECURITY 2.3)."""

    name: str
    """`table.column` without the ending `_sealed`, as in `access.fields`."""
    attribute: str
    table_code: int
    code: int
    kind: str
    bucket: int


@dataclass(frozen=True, slots=True)
class BlindIndex:
    """One index column: its rule and the sealed columns it is made of."""

    attribute: str
    rule: str
    of: tuple[str, ...]
    unique: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """One model as the unit of work reads and writes it."""

    table: str
    table_code: int
    sealed: Mapping[str, Field]
    indexes: tuple[BlindIndex, ...]
    counted: tuple[tuple[str, int], ...]
    """(attribute, column code) of every column that counts in a row digest."""
    has_patient: bool
    has_practice: bool


@cache
def shape(model: type[Base]) -> Shape:
    """The shape of a model, read once from what its columns declare."""
    table, code = model.__tablename__, model.table_code
    sealed: dict[str, Field] = {}
    indexes: list[BlindIndex] = []
    counted: list[tuple[str, int]] = []
    for column in model.__table__.columns:
        info, name = column.info, column.key
        if info["class"] == SEALED:
            label = f"{table}.{name.removesuffix('_sealed')}"
            sealed[name] = Field(label, name, code, code << 8 | info["code"], info["kind"], info["bucket"])
        elif info["class"] == INDEX:
            indexes.append(BlindIndex(name, info["rule"], info["of"], _unique(column)))
        if info["class"] != DERIVED:
            counted.append((name, info["code"]))
    names = set(model.__table__.columns.keys())
    return Shape(table, code, sealed, tuple(indexes), tuple(counted), "patient_id" in names, "practice_id" in names)


def _unique(column: Any) -> bool:
    """Whether a column has each value once, by itself or within a practice (tokens of two practices never agree)."""
    return bool(column.unique) or any(
        isinstance(each, UniqueConstraint) and column.key in each.columns for each in column.table.constraints
    )


_FIELDS: dict[Any, Field] = {}


def field(attribute: InstrumentedAttribute[Any]) -> Field:
    """The field of a sealed attribute such as PatientRow.last_name_sealed; kept: reading it costs more than AES."""
    found = _FIELDS.get(attribute)
    if found is None:
        found = _FIELDS[attribute] = shape(cast("type[Base]", attribute.class_)).sealed[attribute.key]
    return found


@cache
def by_table() -> Mapping[str, type[Base]]:
    """Every model by table name."""
    return catalog.models()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_PLAIN = frozenset({bytes, str, int, bool, date, datetime})
"""What counts in a digest as it is; asked by exact type, since this runs for every column of every row."""


def _value(value: Any) -> Value:
    if isinstance(value, Box):
        return value.blob
    if isinstance(value, dict | list):
        # A JSON column counts as the text of its canonical JSON.
        return _encode(value)
    plain: Value = value
    return plain


def digest_of(row: Base) -> bytes:
    """Row digest v1 of an entity as it stands."""
    made = shape(type(row))
    return row_digest(made.table_code, row_id(row), {code: _value(getattr(row, name)) for name, code in made.counted})


def digest_of_values(model: type[Base], values: Mapping[str, Any]) -> bytes:
    """Row digest v1 of a row about to be inserted in bulk."""
    made, counted = shape(model), {}
    for name, code in made.counted:
        value = values.get(name)
        if value is not None:
            counted[code] = value if type(value) in _PLAIN else _value(value)
    return row_digest(made.table_code, values["id"], counted)


def row_id(row: Base) -> bytes:
    """The id of an entity."""
    found: bytes = row.id  # type: ignore[attr-defined]  # every digested table has one; a house test says so
    return found

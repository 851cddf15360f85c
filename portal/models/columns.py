"""How a column states its code and its class: open, sealed, index or derived (DESIGN 6: every column has a class)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import MappedColumn, mapped_column

from portal.models.types import SealedType

OPEN, SEALED, INDEX, DERIVED = "open", "sealed", "index", "derived"


def _info(code: int, column_class: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "class": column_class, **more}


def key(code: int = 1) -> MappedColumn[Any]:
    """The primary key: 16 random bytes made in the application."""
    return mapped_column(LargeBinary(16), primary_key=True, info=_info(code, OPEN))


def ref(code: int, target: str, *, index: bool = False, unique: bool = False) -> MappedColumn[Any]:
    """A reference to another row, `table.id`."""
    return mapped_column(LargeBinary(16), ForeignKey(target), index=index, unique=unique, info=_info(code, OPEN))


def clear(code: int, *args: Any, derived: bool = False, **kwargs: Any) -> MappedColumn[Any]:
    """An open column, still reach-bound and audited; `derived` ones do not count in row digests."""
    return mapped_column(*args, info=_info(code, DERIVED if derived else OPEN), **kwargs)


def sealed(code: int, *, kind: str = "text", bucket: int = 32) -> MappedColumn[Any]:
    """A sealed column: `kind` is text, date, decimal, json or bytes; `bucket` the padding (SECURITY 2.3)."""
    return mapped_column(SealedType(), info=_info(code, SEALED, kind=kind, bucket=bucket))


def index(code: int, rule: str, *of: str, unique: bool = False) -> MappedColumn[Any]:
    """A blind index over the sealed columns `of`, by a rule of `portal.crypto.blind`: generation (4) and token (16)."""
    return mapped_column(LargeBinary(20), index=not unique, unique=unique, info=_info(code, INDEX, rule=rule, of=of))

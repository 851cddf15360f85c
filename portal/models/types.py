"""Column types: instants in UTC, and sealed bytes that cannot be read by accident."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

from sqlalchemy import DateTime, LargeBinary, String
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator


class Hexed(GenericFunction[str]):
    """Bytes as lower-case hex digits, as keys write ids."""

    name = "candor_hexed"
    type = String()
    inherit_cache = True


@compiles(Hexed, "sqlite")
def _hex_on_sqlite(element: Hexed, compiler: Any, **kw: Any) -> str:
    return f"lower(hex({compiler.process(element.clauses, **kw)}))"


@compiles(Hexed, "postgresql")
def _hex_on_postgresql(element: Hexed, compiler: Any, **kw: Any) -> str:
    return f"encode({compiler.process(element.clauses, **kw)}, 'hex')"


class SealedValueError(TypeError):
    """A sealed value was used as if it were open, or something unsealed was about to be stored as sealed."""


def _refuse(*_: object, **__: object) -> NoReturn:
    raise SealedValueError("a sealed value was not opened; open it through the unit of work")


class Box:
    """A sealed value: bytes that cannot be printed, compared, ordered, hashed, copied or serialised."""

    __slots__ = ("_blob",)

    def __init__(self, blob: bytes) -> None:
        """`blob` is a field envelope (SECURITY 2.3)."""
        self._blob = blob

    @property
    def blob(self) -> bytes:
        """The envelope, for the unit of work and for row digests; it tells nothing without its key."""
        return self._blob

    def __repr__(self) -> str:
        """Safe to print, so that tracebacks can be made."""
        return "<sealed>"

    __str__ = __format__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = __bool__ = __len__ = __iter__ = __bytes__ = __contains__ = _refuse
    __copy__ = __deepcopy__ = __reduce__ = __reduce_ex__ = __getstate__ = __html__ = _refuse


class SealedType(TypeDecorator[Box]):
    """Sealed bytes: binds only a Box, returns a Box, and refuses to take part in SQL but for IS NULL."""

    impl = LargeBinary
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[Any]):  # noqa: N801 - SQLAlchemy's name
        """Refuses every operator but IS and IS NOT when the query is built."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op.__name__ in {"is_", "is_not"}:
                return super().operate(op, *other, **kwargs)
            return _refuse()

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            return _refuse(op, other, **kwargs)

    def process_bind_param(self, value: Any, _dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Box):
            raise SealedValueError("only a sealed value may be stored here")
        return value.blob

    def process_result_value(self, value: Any, _dialect: Dialect) -> Box | None:
        if value is None:
            return None
        # SQLite keeps text in a BLOB column; opening such a value must fail as broken, not with a traceback here.
        return Box(value if isinstance(value, bytes) else str(value).encode())

    def compare_values(self, x: Any, y: Any) -> bool:
        return x is y


class Instant(TypeDecorator[datetime]):
    """An instant: aware and UTC on both engines; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive instant has no place in a column")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

"""Row digests of the store as it is now, without keys and settings, for `audit verify --cells` (SECURITY 2.7.4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.pool import NullPool

from audit.digest import group_digest
from portal.models.base import Base
from portal.models.catalog import models
from portal.services.unit_of_work.changes import head_of, members_of
from portal.services.unit_of_work.fields import digest_of_values

Cell = tuple[int, bytes, bytes]
"""Table code, row id, row digest; for the head of a group the digest of the group."""

_CHUNK = 2000


def tables() -> frozenset[int]:
    """Codes of the tables whose rows have cells: what the log knows of them and is not there was removed."""
    return frozenset(model.table_code for model in models().values() if model.digested and (model.group is None))


def cells(url: str) -> Iterator[Cell]:
    """Every digested row of a store, by its URL, in one read-only transaction that begins with the first cell.

    Lay the writers down, or verify a backup: what changes between the walk over the log and this would count as bad.
    Raises OSError when there is no such file, SQLAlchemyError when the store cannot be read.
    """
    engine = _reader(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT set_config('candor.practices', 'all', true)"))
            for model in sorted(models().values(), key=lambda model: model.table_code):
                if model.digested and model.group is None:
                    yield from _groups(connection, model) if head_of(model) else _rows(connection, model)
    finally:
        engine.dispose()


def _reader(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ", hide_parameters=True)
        return engine.execution_options(postgresql_readonly=True)
    path = Path(parsed.database or "").absolute()
    if not path.is_file():
        raise FileNotFoundError(f"no database at {path}")
    engine = create_engine(
        f"sqlite:///{path.as_uri()}?mode=ro&uri=true", poolclass=NullPool, hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": 10},
    )  # fmt: skip
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _digests(connection: Connection, model: type[Base], order: str = "id") -> Iterator[tuple[bytes, bytes, bytes]]:
    """(order column, row id, row digest) of every row, in that order; columns are read through their own types."""
    table = model.__table__
    found = connection.execution_options(yield_per=_CHUNK).execute(select(table).order_by(table.c[order], table.c.id))
    for row in found.mappings():
        yield row[order], row["id"], digest_of_values(model, row)  # type: ignore[arg-type]  # keys are column names


def _rows(connection: Connection, model: type[Base]) -> Iterator[Cell]:
    for _, id_, digest in _digests(connection, model):
        yield model.table_code, id_, digest


def _groups(connection: Connection, head: type[Base]) -> Iterator[Cell]:
    """Heads with their members, merged in the order of the head's id, so that no table is held in memory."""
    followers = []
    for member in members_of(head.__tablename__):
        assert member.group is not None
        walk = _digests(connection, member, member.group[1])
        followers.append((member.table_code, walk, [next(walk, None)]))
    for id_, _, digest in _digests(connection, head):
        group = [(head.table_code, id_, digest)]
        for code, walk, ahead in followers:
            while ahead[0] is not None and ahead[0][0] <= id_:
                if ahead[0][0] == id_:
                    group.append((code, ahead[0][1], ahead[0][2]))
                ahead[0] = next(walk, None)
        yield head.table_code, id_, group_digest(group)

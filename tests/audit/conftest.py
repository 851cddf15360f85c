"""A log on each engine: SQLite always, PostgreSQL in a schema of its own when CANDOR_TEST_PG_URL is set."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, insert, make_url, text
from sqlalchemy.pool import NullPool

from audit import ddl, table
from tests.postgres import CLUSTER


def sqlite_engine(path: Path) -> Engine:
    """SQLite as the portal opens it: WAL, FULL, and every write begun IMMEDIATE."""
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def connect(dbapi, _record):
        dbapi.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            dbapi.execute("PRAGMA " + pragma)

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("ro") else "BEGIN IMMEDIATE")

    return engine


def make_log(engine: Engine) -> None:
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        for statement in ddl.triggers(engine.dialect.name):
            connection.exec_driver_sql(statement)
        for each, row in table.FIRST_ROWS:
            connection.execute(insert(each), row)


def drop_triggers(engine: Engine) -> None:
    """What somebody who owns the database can do; the verifier must still notice."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for name in ddl.trigger_names(ddl.triggers("sqlite")):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for name in ("audit_event", "audit_purge"):
                connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on an empty log; parametrize indirectly with the engine's name."""
    if request.param == "sqlite":
        engine = sqlite_engine(tmp_path / "candor.sqlite")
        make_log(engine)
        yield engine
        engine.dispose()
        return
    if not CLUSTER:
        pytest.skip("CANDOR_TEST_PG_URL names no PostgreSQL server")
    schema = f"audit_{secrets.token_hex(6)}"
    with create_engine(CLUSTER, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(CLUSTER).update_query_dict({"options": f"-csearch_path={schema}"})
    engine = create_engine(url, hide_parameters=True)
    make_log(engine)
    yield engine
    engine.dispose()
    with create_engine(CLUSTER, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

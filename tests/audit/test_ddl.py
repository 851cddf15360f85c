"""Append-only means it, on both engines."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from audit import ddl
from tests.audit.acts import START, fill
from tests.audit.conftest import BOTH, SQLITE

LEAF = "x'" + "00" * 32 + "'"


def refused(engine: Engine, statement: str) -> str:
    with pytest.raises(IntegrityError) as caught, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    return str(caught.value)


@BOTH
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET body = NULL",
        "UPDATE audit_event SET seq = 99 WHERE seq = 1",
        "UPDATE audit_event SET leaf = leaf",
        "DELETE FROM audit_event",
        "DELETE FROM audit_event WHERE seq = 2",
        "INSERT INTO audit_event SELECT * FROM audit_event WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET body = ''",
    ],
)
def test_events_cannot_be_changed(database: Engine, statement: str) -> None:
    fill(database, 3, 3)
    assert "append-only" in refused(database, statement)


@SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT OR REPLACE INTO audit_event (seq, body, leaf) VALUES (1, x'00', {LEAF})",
        f"REPLACE INTO audit_event (seq, body, leaf) VALUES (1, x'00', {LEAF})",
        f"INSERT OR IGNORE INTO audit_event (seq, body, leaf) VALUES (1, x'00', {LEAF})",
        "UPDATE OR REPLACE audit_event SET seq = 1 WHERE seq = 2",
    ],
)
def test_sqlite_cannot_replace(database: Engine, statement: str) -> None:
    fill(database, 3, 3)
    assert "append-only" in refused(database, statement)


@BOTH
def test_a_body_may_go_below_the_purge_mark_and_nothing_else(database: Engine) -> None:
    fill(database, 4, 4)
    with database.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO audit_purge (below, event_seq, purged_at) VALUES (2, 3, '{START.isoformat()}')"
        )
        assert connection.exec_driver_sql("UPDATE audit_event SET body = NULL WHERE seq < 2").rowcount == 2
    for statement in (
        "UPDATE audit_event SET body = NULL WHERE seq = 2",
        "UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 3) WHERE seq = 0",
        "UPDATE audit_event SET body = leaf WHERE seq = 0",
        "UPDATE audit_event SET seq = -1 WHERE seq = 0",
        "UPDATE audit_purge SET below = 4",
        "DELETE FROM audit_purge",
        "DELETE FROM audit_event WHERE seq = 0",
    ):
        assert "append-only" in refused(database, statement)


@BOTH
def test_composite_and_second_unique_keys_are_guarded(database: Engine) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE entry (id int PRIMARY KEY, practice int, key int, UNIQUE (practice, key))"
        )
        for statement in ddl.append_only("entry", ["id", ("practice", "key")], database.dialect.name):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO entry VALUES (1, 1, 1), (2, 1, 2)")
    refused(database, "INSERT INTO entry VALUES (3, 1, 2)")
    for statement in ("UPDATE entry SET key = 9", "DELETE FROM entry"):
        assert "append-only" in refused(database, statement)
    if database.dialect.name == "sqlite":
        assert "append-only" in refused(database, "INSERT OR REPLACE INTO entry VALUES (3, 1, 2)")
    else:
        assert "append-only" in refused(database, "TRUNCATE entry")
        assert "append-only" in refused(database, "SET LOCAL session_replication_role = replica; DELETE FROM entry")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_refuses_truncate_even_in_replica_mode(database: Engine) -> None:
    fill(database, 2)
    assert "append-only" in refused(database, "TRUNCATE audit_event CASCADE")
    assert "append-only" in refused(database, "SET LOCAL session_replication_role = replica; DELETE FROM audit_event")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_application_role_can_append_and_sign_but_not_change(database: Engine) -> None:
    role = f"app_{secrets.token_hex(4)}"
    with database.begin() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        for statement in ddl.grants(role):
            connection.exec_driver_sql(statement)
    acting = database.execution_options()

    def run(statement: str) -> None:
        with acting.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
            connection.exec_driver_sql(statement)

    try:
        run("SELECT size FROM audit_head WHERE id = 1 FOR UPDATE")
        run("UPDATE audit_head SET size = size")
        run(f"INSERT INTO audit_event (seq, body, leaf) VALUES (0, '\\x00', '\\x{'00' * 32}')")
        for statement in (
            "UPDATE audit_event SET body = NULL",
            "DELETE FROM audit_event",
            "TRUNCATE audit_event",
            "DELETE FROM audit_head",
            "INSERT INTO audit_purge (below, event_seq, purged_at) VALUES (1, 0, '')",
            "UPDATE audit_checkpoint SET note = ''",
            "ALTER TABLE audit_event DISABLE TRIGGER ALL",
            "SET LOCAL session_replication_role = replica",
            "DROP TABLE audit_event",
        ):
            with pytest.raises(ProgrammingError):
                run(statement)
    finally:
        with database.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")


@BOTH
def test_each_trigger_stands_in_the_database(database: Engine) -> None:
    listing = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
        " AND tgrelid IN ('audit_event'::regclass, 'audit_purge'::regclass)",
    }
    with database.begin() as connection:
        found = set(connection.exec_driver_sql(listing[database.dialect.name]).scalars())
    assert found == set(ddl.trigger_names(ddl.triggers(database.dialect.name)))
    assert found


def test_names_are_never_sql() -> None:
    for call in (
        lambda: ddl.append_only("x; DROP TABLE y", ["id"], "sqlite"),
        lambda: ddl.append_only("x", ['id"'], "sqlite"),
        lambda: ddl.grants("public; --"),
        lambda: ddl.append_only("x", ["id"], "mysql"),
    ):
        with pytest.raises(ValueError, match=r"plain name|mysql"):
            call()

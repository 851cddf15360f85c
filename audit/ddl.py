"""The statements that make tables append-only, and the rights of the application's role, as data for the migrations.

What each engine stops and what it does not was measured (MECHANISM 6). On SQLite REPLACE slips past delete triggers,
hence the trigger before INSERT; it also refuses INSERT OR IGNORE of a duplicate. On PostgreSQL a row trigger sees
neither TRUNCATE nor a statement over no rows, hence statement triggers; ENABLE ALWAYS holds them in replica mode. The
owner of a table can still drop all this, so the owner must not be the application's role. Tables named here must never
be batch-altered: copy-and-rename drops the triggers silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from audit import table

Unique = str | Sequence[str]

# The audit tables that take rows and keep them, with their unique keys; audit_event has an exception of its own.
APPEND_ONLY: tuple[tuple[str, tuple[Unique, ...]], ...] = ((table.audit_purge.name, ("below",)),)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")

_REFUSE_FUNCTION = """CREATE OR REPLACE FUNCTION candor_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'restrict_violation',
        MESSAGE = TG_TABLE_NAME || ' is append-only, ' || lower(TG_OP) || ' refused';
END $$"""

_PURGE_FUNCTION = """CREATE OR REPLACE FUNCTION candor_audit_event_purge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NULL AND NEW.seq = OLD.seq AND NEW.leaf = OLD.leaf
        AND OLD.seq < (SELECT coalesce(max(below), 0) FROM audit_purge)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'audit_event is append-only, update refused';
END $$"""


def append_only(name: str, unique_columns: Sequence[Unique], dialect: str) -> list[str]:
    """Statements that make a table refuse UPDATE, DELETE, REPLACE, upsert and TRUNCATE, on "sqlite" or "postgresql".

    Every unique key must be listed, the primary key too: a column name, or a tuple of names for a composite key. A
    refusal comes up as IntegrityError on both engines; tell it from a unique violation by "append-only" in its text.
    """
    _check_names(name, *(column for key in unique_columns for column in _columns(key)))
    if dialect == "sqlite":
        return [_sqlite(name, "update"), _sqlite(name, "delete"), _sqlite_replace(name, unique_columns)]
    _check_postgresql(dialect)
    return [_REFUSE_FUNCTION, *_statement_trigger(name, "UPDATE OR DELETE OR TRUNCATE")]


def audit_event(dialect: str) -> list[str]:
    """As `append_only`, but a body may become NULL below the mark in audit_purge (SECURITY 3.6)."""
    name = table.audit_event.name
    if dialect == "sqlite":
        purge = (
            "NEW.body IS NULL AND NEW.seq = OLD.seq AND NEW.leaf = OLD.leaf"
            " AND OLD.seq < (SELECT coalesce(max(below), 0) FROM audit_purge)"
        )
        update = _sqlite(name, "update", f" WHEN NOT ({purge})")
        return [update, _sqlite(name, "delete"), _sqlite_replace(name, ["seq"])]
    _check_postgresql(dialect)
    return [
        _REFUSE_FUNCTION,
        *_statement_trigger(name, "DELETE OR TRUNCATE"),
        _PURGE_FUNCTION,
        f"CREATE TRIGGER {name}_purge BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION candor_audit_event_purge()",
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {name}_purge",
    ]


def triggers(dialect: str) -> list[str]:
    """All statements for the audit tables, to be run once after they are made."""
    return [*audit_event(dialect), *(each for name, keys in APPEND_ONLY for each in append_only(name, keys, dialect))]


def trigger_names(statements: Iterable[str]) -> list[str]:
    """The names of the triggers that the statements make, for the test that compares them with the database."""
    return re.findall(r"^CREATE TRIGGER (\w+)", "\n".join(statements), re.MULTILINE)


def grants(role: str, append_only_tables: Iterable[str] = ()) -> list[str]:
    """What the application's role on PostgreSQL may do with the audit tables and with other append-only tables.

    It owns none of them, and nothing else may be granted to it: purging and migrating are the owner's.
    """
    _check_names(role, *append_only_tables)
    return [
        *(f"GRANT SELECT, INSERT ON {name} TO {role}" for name in ("audit_event", *append_only_tables)),
        f"GRANT SELECT, UPDATE (size, last_recorded, frontier) ON audit_head TO {role}",
        f"GRANT SELECT, INSERT, UPDATE (anchored_at, cosignatures, witnessed_at) ON audit_checkpoint TO {role}",
        f"GRANT SELECT, INSERT, DELETE ON audit_subject, audit_actor TO {role}",  # derived: may be built anew
        f"GRANT SELECT, UPDATE (seq) ON audit_mark TO {role}",
        f"GRANT SELECT ON audit_purge TO {role}",
    ]


def _columns(key: Unique) -> Sequence[str]:
    return (key,) if isinstance(key, str) else key


def _check_names(*names: str) -> None:
    for each in names:
        if _NAME.fullmatch(each) is None:
            raise ValueError(f"not a plain name: {each!r}")


def _check_postgresql(dialect: str) -> None:
    if dialect != "postgresql":
        raise ValueError(f"no append-only tables on {dialect!r}")


def _sqlite(name: str, operation: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {name}_no_{operation} BEFORE {operation.upper()} ON {name}{when}\n"
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only, {operation} refused'); END"
    )


def _sqlite_replace(name: str, unique_columns: Sequence[Unique]) -> str:
    same = (" AND ".join(f"{column} = NEW.{column}" for column in _columns(key)) for key in unique_columns)
    exists = " OR ".join(f"EXISTS (SELECT 1 FROM {name} WHERE {each})" for each in same)  # noqa: S608  # nosec B608 -- names checked
    return (
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} WHEN {exists}\n"
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only, its key is taken'); END"
    )


def _statement_trigger(name: str, operations: str) -> list[str]:
    when = f"BEFORE {operations} ON {name} FOR EACH STATEMENT"
    return [
        f"CREATE TRIGGER {name}_append_only {when} EXECUTE FUNCTION candor_append_only()",
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {name}_append_only",
    ]

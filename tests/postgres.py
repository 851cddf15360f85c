"""A throwaway PostgreSQL cluster for tests: no sync to disk, socket only, gone at the end.

The cluster is the one that `CANDOR_TEST_PG_URL` names (a superuser's URL), else one of our own, started as the user
`postgres` when we are root; without PostgreSQL's programs the tests that ask for it are skipped with a reason.
Two roles stand for the two of an installation: `candor_owner` owns each database and migrates it, `candor_app` owns
nothing and may do what it is granted.

As a command, `python -m tests.postgres COMMAND …` runs COMMAND with such a cluster behind `CANDOR_TEST_PG_URL`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.absence import absent

CLUSTER = os.environ.get("CANDOR_TEST_PG_URL", "")
"""A superuser's URL of the cluster to use, read once: some tests empty the environment."""

OWNER = "candor_owner"
APP = "candor_app"
PASSWORD = "of-the-throwaway-cluster"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "timezone": "UTC",
}


class PostgresAbsent(Exception):
    """There is no PostgreSQL to start; the message says what is missing."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster, with its databases of this process."""

    url: str
    """A superuser's URL of the database `postgres`, without a driver's name in it."""
    made: list[str] = field(default_factory=list)

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Make a database as the owning role and let `build(owner_url)` fill it; returns what `clone` takes.

        `build` must leave no connection open: PostgreSQL copies no database that is in use.
        """
        template = self._create(name, "template0")
        build(self._url(OWNER, template))
        return template

    def clone(self, template: str) -> tuple[str, str]:
        """Copy a template into a new database (some 50 ms); returns the owner's and the application's URL."""
        name = self._create(f"{template}_{len(self.made)}", template)
        return self._url(OWNER, name), self._url(APP, name)

    def standing(self, template: str) -> Standing:
        """A copy of a template that one test after the other uses; see Standing."""
        owner, app = self.clone(template)
        return Standing(owner, app, self.url_of(owner))

    def url_of(self, url: str) -> str:
        """A superuser's URL of the database that another role's URL names."""
        return urlunsplit(urlsplit(self.url)._replace(path=urlsplit(url).path))

    def drop(self, url: str) -> None:
        """Drop the database of this URL, closing what is still connected to it."""
        name = urlsplit(url).path.removeprefix("/")
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if name in self.made:
            self.made.remove(name)

    def close(self) -> None:
        """Drop every database that this process made."""
        for name in list(self.made):
            self.drop(self._url(OWNER, name))

    def make_roles(self) -> None:
        """Make the two roles where they are missing; processes that come at once wait for each other."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(5010)")
            for role in (OWNER, APP):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    connection.execute(statement.format(sql.Identifier(role), sql.Literal(PASSWORD)))

    def _create(self, name: str, template: str) -> str:
        # several pytest workers share a cluster, so a name carries its process
        name = name if name.startswith(f"t{os.getpid()}_") else f"t{os.getpid()}_{name}"
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)))
        self.made.append(name)
        return name

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _url(self, role: str, database: str) -> str:
        parts = urlsplit(self.url)
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{role}:{PASSWORD}@{place}", path=f"/{database}"))


@dataclass(frozen=True)
class Rows:
    """What stands in a database: the rows of each table that has any, and a statement that sets its sequences."""

    tables: tuple[tuple[sql.Identifier, bytes], ...]
    sequences: sql.Composed


class Standing:
    """A database that is put back as it was after each test: that takes a tenth of what another copy would.

    Only rows and sequences are put back: a test that makes or drops tables takes a database of its own (`clone`). What
    is append-only for everybody, also for a superuser, is so for all others here: else it could not be put back.
    """

    def __init__(self, owner: str, app: str, superuser: str) -> None:
        self.owner, self.app = owner, app
        # kept, as what a new one has to learn of a hundred tables takes longer than to empty them
        self._connection = connection = psycopg.connect(superuser, autocommit=True)
        tables = [sql.Identifier(*row) for row in connection.execute(_TABLES)]
        for schema, table, trigger in connection.execute(_ALWAYS).fetchall():
            statement = sql.SQL("ALTER TABLE {} ENABLE TRIGGER {}")
            connection.execute(statement.format(sql.Identifier(schema, table), sql.Identifier(trigger)))
        self._tables = tables
        clear = [sql.SQL("DELETE FROM {}").format(table) for table in tables]
        # no trigger and no foreign key stands in the way of a superuser who says so; one round for all of it
        self._clear = sql.SQL("; ").join([sql.SQL("SET LOCAL session_replication_role = replica"), *clear])
        self._first = self.keep()

    def keep(self) -> Rows:
        """Everything that stands in it now."""
        copies = [(table, _copied(self._connection, table)) for table in self._tables]
        count = [
            sql.SQL("SELECT setval({}, {}, {})").format(name, last or first, last is not None)
            for name, last, first in self._connection.execute(_SEQUENCES).fetchall()
        ]
        return Rows(tuple(each for each in copies if each[1]), sql.SQL("; ").join(count))

    def put(self, kept: Rows) -> None:
        """Let that stand in it which stood when it was kept, and nothing else."""
        with self._connection.transaction():
            self._connection.execute(sql.SQL("; ").join([self._clear, kept.sequences]))
            for table, rows in kept.tables:
                with self._connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as into:
                    into.write(rows)

    def put_back(self, kept: Sequence[int] = ()) -> None:
        """End what is still connected, as a killed process leaves it, and bring rows and sequences back.

        `kept` are processes of the server behind connections that stay and do nothing now.
        """
        self._connection.execute(_ALONE, [list(kept)])
        self.put(self._first)

    def close(self) -> None:
        self._connection.close()


_OURS = "nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
_TABLES = f"""SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND {_OURS} ORDER BY 1, 2"""
_ALWAYS = """SELECT nspname, relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE tgenabled = 'A'"""
_SEQUENCES = """SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), last_value, start_value
    FROM pg_sequences ORDER BY 1"""
_ALONE = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND pid <> ALL(%s)"""


def _copied(connection: psycopg.Connection[Any], table: sql.Identifier) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as out:
        return b"".join(bytes(block) for block in out)


def _programs() -> Path:
    """The folder of initdb, pg_ctl and postgres: the newest of Debian's versioned folders, else PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    if found is None:
        raise PostgresAbsent("no PostgreSQL here: neither initdb in PATH nor /usr/lib/postgresql")
    return Path(found).resolve().parent


@contextmanager
def own_cluster() -> Iterator[str]:
    """Start a cluster in a folder of its own and give a superuser's URL; stop it and remove it afterwards.

    Raises PostgresAbsent when there are no programs, or no user `postgres` for root to start them as (PostgreSQL
    refuses to run as root).
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="candor-pg-"))
    run_as: list[str] = []
    if os.geteuid() == 0:
        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            raise PostgresAbsent("PostgreSQL refuses root, and there is no user postgres") from None
        os.chown(folder, account.pw_uid, account.pw_gid)
        run_as = ["runuser", "-u", "postgres", "--"]

    def call(program: str, *arguments: str) -> None:
        command = [*run_as, str(programs / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            log = folder / "log"
            said = done.stderr.decode() + (log.read_text() if log.exists() else "")
            raise RuntimeError(f"{program} failed: {said}")

    try:
        call("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C")
        settings = SETTINGS | {"unix_socket_directories": str(folder)}
        (folder / "data" / "postgresql.auto.conf").write_text(
            "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        )
        call("pg_ctl", "--wait", "--log", str(folder / "log"), "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            call("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """The cluster of `CANDOR_TEST_PG_URL`, else our own; its databases of this process are dropped at the end."""
    if CLUSTER:
        cluster = Cluster(CLUSTER)
        cluster.make_roles()
        try:
            yield cluster
        finally:
            cluster.close()
    else:
        with own_cluster() as url:
            cluster = Cluster(url)
            cluster.make_roles()
            yield cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running PostgreSQL cluster, started when first asked for; skips with a reason where there is none."""
    try:
        with running_cluster() as cluster:
            yield cluster
    except PostgresAbsent as missing:
        absent(str(missing))


def main(command: list[str]) -> int:
    """Run a command with a cluster of its own; returns the command's exit code."""
    with own_cluster() as url:
        environment = os.environ | {"CANDOR_TEST_PG_URL": url}
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

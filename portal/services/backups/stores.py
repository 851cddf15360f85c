"""Copying a store whole: SQLite by itself, PostgreSQL by its own programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from portal.domain.errors import Refused
from portal.domain.texts import T_

SQLITE, POSTGRESQL = "sqlite", "postgresql"
FILES = {SQLITE: "candor.db", POSTGRESQL: "candor.dump"}


def engine_of(url: str) -> str:
    """Which engine a store's URL names: sqlite or postgresql."""
    return make_url(url).get_backend_name()


def path_of(url: str) -> Path:
    """The file of an SQLite store."""
    return Path(make_url(url).database or "").absolute()


def copy_out(url: str, target: Path) -> None:
    """Copy a store into a file in one snapshot while people work; raises Refused when a program is missing or fails."""
    if engine_of(url) == SQLITE:
        # A vacuumed copy holds no pages of deleted rows.
        with closing(sqlite3.connect(f"{path_of(url).as_uri()}?mode=ro", uri=True, timeout=30)) as source:
            source.execute("VACUUM INTO ?", (str(target),))
    else:
        # Every table has a wall by practice that stands for its owner too; the dump looks over all of them.
        _run("pg_dump", make_url(url), "--format=custom", "--enable-row-security", "--no-password", f"--file={target}")
    target.chmod(0o600)


def copy_in(source: Path, url: str) -> None:
    """Put a copy into an empty place; raises Refused for a place that holds something."""
    if engine_of(url) == SQLITE:
        path = path_of(url)
        if path.parent.exists() and any(path.parent.iterdir()):
            raise Refused(
                T_(
                    "{folder} is not empty. Restore into an empty data folder; nothing was changed.",
                    folder=str(path.parent),
                ),
                code="not-empty",
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_suffix(".restoring")
        shutil.copyfile(source, aside)
        aside.chmod(0o600)
        aside.rename(path)
        return
    if tables(url):
        raise Refused(
            T_("The database is not empty. Restore into an empty one; nothing was changed."), code="not-empty"
        )
    _run(
        "pg_restore",
        make_url(url),
        "--exit-on-error",
        "--no-owner",
        "--single-transaction",
        "--no-password",
        str(source),
    )


def tables(url: str) -> list[str]:
    """Names of the tables of a store."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def sound(path: Path, engine: str) -> list[str]:
    """What is wrong with a copy by its engine's own check; empty when nothing is."""
    if engine == POSTGRESQL:
        try:
            _program("pg_restore", "--list", str(path))
        except Refused as refused:
            return [str(refused.text)]
        return []
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
        try:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
            found += [f"a row of {row[0]} names what is not there" for row in copy.execute("PRAGMA foreign_key_check")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
    return found


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database; the password goes by the environment, not by the command line."""
    plain = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database, query=url.query
    ).render_as_string()
    environment = {"PGPASSWORD": str(url.password)} if url.password else {}
    _program(program, f"--dbname={plain}", *arguments, **environment)


def _program(program: str, *arguments: str, **environment: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Refused(
            T_("{program} is not installed here. Install PostgreSQL's client programs and try again.", program=program),
            code="no-program",
        )
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, found by name; no shell, no text of users
        [found, *arguments],
        env=os.environ | {"PGOPTIONS": "-c candor.practices=all"} | environment,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise Refused(T_("{program} failed: {told}", program=program, told=told), code="program-failed")

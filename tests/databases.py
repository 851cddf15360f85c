"""The application's own databases for tests: migrated once, copied per test, on SQLite and on PostgreSQL.

`world` gives a runtime over a fresh store with one practice; tests that use it run on every engine that is there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from portal import runtime
from portal.access.actors import Actor, Grant, system
from portal.config import Settings, load
from portal.crypto.passwords import Passwords
from portal.models.database import db
from portal.runtime import Runtime
from portal.services import practices
from portal.services.unit_of_work.trail import Request
from portal.services.users import signing
from tests.make.practices import practice as invented
from tests.postgres import CLUSTER
from tests.scenes import Scenes, SqliteStore, Stage, T


class Known(Passwords):
    """Argon2id at the least that ASVS takes, and each pair of password and hash worked out once: hundreds sign in."""

    def __init__(self) -> None:
        super().__init__(at_once=2, memory_kib=12 * 1024)
        self.hash_password = lru_cache(super().hash_password)  # type: ignore[method-assign]
        self.verify_password = lru_cache(super().verify_password)  # type: ignore[method-assign]


signing.PASSWORDS = Known()

START = datetime(2026, 8, 3, 14, 0, tzinfo=UTC)


class StillClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **step: float) -> None:
        self.at += timedelta(**step)


@dataclass
class World:
    """A runtime over a store with one practice, and short ways to act in it."""

    runtime: Runtime
    clock: StillClock
    practice_id: bytes = b""
    people: dict[str, bytes] = field(default_factory=dict)
    stage: Stage | None = None

    def scene(self, make: Callable[..., T], *arguments: Any) -> T:
        """What `make` does to this world and returns: done here, or put here as it was done before (`tests.scenes`)."""
        return make(*arguments) if self.stage is None else self.stage.play(self, make, *arguments)

    @property
    def units(self) -> Any:
        return self.runtime.units

    def actor(self, role: str, name: str = "") -> Actor:
        """Somebody at work in the practice with one role; the same name is the same person."""
        user = self.people.setdefault(name or role, os.urandom(16))
        return Actor(
            user.hex(), user, practice_id=self.practice_id, grants=(Grant(role, self.practice_id),), session="00" * 8,
            assurance="aal2", method="totp", authenticated_seconds_ago=10,
        )  # fmt: skip

    def machine(self, job: str = "test") -> Actor:
        return system(job, practice_id=self.practice_id)

    def read(self, permission: str, actor: Actor | None = None) -> Any:
        return self.units.read(actor or self.machine(), permission, request=Request(os.urandom(16), "127.0.0.1"))

    def write(self, permission: str, actor: Actor | None = None) -> Any:
        return self.units.write(actor or self.machine(), permission, request=Request(os.urandom(16), "127.0.0.1"))


def settings_for(home: Path, **more: str) -> Settings:
    """Settings of an installation in a folder, with keys of its own."""
    keys = home / "keys"
    if not keys.exists():
        keys.mkdir(parents=True)
        for name in ("root.key", "signing.key", "web.key"):
            (keys / name).write_bytes(os.urandom(32))
            (keys / name).chmod(0o400)
    return load({"CANDOR_HOME": str(home), "CANDOR_MODE": "development", **more})


_COMPILED: dict[str, tuple[Any, LRUCache[Any, Any]]] = {}


def keep_compiled(engine: Engine) -> None:
    """Let all engines of a kind share what was compiled: each test has one, and compiling took a quarter of its time.

    A compiled statement is kept by its dialect's identity, so the first engine's dialect serves them all.
    """
    first, compiled = _COMPILED.setdefault(engine.dialect.name, (engine.dialect, LRUCache(4000)))
    engine.dialect, engine._compiled_cache = first, compiled


class Kept(QueuePool):
    """Connections that outlive their engine: to open one costs PostgreSQL a sixth of what a whole test asks of it."""

    def dispose(self) -> None:
        """What an engine says when it ends."""

    def recreate(self) -> Kept:
        return self

    def idle(self) -> list[int]:
        """The server's processes behind connections that nobody holds."""
        held = [record.driver_connection for record in self._pool.queue]
        return [each.info.backend_pid for each in held if each is not None]


_KEPT: dict[str, Kept | None] = {}
"""By address of a standing database, its connections once there are any."""
_make_engine = db._make_engine


def _engine(bind: str | None, options: dict[str, Any], app: Flask) -> Engine:
    """An engine that takes over what an earlier one of a standing database left: connections, dialect, compiled."""
    url = str(options["url"]).replace("+psycopg", "")
    if url not in _KEPT:
        return _make_engine(bind, options, app)
    pool = _KEPT[url]
    if pool is None:
        engine = _make_engine(bind, {**options, "poolclass": Kept}, app)
        _KEPT[url] = engine.pool  # type: ignore[assignment]
    else:
        theirs = {name: each for name, each in options.items() if name != "echo_pool"}  # a pool's own matter
        engine = _make_engine(bind, {**theirs, "pool": pool}, app)
        keep_compiled(engine)
    return engine


db._make_engine = _engine  # type: ignore[method-assign]
_SQLITE, _POSTGRES = Scenes(), Scenes()


def establish(running: Runtime) -> bytes:
    """The installation's first rows and a practice; returns the practice's id."""
    with running.units.write(system("setup"), "practice:edit") as uow:
        practices.found_installation(uow, running.roots, "development")
    with running.units.write(system("setup"), "practice:edit") as uow:
        row = practices.add_practice(uow, running.roots, invented())
        return row.id


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A migrated, established SQLite store with its keys, to be copied."""
    home = tmp_path_factory.mktemp("template")
    settings = settings_for(home)
    runtime.migrate(settings)
    with runtime.running(settings, clock=StillClock()) as running:
        practice = establish(running)
        with running.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    return home, practice


@pytest.fixture(scope="session")
def _postgres_template(tmp_path_factory: pytest.TempPathFactory, postgres: Any) -> tuple[str, Path, bytes]:
    """The same on PostgreSQL, made by the owner, used by the role that owns nothing."""
    home = tmp_path_factory.mktemp("postgres")
    found: list[bytes] = []

    def build(owner_url: str) -> None:
        app_url = owner_url.replace("candor_owner:", "candor_app:")
        settings = settings_for(home, CANDOR_DATABASE_URL=app_url, CANDOR_DATABASE_OWNER_URL=owner_url)
        runtime.migrate(settings)
        with runtime.running(settings, clock=StillClock()) as running:
            found.append(establish(running))

    return postgres.template("candor", build), home, found[0]


@pytest.fixture
def sqlite_world(_template: tuple[Path, bytes], tmp_path: Path) -> Iterator[World]:
    """A world on SQLite only."""
    home, practice = _template
    shutil.copytree(home, tmp_path / "home")
    clock = StillClock()
    with runtime.running(settings_for(tmp_path / "home"), clock=clock) as running:
        keep_compiled(running.engine)
        yield _SQLITE.on(World(running, clock, practice), SqliteStore(running.engine))


@pytest.fixture(scope="session")
def _postgres_standing(_postgres_template: tuple[str, Path, bytes], postgres: Any) -> Iterator[Any]:
    """One database for the tests of a process, one after the other."""
    standing = postgres.standing(_postgres_template[0])
    _KEPT[standing.app] = None
    yield standing
    kept = _KEPT.pop(standing.app)
    if kept is not None:
        QueuePool.dispose(kept)
    standing.close()


@pytest.fixture
def postgres_world(
    _postgres_template: tuple[str, Path, bytes], _postgres_standing: Any, tmp_path: Path
) -> Iterator[World]:
    """A world on PostgreSQL only, as the role that owns nothing."""
    _, home, practice = _postgres_template
    shutil.copytree(home / "keys", tmp_path / "home" / "keys")
    clock = StillClock()
    settings = settings_for(
        tmp_path / "home",
        CANDOR_DATABASE_URL=_postgres_standing.app,
        CANDOR_DATABASE_OWNER_URL=_postgres_standing.owner,
    )
    (tmp_path / "home" / "data").mkdir()
    try:
        with runtime.running(settings, clock=clock) as running:
            keep_compiled(running.engine)
            yield _POSTGRES.on(World(running, clock, practice), _postgres_standing)
    finally:
        kept = _KEPT[_postgres_standing.app]
        _postgres_standing.put_back(kept.idle() if kept else [])


ENGINES = ["sqlite", "postgresql"] if CLUSTER else ["sqlite"]
"""SQLite always; PostgreSQL too where a cluster is named, as the list of checks does."""


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest) -> World:
    """A world on each engine that is there."""
    name = "sqlite_world" if request.param == "sqlite" else "postgres_world"
    found: World = request.getfixturevalue(name)
    return found

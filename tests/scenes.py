"""What many tests begin with is worked out once in a process, and then put there: the rows, the files and the clock.

A scene is known by the function that does it, its arguments and the state that it begins from. That state is the head
of the audit log, which no change leaves as it was, and the files: where anything else was done, the scene is done too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine

T = TypeVar("T")
State = tuple[Any, ...]


class Store(Protocol):
    """Rows that can be kept, and put where others are."""

    def keep(self) -> Any: ...

    def put(self, kept: Any) -> None: ...


@dataclass(frozen=True)
class SqliteStore:
    """The one file of an SQLite store, kept in memory."""

    engine: Engine

    def keep(self) -> sqlite3.Connection:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(self.engine.raw_connection()) as connection:
            connection.driver_connection.backup(kept)  # type: ignore[union-attr]
        return kept

    def put(self, kept: sqlite3.Connection) -> None:
        with closing(self.engine.raw_connection()) as connection:
            kept.backup(connection.driver_connection)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Kept:
    rows: Any
    files: dict[Path, bytes]
    at: datetime
    people: dict[str, bytes]
    result: Any


class Scenes:
    """What was played in a process on one engine, beginning with worlds that are all alike."""

    def __init__(self) -> None:
        self.kept: dict[tuple[State, State], _Kept] = {}
        self.known: set[State] = set()

    def on(self, world: Any, store: Store) -> Any:
        """A world in which nothing was done yet, ready for scenes."""
        if not self.known:
            self.known.add(state_of(world))
        world.stage = Stage(self, store)
        return world


@dataclass(frozen=True)
class Stage:
    """Where the scenes are put: the store of a world, made anew for each test."""

    scenes: Scenes
    store: Store

    def play(self, world: Any, make: Callable[..., T], *arguments: Any) -> T:
        """What `make` does to a world and returns, by itself or from what it did before; nobody changes the result.

        Kept is only what begins with a template or another scene: other states hardly come again.
        """
        rest = (each for each in arguments if each is not world)
        before, name = state_of(world), (make.__module__, make.__qualname__, *rest)
        if (kept := self.scenes.kept.get((before, name))) is not None:
            self._put(world, kept)
            return kept.result  # type: ignore[no-any-return]
        result = make(*arguments)
        if before in self.scenes.known:
            files, people = _files(world.runtime.settings.home), dict(world.people)
            self.scenes.kept[before, name] = _Kept(self.store.keep(), files, world.clock.at, people, result)
            self.scenes.known.add(state_of(world))
        return result

    def _put(self, world: Any, kept: _Kept) -> None:
        self.store.put(kept.rows)
        for path, body in kept.files.items():
            place = world.runtime.settings.home / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(body)
        world.clock.at = kept.at
        world.people |= kept.people


def state_of(world: Any) -> State:
    """What two worlds share in which the same was done."""
    with world.runtime.engine.execution_options(ro=True).connect() as connection:
        size, frontier = connection.exec_driver_sql("SELECT size, frontier FROM audit_head").one()
    files = frozenset(_files(world.runtime.settings.home).items())
    return size, bytes(frontier), world.clock.at, frozenset(world.people.items()), files


def _files(home: Path) -> dict[Path, bytes]:
    """What lies in an installation's folder, but for its keys and the files of its database."""
    return {
        path.relative_to(home): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and "keys" not in path.relative_to(home).parts and ".db" not in path.name
    }

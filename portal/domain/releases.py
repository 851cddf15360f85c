"""Releases of a list that has no days of its own: what a new file changes, and what stays for old service dates."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Standing(Generic[V]):
    """The newest entry of a key in the store."""

    id: bytes
    value: V
    valid_from: date
    valid_to: date | None = None
    """Its last day, None while it stands."""


@dataclass(slots=True)
class Switch(Generic[K, V]):
    """What is to be done, and the counts of it; entries are named by their ids."""

    added: int = 0
    changed: int = 0
    retired: int = 0
    new: list[tuple[K, V]] = field(default_factory=list)
    """Entries that begin on the release's day."""
    mended: list[tuple[bytes, K, V]] = field(default_factory=list)
    """Entries that began on that day already, under a file that this one takes the place of."""
    ended: list[bytes] = field(default_factory=list)
    """Entries whose last day is the one before."""
    gone: list[bytes] = field(default_factory=list)
    """Entries that never came to hold."""


def compare(
    newest: Mapping[K, Standing[V]], listed: Mapping[K, V], effective: date, *, whole: bool = True
) -> Switch[K, V]:
    """What a file that holds from a day on does to what stands; with `whole`, what it does not list ends.

    Nothing that held before the day is touched. A file for the same day again takes the place of the one before.
    """
    switch: Switch[K, V] = Switch()
    for key, value in listed.items():
        old = newest.get(key)
        if old is None or (old.valid_to is not None and old.valid_to < effective):
            switch.added += 1
            switch.new.append((key, value))
        elif old.value != value:
            switch.changed += 1
            if old.valid_from >= effective:
                switch.mended.append((old.id, key, value))
            else:
                switch.ended.append(old.id)
                switch.new.append((key, value))
    for key, old in newest.items() if whole else ():
        if key in listed or (old.valid_to is not None and old.valid_to < effective):
            continue
        switch.retired += 1
        (switch.gone if old.valid_from >= effective else switch.ended).append(old.id)
    return switch
